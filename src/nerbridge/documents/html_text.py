"""The main text of an HTML page, as a browser shows it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress

from lxml import etree

from nerbridge.documents.html_main import NEVER_SHOWN, PageParts, attribute_texts, script_texts
from nerbridge.documents.legacy_fonts import is_legacy_font, refuse_unreadable
from nerbridge.documents.limits import MAX_XML_BYTES, MIB, check_chars
from nerbridge.documents.markup import Block, TextNode
from nerbridge.errors import DocumentError

_BLOCKS = frozenset(
    ["address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
     "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4",
     "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li", "main", "ol", "p", "pre",
     "section", "summary", "dialog", "form", "menu", "nav", "table", "tbody", "td", "tfoot",
     "th", "thead", "title", "tr", "ul", "marquee", "search", "text"]
)  # fmt: skip
_SPACE = re.compile(r"[ \t\n\r\f]+")
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_IN_HEAD = frozenset(["title", "meta", "link", "style", "script", "base", "noscript", "template"])
_HEAD = 4096
_TITLE = "title"
_ABOVE = "rt"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_FACE = re.compile(r"font(?:-family)?\s*:\s*([^;}]*)", re.I)
_MAX_DEPTH = 250


def read_html(
    data: bytes, name: str, *, is_whole: bool = False
) -> tuple[list[tuple[str, str]], list[str]]:
    """Place and text of the title and each paragraph of the main text, and notices.

    With ``is_whole``, everything that holds words is read, menus and values of forms included.

    Raises:
        DocumentError: too large, nested too deep, in a font that is not Unicode.
    """
    root, notices = parse_html(data, name)
    parts = PageParts(root, is_whole)
    blocks = page_blocks(parts)
    text = "\n".join(block.text for block in blocks)
    check_chars(len(text), name)
    refuse_unreadable(_letters_in_fonts(blocks), text, name)
    shown = (block.text for block in blocks if block.place != _TITLE)
    return [(block.place, block.text) for block in blocks], [*notices, *parts.notices(shown)]


def parse_html(data: bytes, name: str) -> tuple[etree._Element, list[str]]:
    """The page as a tree, and what had to be guessed.

    Raises:
        DocumentError: no page, too large, or nested too deep.
    """
    if len(data) > MAX_XML_BYTES:
        raise DocumentError(
            f"{name}: {len(data) / MIB:,.0f} MiB of HTML; expected at most {MAX_XML_BYTES // MIB}. "
            "Split the page."
        )
    text, notices = _decode(data)
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    # Decoded and encoded again, so that the parser cannot believe a wrong declaration.
    root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    # The parser raises nothing for what is nested too deep: only its log tells it.
    errors = [entry.message for entry in parser.error_log if "depth" in entry.message.lower()]
    if errors:
        raise DocumentError(
            f"{name}: elements nested too deep ({errors[0].strip()}); expected at most about "
            f"{_MAX_DEPTH} levels. Save the page as text, and pass that."
        )
    if root is None:
        raise DocumentError(f"{name}: no HTML in it; expected a page. Fetch it again.")
    _end_head(root)
    return root, notices


def _end_head(root: etree._Element) -> None:
    """Move what the parser took for a part of the head into the body.

    A page may leave out ``<body>``; the parser does not know that ``<main>`` or ``<x-card>``
    begins it.
    """
    head = root.find("head")
    if head is None:
        return
    known = (not isinstance(child.tag, str) or child.tag in _IN_HEAD for child in head)
    n_known = next((index for index, is_known in enumerate(known) if not is_known), len(head))
    moved = list(head)[n_known:]
    if not moved:
        return
    body = root.find("body")
    if body is None:
        body = etree.SubElement(root, "body")
    # The text that began the body now stands behind what is put before it.
    moved[-1].tail = (moved[-1].tail or "") + (body.text or "")
    body.text = None
    for index, child in enumerate(moved):
        body.insert(index, child)


def page_blocks(parts: PageParts) -> list[Block]:
    """The title, unless the page says it again, and the paragraphs of what is read."""
    blocks = [block for part in parts.parts for block in _iter_blocks(part, parts)]
    title = parts.root.find(".//title")
    shown = "" if title is None else _SPACE.sub(" ", title.text or "").strip()
    if shown and not any(shown in block.text for block in blocks):
        blocks.insert(0, Block(_TITLE, [TextNode(shown, title)]))
    return blocks


def _decode(data: bytes) -> tuple[str, list[str]]:
    """The page as text: by its byte order mark, as UTF-8 if it is that, else as it declares.

    Letters in another encoding are next to never valid UTF-8; declarations are often wrong.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), []
    match = _CHARSET.search(data[:_HEAD])
    declared = match.group(1).decode("ascii") if match else "utf-8"
    # ASCII bytes may be an encoding such as ISO-2022-JP, which only the page can tell.
    for encoding in (declared, "utf-8") if data.isascii() else ("utf-8", declared):
        with suppress(LookupError, UnicodeDecodeError):
            return data.decode(encoding), []
    text = data.decode("utf-8", "replace")
    n_bad = text.count("\ufffd")
    if n_bad > len(data) / 100:
        return data.decode("windows-1252", "replace"), [
            "its encoding is neither declared nor UTF-8; read as Windows-1252."
        ]
    first = len(text[: text.index("\ufffd")].encode())
    return text, [
        f"{n_bad} characters are not UTF-8 (the first at byte {first}) and were replaced."
    ]


