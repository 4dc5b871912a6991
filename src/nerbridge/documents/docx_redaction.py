"""A copy of a DOCX without names: in its text, and in everything else a DOCX carries along."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from lxml import etree

from nerbridge.documents.docx_package import parse_xml, read_package, write_package
from nerbridge.documents.docx_text import DELETED, FALLBACK, local_name, parse_parts, root_blocks
from nerbridge.documents.markup import Piece, Redacted, replace_in_blocks, replace_in_pieces
from nerbridge.documents.redaction import HIDDEN_ADDRESS, Names
from nerbridge.errors import DocumentError

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf"})
_FONTS = frozenset({".odttf", ".ttf", ".otf"})
_XML = (".xml", ".rels")
# Whoever wrote, and what pictures are said to show.
_PERSONAL = frozenset({"author", "initials", "userId", "providerId", "descr", "title", "alt"})
# Attributes and elements whose values may be a single word of people, not of the format.
_FREE_KEYS = frozenset(
    ["name", "instr", "anchor", "tooltip", "Target", "href", "string", "docLocation", "value",
     "displayText", "lastValue"]
)  # fmt: skip
_FREE_ELEMENTS = frozenset(
    ["alias", "tag", "docVar", "attr", "name", "aliases", "default", "helpText", "statusText",
     "listEntry", "mailSubject", "query", "connectString", "title", "sourceFileName"]
)  # fmt: skip
# Such as dashed, 00A1B2, -4.5: a name such as Das must not hide them.
_FORMAT_WORD = re.compile(r"[a-z]+[A-Za-z0-9]*|[\d.-]+|[0-9A-F]+|https?://schemas\..*|urn:.*")
_FORMAT_KEYS = frozenset({"style", "uri", "Type", "ContentType", "PartName", "Extension", "Id"})
_NAMED_BY_PROGRAMS = re.compile(
    r"(\[Content_Types\]|document|header|footer|footnotes|endnotes|styles|stylesWithEffects"
    r"|settings|webSettings|fontTable|numbering|theme|people|comments[A-Za-z]*|core|app|custom"
    r"|item|itemProps|thumbnail|chart|style|colors|data|layout|quickStyle|drawing)?\d*"
    r"(\.xml|\.jpeg)?(\.rels)?"
)
_PLAIN_VALUE = re.compile(r"[\d:.+TZ-]+|true|false", re.I)


def redact_docx(data: bytes, name: str, redacted: Sequence[Redacted], names: Names) -> bytes:
    """The copy.

    Hidden in it: ``redacted`` in the text, ``names`` in all other parts, attributes, fields and
    addresses. Not in it: what tracked changes deleted, document properties, authors, the preview
    picture, descriptions of pictures, embedded files.

    Raises:
        DocumentError: the DOCX is damaged, or a file inside it is called by a name.
    """
    parts = read_package(data, name)
    roots = parse_parts(parts, name)
    blocks = [block for part, root in roots.items() for block in root_blocks(root, part)]
    replace_in_blocks(blocks, redacted)
    dropped = {part for part in parts if part.startswith("docProps/thumbnail")}
    copy: dict[str, bytes] = {}
    for part, content in parts.items():
        called = PurePosixPath(part).name
        if not _NAMED_BY_PROGRAMS.fullmatch(called) and names.is_inside(called):
            raise DocumentError(
                f"{name}: the file {part} inside it is called by a name that is to be hidden. Open "
                "and save the document in Word, which gives files other names."
            )
        suffix = PurePosixPath(part).suffix.lower()
        if part in dropped:
            continue
        if part.endswith(_XML):
            is_read = part in roots
            root = roots[part] if is_read else parse_xml(content, f"{name}: {part}")
            _clean(root, part, names, is_read=is_read)
            copy[part] = etree.tostring(
                root, xml_declaration=True, encoding="UTF-8", standalone=True
            )
        else:
            is_kept = suffix in _PICTURES | _FONTS and not names.are_in_bytes(content)
            copy[part] = content if is_kept else b""
    return write_package(copy)


def _clean(root: etree._Element, part: str, names: Names, *, is_read: bool) -> None:
    _remove(root)
    if not is_read:
        for block in root_blocks(root, part):
            replace_in_pieces(block.pieces, names.find(block.text))
    for paragraph in root.iter("{*}p"):
        fields = [Piece(e.text or "", e) for e in paragraph.iter("{*}instrText")]
        code = "".join(field.text for field in fields)
        if names.is_inside(code):
            for field in fields:
                field.write("")
    for element in root.iter(etree.Element):
        _clean_element(element, names, part)


def _remove(root: etree._Element) -> None:
    """Take out comments, deleted text, earlier formatting, drawings for old programs."""
    doomed = [
        element
        for element in root.iter()
        if not isinstance(element.tag, str)
        or local_name(element) in DELETED | {FALLBACK}
        or local_name(element).endswith("PrChange")
        or element.get("Type", "").endswith("/thumbnail")
    ]
    for element in doomed:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)


def _clean_element(element: etree._Element, names: Names, part: str) -> None:
    text = element.text
    is_property = part.startswith("docProps/")
    if text and is_property and not _PLAIN_VALUE.fullmatch(text.strip()):
        element.text = None
    elif text and not text.isspace():
        element.text = names.label_in(text)
    if element.tail and not element.tail.isspace():
        element.tail = names.label_in(element.tail)
    is_free = part.startswith("customXml/") or local_name(element) in _FREE_ELEMENTS
    for key, value in element.attrib.items():
        plain_key = etree.QName(key).localname
        if plain_key in _PERSONAL and value:
            element.set(key, "")
        elif _is_free(element, plain_key, value, is_free=is_free) and names.is_inside(value):
            element.set(key, HIDDEN_ADDRESS)


def _is_free(element: etree._Element, key: str, value: str, *, is_free: bool) -> bool:
    """Whether a value may be somebody's words."""
    if key in _FORMAT_KEYS or (key == "Target" and element.get("TargetMode") != "External"):
        return False
    return is_free or key in _FREE_KEYS or not _FORMAT_WORD.fullmatch(value)
