"""The comparison of several runs as a page of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from nerbridge.files import write_text
from nerbridge.markup import concat, concat_all, element
from nerbridge.report.blocks import bullets, figures, section, table_to_html
from nerbridge.report.comparison import (
    Comparison,
    comparison_tables,
    comparison_to_dict,
    comparison_to_markdown,
    describe_limits,
    list_systems,
    list_tests,
)
from nerbridge.report.drawing import Drawing, SystemStyle, label_all, slug_all, style_systems
from nerbridge.report.narrative import name_test
from nerbridge.report.page import render_page, write_drawings
from nerbridge.report.plots import Dot, dot_of, draw_dots, limits_of


def write_comparison(comparison: Comparison, folder: Path) -> Path:
    """Write ``index.html``, ``compare.md``, ``compare.json`` and ``figures/`` into ``folder``.

    Returns:
        The path of ``index.html``.
    """
    drawings = draw_comparison(comparison)
    write_drawings(drawings, folder / "figures")
    facts = json.dumps(comparison_to_dict(comparison), ensure_ascii=False, indent=1)
    write_text(folder / "compare.json", f"{facts}\n")
    write_text(folder / "compare.md", comparison_to_markdown(comparison))
    page = folder / "index.html"
    write_text(page, _render(comparison, drawings))
    return page


def draw_comparison(comparison: Comparison) -> list[Drawing]:
    """Strict F1 of every system in every run: a figure per test set, one scale."""
    tests = list_tests(comparison)
    styles = style_systems(list_systems(comparison))
    dots = {test: list(_dots(comparison, test, styles)) for test in tests}
    # One scale for all test sets, so that figures can be compared by eye.
    limits = limits_of([dot for of_test in dots.values() for dot in of_test])
    slugs = slug_all(tests)
    first = next(iter(comparison.runs.values()))
    return [
        draw_dots(f"f1_{slugs[test]}", f"Strict F1 on {name_test(first, test)}", found, limits)
        for test, found in dots.items()
    ]


def _dots(comparison: Comparison, test: str, styles: dict[str, SystemStyle]) -> Iterator[Dot]:
    """The runs of one system below each other, then the next system."""
    labels = label_all(comparison.runs, "run")
    for name, style in styles.items():
        for run, record in comparison.runs.items():
            label = f"{style.label}, {labels[run]}" if len(styles) > 1 else labels[run]
            for system in record.systems:
                if system.name == name:
                    dot = dot_of(system, test, label, style)
                    if dot is not None:
                        yield dot


def _render(comparison: Comparison, drawings: list[Drawing]) -> str:
    styles = style_systems(list_systems(comparison))
    *scores, pairs = comparison_tables(comparison)
    title = " and ".join(comparison.runs)
    limits = bullets(describe_limits(comparison))
    body = concat(
        element("header", element("p", "nerbridge compare", class_="facts"), element("h1", title)),
        section(
            "scores",
            "Scores",
            concat_all(table_to_html(table, styles) for table in scores),
            figures(drawings),
        ),
        section("differences", "Differences", table_to_html(pairs, styles), limits),
    )
    contents = [("scores", "Scores"), ("differences", "Differences")]
    return render_page(f"{title}: nerbridge compare", contents, body)
