"""A copy of an HTML page without names: its main text, and nothing else."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from urllib.parse import unquote

from lxml import etree

from nerbridge.documents.html_main import NEVER_SHOWN, PageParts, is_shadow
from nerbridge.documents.html_text import page_blocks, parse_html
from nerbridge.documents.markup import (
    Redacted,
    TextNode,
    replace_in_blocks,
    replace_in_nodes,
    to_writable,
)
from nerbridge.documents.picture_files import strip_picture
from nerbridge.documents.redaction import HIDDEN_ADDRESS, HiddenNames
from nerbridge.documents.style_sheets import without_words

_KEPT = frozenset(
    ["class", "id", "style", "lang", "dir", "href", "src", "width", "height", "colspan",
     "rowspan", "start", "type", "rel", "media"]
)  # fmt: skip
_ADDRESSES = frozenset({"href", "src"})
# Addresses that are programs or whole pages; pictures stay.
_OPAQUE = re.compile(r"(?:java|vb)script:|data:(?!image/(?!svg))", re.I)
_PICTURE = re.compile(r"\s*(data:image/(?!svg)[\w.+-]+;base64,)(.*)", re.I | re.S)
_IGNORED = re.compile(r"[\s\x00-\x1f]+")


def redact_html(
    data: bytes,
    name: str,
    redacted: Sequence[Redacted],
    names: HiddenNames,
    *,
    is_whole: bool = False,
) -> bytes:
    """The copy, in UTF-8: title, styles and main text.

    Not in it: what was not read (menus, forms, scripts, metadata, comments) and attributes that
    tell something in words (``alt``, ``title``, ``data-…``).

    Raises:
        DocumentError: a name would still stand in it.
    """
    root, _ = parse_html(data, name)
    parts = PageParts(root, is_whole)
    # Before anything is pruned: the offsets count over the page as it was read.
    replace_in_blocks(page_blocks(parts), redacted)
    made = etree.Element("html", {"lang": to_writable(root.get("lang", ""))})
    head = etree.SubElement(made, "head")
    etree.SubElement(head, "meta", charset="utf-8")
    _copy_head(root, head, names)
    if parts.parts[0].tag in ("body", "html"):
        body = parts.parts[0]
        _prune(body, parts)
        body.tag = "body"
        made.append(body)
    else:
        body = etree.SubElement(made, "body")
        for part in parts.parts:
            # lxml moves the text behind an element along with it, and that text was not read.
            part.tail = None
            _prune(part, parts)
            body.append(part)
    for element in made.iter(etree.Element):
        _clean_element(element, names)
    page: bytes = etree.tostring(made, encoding="utf-8", method="html", doctype="<!doctype html>")
    # The check reads the bytes, not the tree: parsed again, they may give other elements.
    copy, _ = parse_html(page, name)
    blocks = page_blocks(PageParts(copy, is_whole=True))
    names.refuse_in_copy([(block.place, block.text) for block in blocks], name)
    return page


def _copy_head(root: etree._Element, head: etree._Element, names: HiddenNames) -> None:
    title = root.find(".//title")
    if title is not None:
        text = to_writable(title.text or "")
        copy = etree.SubElement(head, "title")
        nodes = [TextNode(text, copy)]
        copy.text = text
        replace_in_nodes(nodes, names.find(text))
    for style in list(root.iterfind("head/style")):
        copy = etree.SubElement(head, "style")
        copy.text = to_writable(style.text or "")
    for link in root.iterfind("head/link[@rel='stylesheet']"):
        etree.SubElement(head, "link", rel="stylesheet", href=to_writable(link.get("href", "")))


def _prune(part: etree._Element, parts: PageParts) -> None:
    """Take out whatever was not read, or is never shown, keeping the text behind it."""
    # Collected first: a tree that changes while it is iterated loses elements.
    doomed = [
        found
        for found in part.iter()
        if parts.leaves_out(found, part)
        or (found is not part and found.tag in NEVER_SHOWN and not is_shadow(found))
    ]
    # After the search above, because `is_shadow` knows a template by its tag.
    for found in part.iter("template"):  # shown as the inside of the element around it
        found.tag = "div"
    for found in doomed:
        parent = found.getparent()
        if parent is None:
            continue
        # lxml would remove the text behind the element together with it.
        if found.tail:
            before = found.getprevious()
            if before is not None:
                before.tail = to_writable((before.tail or "") + found.tail)
            else:
                parent.text = to_writable((parent.text or "") + found.tail)
        parent.remove(found)


def _clean_element(element: etree._Element, names: HiddenNames) -> None:
    kept = _KEPT | {"charset"} if element.tag == "meta" else _KEPT
    attributes = {key: value for key, value in element.attrib.items() if key in kept}
    element.attrib.clear()  # one by one, names that XML does not allow could not be taken out
    for key, value in attributes.items():
        if key == "src" and (picture := _PICTURE.match(value)):
            element.set(key, _without_data(picture))
            continue
        hidden = HIDDEN_ADDRESS if key in _ADDRESSES else ""
        # Browsers ignore white space and control characters inside ``javascript:``.
        is_opaque = key in _ADDRESSES and _OPAQUE.match(_IGNORED.sub("", value))
        element.set(key, hidden if is_opaque or names.is_inside(value) else to_writable(value))
    # A page may invent elements, and call one by a name.
    if names.is_inside(element.tag):
        element.tag = "span"
    if element.tag == "style":
        # Letters of a name may be spread over several rules: no search would find them.
        element.text = to_writable(names.label_in(without_words(element.text or "")))


def _without_data(picture: re.Match[str]) -> str:
    """The address of a picture that stands in the page, without what it says of itself."""
    try:
        content = strip_picture(base64.b64decode(_IGNORED.sub("", unquote(picture.group(2)))))
    except ValueError:
        content = b""
    return picture.group(1) + base64.b64encode(content).decode() if content else HIDDEN_ADDRESS
