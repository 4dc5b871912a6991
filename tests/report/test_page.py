"""The whole report, as files."""

import itertools
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nerbridge.records import RunRecord, read_record
from nerbridge.report.drawing import LIGHT_SYSTEM_COLOURS
from nerbridge.report.formatting import format_f1
from nerbridge.report.page import render_report, write_report
from nerbridge.report.plots import GROUPS, draw_figures

LOADING = {"src", "srcset", "data", "action", "poster", "background"}
VOID = {"meta", "link", "br", "hr", "img"}


class Page(HTMLParser):
    """Tags, attributes and text; complains about elements that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, *names: str) -> list[str]:
        return [
            value or "" for _, attrs in self.tags for key, value in attrs.items() if key in names
        ]


@pytest.fixture(scope="module")
def report(record: RunRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(record, tmp_path_factory.mktemp("report")).parent


@pytest.fixture(scope="module")
def page(report: Path) -> Page:
    return Page((report / "index.html").read_text("utf-8"))


def test_its_head_says_of_what_its_time_is(page: Page) -> None:
    assert "45 min 12 s of training" in page.text


@pytest.fixture(scope="module")
def hostile_page(hostile_record: RunRecord) -> Page:
    return Page(render_report(hostile_record, draw_figures(hostile_record)))


def test_the_page_loads_nothing(page: Page, report: Path) -> None:
    assert not page.values(*LOADING)
    assert all(value.startswith("#") for value in page.values("href", "xlink:href"))
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    html = (report / "index.html").read_text("utf-8")
    assert "@import" not in html
    assert set(re.findall(r"url\(([^)]*)", html)) <= {f"#{id_}" for id_ in page.values("id")}


def test_every_id_is_there_once_and_every_link_leads_somewhere(page: Page) -> None:
    ids = Counter(page.values("id"))
    assert max(ids.values()) == 1
    assert {href.removeprefix("#") for href in page.values("href")} <= set(ids)


def test_headings_descend_one_step_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


def test_the_page_says_what_the_record_says(page: Page, record: RunRecord) -> None:
    for row in record.systems:
        assert row.description in page.text
        assert format_f1(row.f1_strict.mean) in page.text
        assert (
            row.errors[0].gold == ()
            or " ".join(
                row.errors[0].words[
                    row.errors[0].gold[0].start_word : row.errors[0].gold[0].end_word
                ]
            )
            in page.text
        )
    for told in (record.command, record.recipe_sha256, *record.notes, record.versions["torch"]):
        assert told in page.text
    for corpus in record.corpora:
        assert corpus.name in page.text
        assert corpus.sha256 in page.text


def test_figures_are_described_and_take_the_colours_of_the_page(page: Page) -> None:
    drawn = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert len(drawn) == 20
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in drawn)
    in_figures = " ".join(page.values("style", "fill", "stroke"))
    assert not [colour for colour in LIGHT_SYSTEM_COLOURS if colour in in_figures]


def test_no_figure_holds_a_script_matplotlib_cannot_shape(report: Path) -> None:
    for figure in (report / "figures").glob("*.svg"):
        assert max(map(ord, figure.read_text("utf-8"))) < 0x900, figure.name


def test_every_figure_is_there_as_svg_and_png(report: Path) -> None:
    figures = {path.name for path in (report / "figures").iterdir()}
    names = {name.rsplit(".", 1)[0] for name in figures}
    assert figures == {f"{name}.{kind}" for name in names for kind in ("svg", "png")}
    assert {"f1_test", "f1_village_news", "curves_adapt", "per_type", "fragmentation"} <= names
    assert {"confusion_adapt", "recall_by_length", "recall_seen"} <= names
    assert {"reliability_adapt-test", "thresholds_test", "thresholds_village_news"} <= names
    assert all(
        path.read_bytes().startswith(b"\x89PNG") for path in (report / "figures").glob("*.png")
    )


def test_the_record_comes_along_unchanged(report: Path, record: RunRecord) -> None:
    assert read_record(report) == record
    assert json.loads((report / "record.json").read_text("utf-8"))["schema"] == 2


def test_written_twice_every_byte_is_the_same(
    report: Path, record: RunRecord, tmp_path: Path
) -> None:
    write_report(record, tmp_path)
    files = sorted(path.relative_to(report) for path in report.rglob("*") if path.is_file())
    assert files == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    for file in files:
        assert (report / file).read_bytes() == (tmp_path / file).read_bytes(), file


def test_hostile_text_stays_text(hostile_page: Page) -> None:
    tags = {tag for tag, _ in hostile_page.tags}
    assert "script" not in tags
    assert not [name for _, attrs in hostile_page.tags for name in attrs if name.startswith("on")]
    assert hostile_page.text.count("<script>alert('x')</script>\"&$\\alpha$|[red]") > 20


def test_a_run_without_rows_still_has_a_page(record: RunRecord, tmp_path: Path) -> None:
    empty = record.model_copy(update={"systems": (), "paired": (), "corpora": (), "notes": ()})
    page = Page(write_report(empty, tmp_path).read_text("utf-8"))
    assert "no result yet" in page.text
    assert all(not drawings for drawings in draw_figures(empty).values())


def test_what_a_record_lacks_is_left_out(record: RunRecord) -> None:
    row = record.system("adapt")
    seed = row.seeds[0]
    bare = seed.model_copy(
        update={
            "training": None,
            "manifest": {},
            "test_sets": {},
            "calibration": {},
            "test": type(seed.test)(
                **{
                    **{name: getattr(seed.test, name) for name in seed.test.__slots__},
                    "recall_seen": None,
                    "recall_unseen": None,
                    "n_seen": None,
                    "n_unseen": None,
                    "f1_leak_free": None,
                    "n_leaked": None,
                }
            ),
        }
    )
    update = {"seeds": (bare,), "errors": (), "test_sets": {}, "f1_leak_free": None}
    corpora = tuple(
        c.model_copy(update={"audit": {}, "subwords_per_word": {}}) for c in record.corpora
    )
    lacking = record.model_copy(
        update={"systems": (row.model_copy(update=update),), "paired": (), "corpora": corpora}
    )
    drawn = draw_figures(lacking)
    assert {group for group in GROUPS if drawn[group]} == {"f1", "types", "confusion", "mentions"}
    page = Page(render_report(lacking, drawn))
    assert "Nobody looked for test sentences" in page.text
    assert "None" not in page.text
    assert "#scores" not in page.values("href")