def _iter_blocks(root: etree._Element, parts: PageParts) -> Iterator[Block]:
    number = 0
    for nodes in _iter_paragraphs(root, parts):
        nodes[-1].text = nodes[-1].text.rstrip(" ")
        if any(node.text.strip() for node in nodes):
            number += 1
            yield Block(f"paragraph {number}", nodes)
    if parts.is_whole:
        for element in root.iter(etree.Element):
            for key, text in attribute_texts(element):
                yield Block(f"text in {key}", [TextNode(text.strip())])
            for text in script_texts(element, parts.body):
                yield Block("text in script", [TextNode(text)])
            yield from _inner_page(element)


def _inner_page(element: etree._Element) -> Iterator[Block]:
    """The page that a frame holds in itself, as text that is not written back."""
    source = element.get("srcdoc") or (element.text if element.tag == "iframe" else None)
    if source and source.strip():
        parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
        root = etree.fromstring(source.encode("utf-8", "replace"), parser)
        if root is not None:
            for block in page_blocks(PageParts(root, is_whole=True)):
                yield Block("frame", [TextNode(block.text)])


def _iter_paragraphs(root: etree._Element, parts: PageParts) -> Iterator[list[TextNode]]:
    nodes: list[TextNode] = []
    # What is set above a word tells how it is read; within the line it would cut names.
    below: list[list[TextNode]] = []
    above: list[list[TextNode]] = []
    n_pre = 0
    blocks = _BLOCKS | NEVER_SHOWN if parts.is_whole else _BLOCKS
    stack: list[tuple[etree._Element, bool]] = [(root, False)]
    while stack:
        element, is_end = stack.pop()
        is_shown = is_end or not parts.leaves_out(element, root)
        is_block = isinstance(element.tag, str) and element.tag in blocks
        if is_block:
            yield from filter(None, [nodes, *above])
            nodes, above = [], []
        if element.tag == _ABOVE and is_shown and not is_end:
            below.append(nodes)
            nodes = []
        elif element.tag == _ABOVE and is_end:
            above.append(nodes)
            nodes = below.pop()
        if not is_end and is_shown:
            n_pre += element.tag == "pre"
            if element.tag == "br":
                nodes.append(TextNode("\n"))
            # The text of an iframe is a page of its own: `_inner_page` reads it.
            if element.tag != "iframe":
                _add(nodes, element.text, TextNode("", element, "text"), is_pre=n_pre > 0)
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element))
            continue
        n_pre -= is_end and element.tag == "pre"
        if element is not root:
            _add(nodes, element.tail, TextNode("", element, "tail"), is_pre=n_pre > 0)
    yield from filter(None, [nodes, *above])


def _add(nodes: list[TextNode], text: str | None, node: TextNode, *, is_pre: bool) -> None:
    """Add a text to a paragraph, its white space as a browser shows it."""
    shown = text or ""
    if not is_pre:
        shown = _SPACE.sub(" ", shown)
        if not nodes or nodes[-1].text.endswith((" ", "\n")):
            shown = shown.removeprefix(" ")
    if shown:
        node.text = shown
        nodes.append(node)


def _letters_in_fonts(blocks: list[Block]) -> dict[str, int]:
    """Letters in fonts that are named right at an element (``<font face>``, ``style``)."""
    fonts: dict[str, int] = {}
    for block in blocks:
        for node in block.nodes:
            font = "" if node.element is None else _font_at(node)
            fonts[font] = fonts.get(font, 0) + sum(map(str.isalpha, node.text))
    return fonts


def _font_at(node: TextNode) -> str:
    element = node.element if node.slot == "text" else node.element.getparent()  # type: ignore[union-attr]
    while element is not None:
        match = _FACE.search(element.get("style", ""))
        if font := element.get("face") or (match.group(1) if match else ""):
            return str(font) if is_legacy_font(str(font)) else ""
        element = element.getparent()
    return ""
