"""Figures as part of a page: no outside references, the page's fonts and colours, no id twice."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from nerbridge.markup import Markup, concat_all, element
from nerbridge.report.drawing import (
    GRID,
    INK,
    MUTED,
    PAPER,
    ROW_COLOURS,
    WIDTH,
    Drawing,
    is_title_drawn,
    name_colour_variable,
)

_VARIABLES = {
    **{colour: name_colour_variable(position) for position, colour in enumerate(ROW_COLOURS)},
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--line)",
    PAPER: "var(--paper)",
}
_WIDTH_REM = 26.0
"""A figure of the usual width on the page; its smallest text is then about 0.65 rem."""

_COLOUR = re.compile("|".join(_VARIABLES))
_FONT_FAMILY = re.compile(r"\s*font-family:[^;]*;?")
_REFERENCE = re.compile(r"#([\w.-]+)\)?$")
_DROPPED = frozenset({"metadata", "style"})
_SIZED_BY_PAGE = frozenset({"width", "height", "version"})


def drawing_to_figure(drawing: Drawing) -> Markup:
    """A figure element; with a caption where the drawing could not hold its title."""
    caption = None if is_title_drawn(drawing) else element("figcaption", drawing.title)
    return element("figure", caption, inline_svg(drawing))


def inline_svg(drawing: Drawing) -> Markup:
    """The drawing as an ``svg`` element for a page of HTML."""
    root = ElementTree.fromstring(drawing.svg)
    referenced = {
        match.group(1)
        for node in root.iter()
        for key, value in node.attrib.items()
        if _local(key) in ("href", "clip-path") and (match := _REFERENCE.search(value))
    }
    for key in _SIZED_BY_PAGE:
        root.attrib.pop(key, None)
    size = f"max-width:{drawing.width / WIDTH * _WIDTH_REM:.4g}rem"
    root.attrib.update({"role": "img", "aria-label": drawing.alt, "style": size})
    return _to_html(root, drawing.name, referenced)


def _to_html(node: ElementTree.Element, prefix: str, referenced: set[str]) -> Markup:
    attributes: dict[str, str | None] = {}
    for key, value in node.attrib.items():
        name = _local(key)
        if name == "id" and value not in referenced:
            continue
        attributes[name] = _adapt_attribute(name, value, prefix)
    children = [node.text.strip() if node.text else None]
    children += [
        _to_html(child, prefix, referenced) for child in node if _local(child.tag) not in _DROPPED
    ]
    return element(_local(node.tag), concat_all(children), **attributes)


def _adapt_attribute(name: str, value: str, prefix: str) -> str:
    if name == "id":
        return f"{prefix}-{value}"
    if name == "style":
        colours = _COLOUR.sub(lambda match: _VARIABLES[match.group()], value)
        return _FONT_FAMILY.sub("", colours)
    if name in ("href", "clip-path"):
        return value.replace("#", f"#{prefix}-")
    return " ".join(value.split())


def _local(name: str) -> str:
    """A name without its namespace."""
    return name.rsplit("}", 1)[-1]
