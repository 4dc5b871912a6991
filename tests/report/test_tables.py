import re

import pytest
from rich.console import Console

from nerbridge.records import RunRecord
from nerbridge.report.formatting import format_f1, format_interval
from nerbridge.report.tables import (
    Table,
    cost_table,
    mistake_table,
    name_confusion,
    paired_table,
    record_to_markdown,
    result_table,
    seed_table,
    seen_table,
    table_to_markdown,
    table_to_rich,
    type_table,
)

BUILDERS = (
    result_table,
    paired_table,
    seed_table,
    type_table,
    mistake_table,
    seen_table,
    cost_table,
)


def cells_of(line: str) -> list[str]:
    """Cells of a line of a Markdown table, as a reader of Markdown splits them."""
    return re.split(r"(?<!\\)(?:\\\\)*\|", line.strip())[1:-1]


def test_the_result_table_holds_the_numbers_of_the_record(record: RunRecord) -> None:
    table = result_table(record)
    assert [cells[0] for cells in table.rows] == [row.name for row in record.systems]
    for row, cells in zip(record.systems, table.rows, strict=True):
        for summary, cell in ((row.f1_strict, cells[1]), (row.test_sets["village_news"], cells[2])):
            first, second = cell.split("\n")
            assert first.split(" ± ")[0] == format_f1(summary.mean)
            assert ("±" in first) == (summary.sd is not None)
            assert second == format_interval(summary.ci95)
        assert cells[3] == format_f1(row.f1_conll.mean)
        assert row.f1_leak_free is not None
        assert cells[4] == format_f1(row.f1_leak_free.mean)


def test_it_says_that_a_crf_is_one_draw(record: RunRecord) -> None:
    said = "its interval does not contain the choice of the sample"
    assert said in result_table(record).caption
    encoders = tuple(row for row in record.systems if row.stage != "crf")
    assert said not in result_table(record.model_copy(update={"systems": encoders})).caption


def test_every_comparison_of_the_record_is_in_the_paired_table(record: RunRecord) -> None:
    rows = paired_table(record).rows
    assert len(rows) == len(record.paired)
    for pair, cells in zip(record.paired, rows, strict=True):
        assert cells[0] == f"{pair.b} against {pair.a}"
        assert format_interval(pair.ci95) in cells[2]


def test_entities_add_up(record: RunRecord) -> None:
    for cells in mistake_table(record).rows:
        gold, predicted, correct, boundary, type_, both, missed, spurious = map(float, cells[1:])
        wrong = correct + boundary + type_ + both
        assert gold == pytest.approx(wrong + missed, abs=0.31)
        assert predicted == pytest.approx(wrong + spurious, abs=0.31)


def test_confusion_adds_up_to_the_gold_entities(record: RunRecord) -> None:
    for row in record.systems:
        names, counts = name_confusion(row)
        assert names[-1] == "O"
        n_gold = sum(result.test.n_gold for result in row.seeds) / len(row.seeds)
        assert sum(map(sum, counts[:-1])) == pytest.approx(n_gold)


@pytest.mark.parametrize("build", BUILDERS)
def test_markdown_keeps_its_columns_whatever_the_text(
    build: object, hostile_record: RunRecord
) -> None:
    table: Table = build(hostile_record)  # type: ignore[operator]
    lines = [line for line in table_to_markdown(table).splitlines() if line.startswith("|")]
    n_columns = len(table.columns) + bool(table.notes)
    assert len(lines) == len(table.rows) + 2
    assert {len(cells_of(line)) for line in lines} == {n_columns}


@pytest.mark.parametrize("build", BUILDERS)
def test_the_terminal_shows_text_and_no_markup(build: object, hostile_record: RunRecord) -> None:
    table: Table = build(hostile_record)  # type: ignore[operator]
    console = Console(width=400, record=True, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115
    console.print(table_to_rich(table))
    text = console.export_text()
    assert all(cells[0].split()[0] in text for cells in table.rows)
    assert "[red]" in text


def test_every_seed_of_every_row_that_has_several(record: RunRecord) -> None:
    table = seed_table(record)
    assert [cells[0] for cells in table.rows] == ["baseline", "transfer", "adapt"]
    for cells in table.rows:
        f1 = [result.test.f1_strict for result in record.system(cells[0]).seeds]
        assert list(cells[1:]) == [format_f1(value) for value in f1]


def test_table_md_begins_with_the_claim(record: RunRecord) -> None:
    text = record_to_markdown(record)
    assert text.startswith("# synthetic\n\nOn titles_as, the adapted model")
    assert text.endswith("\n")
    for row in record.systems:
        assert f"| {row.name} | {row.description} | {format_f1(row.f1_strict.mean)}" in text


def test_a_run_without_rows_has_empty_tables(record: RunRecord) -> None:
    empty = record.model_copy(update={"systems": (), "paired": ()})
    assert all(build(empty).rows == () for build in BUILDERS)
    assert "no result yet" in record_to_markdown(empty)
