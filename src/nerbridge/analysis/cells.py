"""Pieces of the report: tables and their cells, names, days, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from nerbridge.analysis.tables import EntityRow
from nerbridge.markup import Markup, concat, concat_all, element
from nerbridge.tagging.marked import show_controls

_TYPE_NAMES = {"PER": "People", "LOC": "Places", "ORG": "Organisations"}


def make_table(heads: Sequence[str], rows: Sequence[Sequence[Markup]]) -> Markup:
    """A table with a head; it scrolls on its own where it is too wide."""
    head = concat_all(element("th", name, scope="col") for name in heads)
    body = concat_all(element("tr", *cells) for cells in rows)
    table = element("table", element("thead", element("tr", head)), element("tbody", body))
    return element("div", table, class_="wide", tabindex="0")


def variants_cell(variants: Sequence[tuple[str, int, str]], language: str) -> Markup:
    """The first spellings with their mentions."""
    listed = concat_all(
        (
            concat(foreign(text, language), element("small", f" {n:,}"))
            for text, n, _ in variants[:12]
        ),
        ", ",
    )
    more = f" and {len(variants) - 12} more" if len(variants) > 12 else None
    return element("td", listed, more, class_="forms")


def number_cell(value: float | None, text: str | None = None) -> Markup:
    """A number that sorts by its value; a dash for none."""
    if value is None:
        return element("td", "–", class_="number")
    return element(
        "td", text if text is not None else f"{value:,}", class_="number", data_value=f"{value:.9g}"
    )


def ratio_cell(row: EntityRow) -> Markup:
    """How the share changed, with its interval."""
    if row.ratio is None or row.ratio_low is None or row.ratio_high is None:
        return number_cell(None)
    interval = element("small", f" {row.ratio_low:.1f}–{row.ratio_high:.1f}")
    value = f"{row.ratio:.9g}"
    return element("td", f"{row.ratio:.1f}", interval, class_="number", data_value=value)


def day_cell(day: date | None) -> Markup:
    """A day that sorts by time."""
    if day is None:
        return number_cell(None)
    return element("td", say_day(day), class_="number", data_value=str(day.toordinal()))


def say_chance(value: float | None) -> str | None:
    """A probability, not below what anybody would read."""
    if value is None:
        return None
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def say_day(day: date) -> str:
    """A day in words.

    >>> say_day(date(2026, 2, 5))
    '5 Feb 2026'
    """
    return f"{day.day} {day:%b %Y}"


def name_type(type_: str) -> str:
    """What a type is called in headings."""
    return _TYPE_NAMES.get(type_, type_)


def foreign(text: str, language: str) -> Markup:
    """Text of the articles: its own language, its own direction."""
    return element("bdi", show_controls(text), lang=language)
