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
# Attributes and elements whose values are words that people chose, not words of the format.
_FREE_KEYS = frozenset({"name", "instr", "anchor", "tooltip", "Target", "href"})
_FREE_ELEMENTS = frozenset({"alias", "tag", "docVar"})
_NAMED_BY_PEOPLE = re.compile(r"word/(media|embeddings)/|customXml/")
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
        if _NAMED_BY_PEOPLE.match(part) and names.is_inside(PurePosixPath(part).name):
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
        _clean_element(element, names, is_property=part.startswith("docProps/"))


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


def _clean_element(element: etree._Element, names: Names, *, is_property: bool) -> None:
    text = element.text
    if text and is_property and not _PLAIN_VALUE.fullmatch(text.strip()):
        element.text = None
    elif text and not text.isspace():
        element.text = names.label_in(text)
    if element.tail and not element.tail.isspace():
        element.tail = names.label_in(element.tail)
    is_free = local_name(element) in _FREE_ELEMENTS
    for key, value in element.attrib.items():
        plain_key = etree.QName(key).localname
        if plain_key in _PERSONAL and value:
            element.set(key, "")
        elif (is_free or _is_free(element, plain_key, value)) and names.is_inside(value):
            element.set(key, HIDDEN_ADDRESS)


def _is_free(element: etree._Element, key: str, value: str) -> bool:
    """Whether a value may be somebody's words: a name such as Das must not hide ``dashed``."""
    if key == "Target" and element.get("TargetMode") != "External":
        return False
    return not value.isascii() or key in _FREE_KEYS or any(c in value for c in "@%")
