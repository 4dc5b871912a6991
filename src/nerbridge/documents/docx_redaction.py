"""A copy of a DOCX without names: in its text, and in everything else a DOCX carries along."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from lxml import etree

from nerbridge.documents.document import BETWEEN
from nerbridge.documents.docx_chunks import CHUNK, chunk_links, read_chunks
from nerbridge.documents.docx_package import parse_xml, read_package, write_package
from nerbridge.documents.docx_text import (
    DELETED,
    FALLBACK,
    local_id,
    local_name,
    parse_parts,
    root_blocks,
)
from nerbridge.documents.markup import (
    Block,
    Redacted,
    TextNode,
    replace_in_blocks,
    replace_in_nodes,
    to_writable,
)
from nerbridge.documents.picture_files import strip_picture
from nerbridge.documents.redaction import HIDDEN_ADDRESS, HiddenNames
from nerbridge.errors import DocumentError

# Drawings of Windows (.emf, .wmf) hold their text as text: they are not kept.
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff"})
_FONTS = frozenset({".odttf", ".ttf", ".otf"})
_XML = (".xml", ".rels")
# The preview; signatures, which carry the certificate of who signed.
_DROPPED = ("docProps/thumbnail", "_xmlsignatures/")
_DROPPED_TYPES = ("/thumbnail", "/digital-signature/origin", CHUNK)
_REMOVED = frozenset({FALLBACK, "altChunk", "rsids", "rsid", "rsidRoot", "fldData", "binData"})
_FOLDERS = frozenset(
    ["word", "_rels", "docProps", "customXml", "media", "theme", "embeddings", "charts", "fonts",
     "diagrams", "drawings", "glossary", "activeX", "ink"]
)  # fmt: skip
# Whoever wrote, and what pictures are said to show.
_PERSONAL = frozenset({"author", "initials", "userId", "providerId", "descr", "title", "alt"})
# Attributes and elements whose values may be a single word of people, not of the format.
_FREE_KEYS = frozenset(
    ["name", "instr", "anchor", "tooltip", "Target", "href", "string", "docLocation", "value",
     "displayText", "lastValue"]
)  # fmt: skip
_FREE_ELEMENTS = frozenset(
    ["alias", "tag", "docVar", "attr", "name", "aliases", "default", "helpText", "statusText",
     "listEntry", "mailSubject", "lvlText", "query", "connectString", "title", "sourceFileName"]
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
_WEB = frozenset({"http", "https", "mailto", "ftp", "about", "tel"})
_PLAIN_VALUE = re.compile(r"[\d:.+TZ-]+|true|false", re.I)


def redact_docx(data: bytes, name: str, redacted: Sequence[Redacted], names: HiddenNames) -> bytes:
    """The copy.

    Hidden in it: ``redacted`` in the text, ``names`` in all other parts, attributes, fields and
    addresses. Not in it: what tracked changes deleted, document properties, authors, the preview
    picture, descriptions of pictures, embedded files.

    Raises:
        DocumentError: the DOCX is damaged, a file inside it is called by a name, or a name would
            still stand in the copy.
    """
    parts = read_package(data, name)
    roots = parse_parts(parts, name)
    blocks = [block for part, root in roots.items() for block in root_blocks(root, part)]
    # Before the replacements, which change lengths: inner documents follow in the text.
    end = sum(len(block.text) + len(BETWEEN) for block in blocks)
    replace_in_blocks(blocks, redacted)
    chunks = _redact_chunks(read_chunks(parts, name), redacted, end)
    for (source, link), part in chunk_links(parts, name).items():
        if source in roots:
            _write_chunk(roots[source], link, chunks[part])
    dropped = {part for part in parts if part in chunks or part.startswith(_DROPPED)}
    copy: dict[str, bytes] = {}
    for part, content in parts.items():
        if part in dropped:
            continue
        # Word's own file names are words too: a name such as Styles would refuse every document.
        if not _is_named_by_programs(part) and names.is_inside(_zip_name(part)):
            raise DocumentError(
                f"{name}: a file inside it is called by a name that is to be hidden. Open and save "
                "the document in Word, which gives files other names."
            )
        if part.endswith(_XML):
            is_read = part in roots
            root = roots[part] if is_read else parse_xml(content, f"{name}: {part}")
            _drop_links(root, dropped)
            _clean(root, part, names, is_read=is_read)
            copy[part] = etree.tostring(
                root, xml_declaration=True, encoding="UTF-8", standalone=True
            )
        else:
            copy[part] = _clean_file(part, content, names)
    made = write_package(copy)
    names.refuse_in_copy(_read_copy(made, name), name)
    return made


def _read_copy(copy: bytes, name: str) -> Iterator[tuple[str, str]]:
    """Places and texts of the paragraphs of a copy."""
    for part, root in parse_parts(read_package(copy, name), name).items():
        for block in root_blocks(root, part):
            yield block.place, block.text


def _clean_file(part: str, content: bytes, names: HiddenNames) -> bytes:
    suffix = PurePosixPath(part).suffix.lower()
    if suffix in _PICTURES:
        content = strip_picture(content)
    elif suffix not in _FONTS:
        return b""
    # Emptied, not left out: links in other parts still point at it.
    return b"" if names.are_in_bytes(content) else content


def _is_named_by_programs(part: str) -> bool:
    return all(
        folder in _FOLDERS or _NAMED_BY_PROGRAMS.fullmatch(folder)
        for folder in PurePosixPath(part).parts
    )


def _zip_name(part: str) -> str:
    """A name inside a zip file; old programs write UTF-8 and do not say so."""
    try:
        return f"{part} {part.encode('cp437').decode('utf-8')}"
    except UnicodeError:
        return part


def _redact_chunks(
    chunks: Mapping[str, Sequence[tuple[str, str]]], redacted: Sequence[Redacted], offset: int
) -> dict[str, list[str]]:
    """The paragraphs of each inner document; the first starts at ``offset`` of the text."""
    found: dict[str, list[str]] = {}
    for part, read in chunks.items():
        blocks = [Block("", [TextNode(text, etree.Element("t"))]) for _, text in read]
        n_chars = sum(len(block.text) + len(BETWEEN) for block in blocks)
        replace_in_blocks(
            blocks, [(start - offset, end - offset, to) for start, end, to in redacted]
        )
        found[part] = [block.text for block in blocks]
        offset += n_chars
    return found


def _write_chunk(root: etree._Element, link: str, texts: Sequence[str]) -> None:
    """Put paragraphs in the place of an inner document."""
    for chunk in list(root.iter("{*}altChunk")):
        parent = chunk.getparent()
        if parent is None or local_id(chunk) != link:
            continue
        space = etree.QName(chunk).namespace
        for text in texts:
            paragraph = etree.Element(f"{{{space}}}p")
            run = etree.SubElement(paragraph, f"{{{space}}}r")
            etree.SubElement(run, f"{{{space}}}t").text = to_writable(text)
            chunk.addprevious(paragraph)
        parent.remove(chunk)


def _drop_links(root: etree._Element, dropped: Collection[str]) -> None:
    """Take out what points at files that are not in the copy."""
    for element in list(root.iter("{*}Relationship", "{*}Override")):
        # ``PartName`` begins with a slash; the names in the package do not.
        is_dropped = element.get("Type", "").endswith(_DROPPED_TYPES)
        parent = element.getparent()
        if parent is not None and (is_dropped or element.get("PartName", "")[1:] in dropped):
            parent.remove(element)


def _clean(root: etree._Element, part: str, names: HiddenNames, *, is_read: bool) -> None:
    _remove(root)
    if not is_read:
        for block in root_blocks(root, part):
            replace_in_nodes(block.nodes, names.find(block.text))
    for paragraph in root.iter("{*}p"):
        fields = [TextNode(e.text or "", e) for e in paragraph.iter("{*}instrText")]
        # Word divides a field code over several runs: a name may stand in pieces.
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
        or local_name(element) in DELETED | _REMOVED
        or local_name(element).endswith("PrChange")
    ]
    for element in doomed:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)


def _clean_element(element: etree._Element, names: HiddenNames, part: str) -> None:
    text = element.text
    is_property = part.startswith("docProps/")
    if text and is_property and not _PLAIN_VALUE.fullmatch(text.strip()):
        element.text = None
    elif text and not text.isspace():
        element.text = names.label_in(text)
    if element.tail and not element.tail.isspace():
        element.tail = names.label_in(element.tail)
    is_free = part.startswith("customXml/") or local_name(element) in _FREE_ELEMENTS
    for key, value in list(element.attrib.items()):
        plain_key = etree.QName(key).localname
        if plain_key.startswith("rsid") or plain_key == "gfxdata":
            del element.attrib[key]  # who wrote in which session; a drawing, zipped
        elif plain_key in _PERSONAL and value:
            element.set(key, "")
        elif (plain_key == "Target" and _is_path(element)) or (
            _is_free(element, plain_key, value, is_free=is_free) and names.is_inside(value)
        ):
            element.set(key, HIDDEN_ADDRESS)


def _is_path(element: etree._Element) -> bool:
    """Whether an address is a file of somebody's machine, whose folders tell their name."""
    scheme = element.get("Target", "").partition(":")[0].lower()
    return element.get("TargetMode") == "External" and scheme not in _WEB


def _is_free(element: etree._Element, key: str, value: str, *, is_free: bool) -> bool:
    """Whether a value may be somebody's words."""
    if key in _FORMAT_KEYS or (key == "Target" and element.get("TargetMode") != "External"):
        return False
    return is_free or key in _FREE_KEYS or not _FORMAT_WORD.fullmatch(value)
