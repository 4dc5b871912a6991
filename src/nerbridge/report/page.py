"""The report of a run: one self-contained page, its figures, its table, its record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

from nerbridge.files import write_bytes, write_text
from nerbridge.markup import Markup, concat, concat_all, element, make_page
from nerbridge.records import RunRecord, write_record
from nerbridge.report import sections
from nerbridge.report.drawing import Drawing, style_systems
from nerbridge.report.plots import draw_figures
from nerbridge.report.tables import record_to_markdown

CONTENTS = (
    ("results", "Results"),
    ("training", "Training"),
    ("breakdown", "Right and wrong"),
    ("scores", "Scores"),
    ("errors", "Errors"),
    ("data", "Data"),
    ("origin", "How it was made"),
)


def write_report(record: RunRecord, folder: Path) -> Path:
    """Write ``index.html``, ``table.md``, ``record.json`` and ``figures/`` into ``folder``.

    The same record gives the same bytes. Figures of the same names are replaced.

    Returns:
        The path of ``index.html``.

    Raises:
        EnvironmentProblem: matplotlib is missing.
    """
    drawn = draw_figures(record)
    write_drawings([drawing for group in drawn.values() for drawing in group], folder / "figures")
    write_text(folder / "table.md", record_to_markdown(record))
    write_record(record, folder / "record.json")
    page = folder / "index.html"
    write_text(page, render_report(record, drawn))
    return page


def render_report(record: RunRecord, drawn: sections.Figures) -> str:
    """The page as HTML."""
    styles = style_systems([system.name for system in record.systems])
    parts = {
        "results": sections.results(record, drawn, styles),
        "training": sections.training(record, drawn, styles),
        "breakdown": sections.breakdown(record, drawn, styles),
        "scores": sections.scores(record, drawn, styles),
        "errors": sections.errors(record, styles),
        "data": sections.data(record, drawn, styles),
        "origin": sections.origin(record, styles),
    }
    contents = [(id_, title) for id_, title in CONTENTS if parts[id_]]
    body = concat(sections.header(record), *parts.values())
    return render_page(f"{record.name}: nerbridge report", contents, body)


def render_page(title: str, contents: Sequence[tuple[str, str]], body: Markup) -> str:
    """A page with everything in it: no script, nothing loaded from elsewhere."""
    links = (element("li", element("a", name, href=f"#{id_}")) for id_, name in contents)
    navigation = element("nav", element("ul", concat_all(links)), aria_label="Contents")
    style = files("nerbridge.report").joinpath("page.css").read_text("utf-8")
    return make_page(title, style, navigation, element("main", body))


def write_drawings(drawings: Iterable[Drawing], folder: Path) -> None:
    """Write every drawing as SVG and PNG."""
    for drawing in drawings:
        write_text(folder / f"{drawing.name}.svg", drawing.svg)
        write_bytes(folder / f"{drawing.name}.png", drawing.png)
