from pathlib import Path

import pytest

from nerbridge.errors import InputError, RunError
from nerbridge.records import RunRecord, write_record
from nerbridge.report.comparison import compare_runs, describe_unlike, name_runs
from nerbridge.report.row_selection import read_runs


@pytest.fixture
def run(record: RunRecord, tmp_path: Path) -> Path:
    write_record(record, tmp_path / "record.json")
    return tmp_path


def test_runs_without_a_row_are_read_whole(run: Path, record: RunRecord) -> None:
    assert read_runs([run, run / "record.json"]) == [record, record]


def test_rows_of_other_names_are_paired_with_their_own_scores(run: Path, record: RunRecord) -> None:
    paths = [Path(f"{run}:crf_all"), Path(f"{run}:adapt")]
    comparison = compare_runs(name_runs(read_runs(paths), paths))
    assert list(comparison.runs) == [f"{record.name}:crf_all", f"{record.name}:adapt"]
    assert {pair.row for pair in comparison.pairs} == {"crf_all / adapt"}
    old, new = (record.row(name).f1_strict.mean for name in ("crf_all", "adapt"))
    assert comparison.pairs[0].difference == pytest.approx(new - old)
    assert record.row("crf_all").description in describe_unlike(comparison)[0]


def test_one_row_of_all_runs_keeps_its_name(run: Path) -> None:
    read = read_runs([Path(f"{run}:adapt"), Path(f"{run / 'record.json'}:adapt")])
    assert [[row.name for row in record.rows] for record in read] == [["adapt"], ["adapt"]]


def test_a_folder_with_a_colon_is_a_folder(record: RunRecord, tmp_path: Path) -> None:
    folder = tmp_path / "runs:adapt"
    folder.mkdir()
    write_record(record, folder / "record.json")
    assert read_runs([folder]) == [record]
    assert [row.name for row in read_runs([Path(f"{folder}:adapt")])[0].rows] == ["adapt"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((":adapt", ""), "found without a row, expected FOLDER:ROW"),
        ((":adapt", ":adpt"), "no row 'adpt' found, expected one of .*adapt"),
    ],
)
def test_what_cannot_be_picked_is_said(run: Path, rows: tuple[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_runs([Path(f"{run}{row}") for row in rows])


def test_a_row_of_no_run_is_a_run_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no record\.json found"):
        read_runs([Path(f"{tmp_path / 'nothing'}:adapt")] * 2)
