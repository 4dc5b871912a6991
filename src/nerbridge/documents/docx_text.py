"""The text of a DOCX: body, tables, text boxes, headers, footers, notes, comments, charts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from lxml import etree

from nerbridge.documents.docx_chunks import chunk_notices, read_chunks, unread_notices
from nerbridge.documents.docx_package import parse_xml, read_package
from nerbridge.documents.legacy_fonts import is_legacy_font, refuse_unreadable
from nerbridge.documents.limits import check_chars
from nerbridge.documents.markup import Block, TextNode
from nerbridge.errors import DocumentError

# Tags are told by their local names: the namespaces of Word and of ISO 29500 strict differ.
_LITERAL = {
    "tab": "\t",
    "br": "\n",
    "cr": "\n",
    "noBreakHyphen": "\u2011",
    "softHyphen": "\u00ad",
    "ptab": "\t",
}
DELETED = frozenset({"del", "moveFrom"})
"""Tracked changes: text that is still in the file but not in the document."""
# Drawings hold their text a second time, for old programs: it would be read twice.
FALLBACK = "Fallback"
_SKIPPED = DELETED | {FALLBACK, "instrText", "delText", "delInstrText"}
_MAIN = re.compile(r"word/document\d*\.xml")
_NAMED = re.compile(r"word/(header|footer|footnotes|endnotes|comments)\d*\.xml")
_DRAWN = re.compile(r"word/(charts|diagrams|drawings)/(?:chart|chartEx|drawing|data)\d*\.xml")
_CHART = "chart or diagram"
_ENTRIES = {"footnotes": "footnote", "endnotes": "endnote", "comments": "comment"}


def read_docx(data: bytes, name: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Place and text of each paragraph that is not empty, and notices.

    Raises:
        DocumentError: locked, damaged, too large, in a font that is not Unicode.
    """
    parts = read_package(data, name)
    roots = parse_parts(parts, name)
    blocks = [block for part, root in roots.items() for block in root_blocks(root, part)]
    chunks = read_chunks(parts, name)
    found = [(block.place, block.text) for block in blocks]
    found += [(f"{part}, {place}", text) for part, read in chunks.items() for place, text in read]
    text = "\n".join(text for _, text in found)
    check_chars(len(text), name)
    refuse_unreadable(_letters_in_fonts(roots, parts, name), text, name)
    return found, [*chunk_notices(chunks), *unread_notices(parts, roots.values(), name)]


def parse_parts(parts: Mapping[str, bytes], name: str) -> dict[str, etree._Element]:
    """The parts whose text is read, parsed, in reading order.

    Raises:
        DocumentError: one is damaged, or there is no main part.
    """
    main = [part for part in parts if _MAIN.fullmatch(part)]
    if not main:
        raise DocumentError(
            f"{name}: no word/document.xml inside; expected a DOCX. Open and save it in Word."
        )
    others = [part for part in parts if _NAMED.fullmatch(part)]
    drawn = [part for part in parts if _DRAWN.fullmatch(part)]
    roots = {}
    for part in (*main, *sorted(others), *sorted(drawn)):
        roots[part] = parse_xml(parts[part], f"{name}: {part}")
    return roots


def root_blocks(root: etree._Element, part: str) -> Iterator[Block]:
    """The paragraphs of a part that hold text, in document order."""
    prefix = _place_of_part(part)
    tables: dict[etree._Element, int] = {}
    rows: Counter[etree._Element] = Counter()
    seen_rows: dict[etree._Element, int] = {}
    n_paragraphs = 0
    for element in root.iter("{*}p"):
        if _is_skipped(element):
            continue
        n_paragraphs += 1
        nodes = list(_iter_nodes(element))
        row = next(element.iterancestors("{*}tr"), None)
        place = prefix or f"paragraph {n_paragraphs}"
        if row is not None:
            table = row.getparent()
            number = tables.setdefault(table, len(tables) + 1)
            if row not in seen_rows:
                rows[table] += 1
                seen_rows[row] = rows[table]
            place = f"{prefix + ', ' if prefix else ''}table {number}, row {seen_rows[row]}"
        elif prefix in _ENTRIES.values():
            entry = next(element.iterancestors(f"{{*}}{prefix}"), None)
            place = f"{prefix} {local_id(entry)}"
        # How a word is read stands above it; within the line it would cut names.
        above = [list(_iter_nodes(ruby)) for ruby in element.iter("{*}rt") if _is_of(ruby, element)]
        for found in (nodes, *above):
            if any(node.text.strip() for node in found):
                yield Block(place, found)
    if prefix == _CHART:
        yield from _chart_labels(root)


