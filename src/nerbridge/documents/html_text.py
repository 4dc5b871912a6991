"""The main text of an HTML page, as a browser shows it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress

from lxml import etree

from nerbridge.documents.legacy_fonts import (
    is_legacy_font,
    refuse_broken,
    refuse_gibberish,
    refuse_legacy_fonts,
)
from nerbridge.documents.limits import MAX_XML_BYTES, MIB, check_chars
from nerbridge.documents.markup import Block, Piece
from nerbridge.errors import DocumentError

NEVER_SHOWN = frozenset(
    ["script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math",
     "canvas", "audio", "video", "map", "head", "select", "option", "datalist", "textarea",
     "button", "input"]
)  # fmt: skip
AROUND = frozenset(["nav", "aside", "form", "dialog", "menu"])
"""Not the main text, wherever it stands."""
FRAME = frozenset({"header", "footer"})
"""Not the main text of a page that does not say which its main part is."""
_BLOCKS = frozenset(
    ["address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
     "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4",
     "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li", "main", "ol", "p", "pre",
     "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul"]
)  # fmt: skip
_SPACE = re.compile(r"[ \t\n\r\f]+")
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_HEAD = 4096
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_FACE = re.compile(r"font(?:-family)?\s*:\s*([^;}]*)", re.I)
_MAX_DEPTH = 250


def read_html(data: bytes, name: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Place and text of the title and each paragraph of the main text, and notices.

    Raises:
        DocumentError: too large, nested too deep, in a font that is not Unicode.
    """
    root, notices = parse_html(data, name)
    blocks = page_blocks(root)
    text = "\n".join(block.text for block in blocks)
    check_chars(len(text), name)
    refuse_legacy_fonts(_letters_in_fonts(blocks), text, name)
    refuse_broken(text, name)
    refuse_gibberish(text, name)
    return [(block.place, block.text) for block in blocks], notices


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
    root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    errors = [entry.message for entry in parser.error_log if "depth" in entry.message.lower()]
    if errors:
        raise DocumentError(
            f"{name}: elements nested too deep ({errors[0].strip()}); expected at most about "
            f"{_MAX_DEPTH} levels. Save the page as text, and pass that."
        )
    if root is None:
        raise DocumentError(f"{name}: no HTML in it; expected a page. Fetch it again.")
    return root, notices


def page_blocks(root: etree._Element) -> list[Block]:
    """The title, unless the page says it again, and the paragraphs of the main text."""
    blocks = [block for part in main_parts(root) for block in _iter_blocks(part)]
    title = root.find(".//title")
    shown = "" if title is None else _SPACE.sub(" ", title.text or "").strip()
    if shown and not any(shown in block.text for block in blocks):
        blocks.insert(0, Block("title", [Piece(shown, title)]))
    return blocks


def main_parts(root: etree._Element) -> list[etree._Element]:
    """The elements that hold the main text: ``main``, else the articles, else the body."""
    for found in (
        root.xpath("//main | //*[@role='main']"),
        root.xpath("//article[not(ancestor::article)]"),
    ):
        outer = [part for part in found if not any(p in found for p in part.iterancestors())]
        if any("".join(block.text for block in _iter_blocks(part)).strip() for part in outer):
            return outer
    body = root.find("body")
    return [root if body is None else body]


def is_left_out(element: etree._Element, root: etree._Element) -> bool:
    """Whether an element inside a main part is not read."""
    if not isinstance(element.tag, str):
        return True
    if element is root:
        return False
    return (
        element.tag in NEVER_SHOWN
        or element.tag in AROUND
        or (root.tag in ("body", "html") and element.tag in FRAME)
        or element.get("hidden") is not None
        or _HIDDEN.search(element.get("style", "")) is not None
    )


def _decode(data: bytes) -> tuple[str, list[str]]:
    """The page as text: by its byte order mark, as UTF-8 if it is that, else as it declares.

    Letters in another encoding are next to never valid UTF-8; declarations are often wrong.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), []
    match = _CHARSET.search(data[:_HEAD])
    declared = match.group(1).decode("ascii") if match else "utf-8"
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


def _iter_blocks(root: etree._Element) -> Iterator[Block]:
    number = 0
    for pieces in _iter_paragraphs(root):
        pieces[-1].text = pieces[-1].text.rstrip(" ")
        if any(piece.text.strip() for piece in pieces):
            number += 1
            yield Block(f"paragraph {number}", pieces)


def _iter_paragraphs(root: etree._Element) -> Iterator[list[Piece]]:
    pieces: list[Piece] = []
    n_pre = 0
    stack: list[tuple[etree._Element, bool]] = [(root, False)]
    while stack:
        element, is_end = stack.pop()
        is_shown = is_end or not is_left_out(element, root)
        is_block = isinstance(element.tag, str) and element.tag in _BLOCKS
        if is_block and pieces:
            yield pieces
            pieces = []
        if not is_end and is_shown:
            n_pre += element.tag == "pre"
            if element.tag == "br":
                pieces.append(Piece("\n"))
            _add(pieces, element.text, Piece("", element, "text"), is_pre=n_pre > 0)
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(element))
            continue
        n_pre -= is_end and element.tag == "pre"
        if element is not root:
            _add(pieces, element.tail, Piece("", element, "tail"), is_pre=n_pre > 0)
    if pieces:
        yield pieces


def _add(pieces: list[Piece], text: str | None, piece: Piece, *, is_pre: bool) -> None:
    """Add a text to a paragraph, its white space as a browser shows it."""
    shown = text or ""
    if not is_pre:
        shown = _SPACE.sub(" ", shown)
        if not pieces or pieces[-1].text.endswith((" ", "\n")):
            shown = shown.removeprefix(" ")
    if shown:
        piece.text = shown
        pieces.append(piece)


def _letters_in_fonts(blocks: list[Block]) -> dict[str, int]:
    """Letters in fonts that are named right at an element (``<font face>``, ``style``)."""
    fonts: dict[str, int] = {}
    for block in blocks:
        for piece in block.pieces:
            font = "" if piece.element is None else _font_at(piece)
            fonts[font] = fonts.get(font, 0) + sum(map(str.isalpha, piece.text))
    return fonts


def _font_at(piece: Piece) -> str:
    element = piece.element if piece.slot == "text" else piece.element.getparent()  # type: ignore[union-attr]
    while element is not None:
        match = _FACE.search(element.get("style", ""))
        if font := element.get("face") or (match.group(1) if match else ""):
            return str(font) if is_legacy_font(str(font)) else ""
        element = element.getparent()
    return ""
