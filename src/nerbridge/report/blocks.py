"""Pieces of a page: tables, figures, lists, nested values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from nerbridge.markup import Markup, concat, concat_all, element
from nerbridge.report.drawing import (
    GRID,
    INK,
    LIGHT_SYSTEM_COLOURS,
    MUTED,
    PAPER,
    WIDTH,
    Drawing,
    SystemStyle,
    is_title_drawn,
    name_colour_variable,
)
from nerbridge.report.formatting import MISSING
from nerbridge.report.tables import Table

Styles = Mapping[str, SystemStyle]

# A figure in the page has no outside reference, the page's fonts and colours, and no id twice.
_VARIABLES = {
    **{
        colour: name_colour_variable(position)
        for position, colour in enumerate(LIGHT_SYSTEM_COLOURS)
    },
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


def section(id_: str, title: str, *children: str | None) -> Markup:
    """A section with its heading; ``id_`` is where the table of contents points."""
    return element("section", element("h2", title), *children, id=id_)


def paragraphs(*texts: str, class_: str | None = None) -> Markup:
    """One paragraph per text."""
    return concat_all(element("p", text, class_=class_) for text in texts)


def bullets(texts: Iterable[str]) -> Markup:
    """A plain list; nothing for no texts."""
    items = [element("li", text) for text in texts]
    return element("ul", *items) if items else Markup("")


def figures(drawings: Sequence[Drawing]) -> Markup:
    """Figures beside each other where there is room."""
    if not drawings:
        return Markup("")
    is_narrow = all(drawing.width < WIDTH for drawing in drawings)
    classes = "figures narrow" if is_narrow else "figures"
    return element("div", *map(drawing_to_figure, drawings), class_=classes)


def fold(summary: str, *children: str | None) -> Markup:
    """Detail that is closed until somebody wants it (and open on paper)."""
    return element("details", element("summary", summary), *children)


def table_to_html(table: Table, styles: Styles) -> Markup:
    """A table that scrolls sideways on a narrow screen; nothing if it has no lines."""
    if not table.rows:
        return Markup("")
    head = [
        element("th", column.name, scope="col", class_="number" if column.is_number else None)
        for column in table.columns
    ]
    notes = table.notes or ("",) * len(table.rows)
    lines = [
        _line(table, cells, note, styles) for cells, note in zip(table.rows, notes, strict=True)
    ]
    inner = element(
        "table",
        element("caption", table.title),
        element("thead", element("tr", *head)),
        element("tbody", *lines),
        class_=None if table.is_by_system else "plain",
    )
    return concat(
        element("div", inner, class_="scroll", role="region", tabindex="0", aria_label=table.title),
        element("p", table.caption, class_="caption") if table.caption else None,
    )


def system_cell(name: str, styles: Styles) -> Markup:
    """The name of a system behind a patch of its colour."""
    if name not in styles:
        return concat(name)
    colour = f"background:{styles[name].variable}"
    return concat(element("span", class_="patch", style=colour, aria_hidden="true"), name)


def value_to_html(value: Any) -> Markup:
    """Plain data (as in JSON) as nested lists; markup stays as it is."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Mapping) and value:
        if not any(isinstance(inner, Mapping | list | tuple) for inner in value.values()):
            pairs = (f"{key} {_scalar(inner)}" for key, inner in value.items())
            return concat(" · ".join(pairs))
        return definitions(value)
    if isinstance(value, list | tuple) and value:
        if any(isinstance(inner, Mapping | list | tuple) for inner in value):
            return element("ol", *(element("li", value_to_html(inner)) for inner in value))
        return concat(", ".join(map(_scalar, value)))
    return concat(_scalar(value))


def definitions(values: Mapping[str, Any]) -> Markup:
    """Keys and values below each other."""
    pairs = (
        concat(element("dt", str(key)), element("dd", value_to_html(value)))
        for key, value in values.items()
    )
    return element("dl", *pairs) if values else Markup("")


def _line(table: Table, cells: Sequence[str], note: str, styles: Styles) -> Markup:
    first = system_cell(cells[0], styles) if table.is_by_system else concat(cells[0])
    heading = element(
        "th", first, element("span", note, class_="second") if note else None, scope="row"
    )
    data = [
        element("td", *_cell(cell), class_="number" if column.is_number else None)
        for cell, column in zip(cells[1:], table.columns[1:], strict=True)
    ]
    return element("tr", heading, *data)


def _cell(text: str) -> list[str]:
    first, *rest = text.split("\n")
    return [first, *(element("span", line, class_="second") for line in rest)]


def _scalar(value: Any) -> str:
    if value is None or value == {} or value == []:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def drawing_to_figure(drawing: Drawing) -> Markup:
    """A figure element; with a caption where the drawing could not hold its title."""
    caption = None if is_title_drawn(drawing) else element("figcaption", drawing.title)
    return element("figure", caption, inline_svg(drawing))


def inline_svg(drawing: Drawing) -> Markup:
    """The drawing as an ``svg`` element for a page of HTML."""
    root = ElementTree.fromstring(drawing.svg)
    # matplotlib gives ids to all groups; only those that something points to are needed.
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
        # Two figures of a page may have the same ids.
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