def _chart_labels(root: etree._Element) -> Iterator[Block]:
    """Names of series and categories, which stand in the chart as copies of table cells."""
    for cache in root.iter("{*}strCache", "{*}multiLvlStrCache"):
        for label in cache.iter("{*}v"):
            if (label.text or "").strip():
                yield Block(_CHART, [TextNode(label.text or "", label)])


def local_id(element: etree._Element | None) -> str:
    """The ``id`` of a note or comment, whatever its namespace."""
    attributes = {} if element is None else element.attrib
    return next((str(value) for key, value in attributes.items() if str(key).endswith("}id")), "")


def local_name(element: etree._Element) -> str:
    """The tag without its namespace; empty for comments and processing instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _place_of_part(part: str) -> str:
    if match := _NAMED.fullmatch(part):
        return _ENTRIES.get(match.group(1), match.group(1))
    return _CHART if _DRAWN.fullmatch(part) else ""


def _is_skipped(element: etree._Element) -> bool:
    return any(local_name(parent) in _SKIPPED for parent in element.iterancestors())


def _is_of(ruby: etree._Element, paragraph: etree._Element) -> bool:
    return next(ruby.iterancestors("{*}p"), None) is paragraph and not _is_skipped(ruby)


def _iter_nodes(paragraph: etree._Element) -> Iterator[TextNode]:
    """Text of a paragraph; that of text boxes inside it has paragraphs of its own."""
    stack = list(reversed(paragraph))
    while stack:
        element = stack.pop()
        name = local_name(element)
        # A ``tab`` inside ``pPr`` sets a tab stop: it is no character of the text.
        if name in _SKIPPED or name in {"p", "pPr", "rPr", "rt"}:
            continue
        if name == "t":
            yield TextNode(element.text or "", element)
        elif name in _LITERAL:
            yield TextNode(_LITERAL[name])
        else:
            stack.extend(reversed(element))


def _letters_in_fonts(
    roots: Mapping[str, etree._Element], parts: Mapping[str, bytes], name: str
) -> Counter[str]:
    """Letters in each font, as runs name it; without one, that of their style or the default."""
    of_style, default = _fonts_of_styles(parts, name)
    fonts: Counter[str] = Counter()
    for root in roots.values():
        for run in root.iter("{*}r"):
            n_letters = sum(map(str.isalpha, "".join(t.text or "" for t in run.iterfind("{*}t"))))
            font = _font_of(run.find("{*}rPr")) or of_style.get(_style_of(run), default)
            fonts[font] += n_letters
    return fonts


def _fonts_of_styles(parts: Mapping[str, bytes], name: str) -> tuple[dict[str, str], str]:
    content = parts.get("word/styles.xml")
    if content is None:
        return {}, ""
    root = parse_xml(content, f"{name}: word/styles.xml")
    styles = {
        _attribute(style, "styleId"): font
        for style in root.iter("{*}style")
        if (font := _font_of(style.find("{*}rPr")))
    }
    default = _font_of(root.find("{*}docDefaults/{*}rPrDefault/{*}rPr"))
    # A paragraph without a style has the style Normal, which wins over the default font.
    return styles, styles.get("Normal", default)


def _style_of(run: etree._Element) -> str:
    """The style of a run, else that of its paragraph."""
    paragraph = next(run.iterancestors("{*}p"), None)
    for found in (
        run.find("{*}rPr/{*}rStyle"),
        None if paragraph is None else paragraph.find("{*}pPr/{*}pStyle"),
    ):
        if found is not None:
            return _attribute(found, "val")
    return ""


def _font_of(properties: etree._Element | None) -> str:
    """The font of Latin letters; a legacy one if any of the four is."""
    fonts = None if properties is None else properties.find("{*}rFonts")
    if fonts is None:
        return ""
    names = [_attribute(fonts, key) for key in ("ascii", "hAnsi", "cs", "eastAsia")]
    return next(filter(is_legacy_font, names), next(filter(None, names), ""))


def _attribute(element: etree._Element, key: str) -> str:
    found = (str(v) for k, v in element.attrib.items() if etree.QName(str(k)).localname == key)
    return next(found, "")
