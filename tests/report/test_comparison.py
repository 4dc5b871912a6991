from pathlib import Path

import pytest

from nerbridge.errors import InputError, RunError
from nerbridge.evaluation.resampling import mean_f1
from nerbridge.records import RunRecord, write_record
from nerbridge.report.comparison import (
    Comparison,
    compare_runs,
    comparison_tables,
    comparison_to_dict,
    describe_limits,
    describe_unlike,
    describe_unpaired,
    name_runs,
    read_runs,
)
from nerbridge.report.comparison_page import write_comparison


def keep(record: RunRecord, *names: str) -> RunRecord:
    """The same run with some of its rows."""
    rows = tuple(row for row in record.systems if row.name in names)
    return record.model_copy(update={"systems": rows})


@pytest.fixture(scope="module")
def comparison(record: RunRecord, better_record: RunRecord) -> Comparison:
    rows = ("crf_all", "adapt")
    return compare_runs({"old": keep(record, *rows), "new": keep(better_record, *rows)})


def test_a_run_and_itself_cannot_be_told_apart(record: RunRecord) -> None:
    adapted = keep(record, "adapt")
    for pair in compare_runs({"a": adapted, "b": adapted}).pairs:
        assert pair.difference == 0
        assert pair.p == pair.p_randomisation == 1


def test_the_difference_is_the_second_run_minus_the_first(
    comparison: Comparison, record: RunRecord, better_record: RunRecord
) -> None:
    assert [(pair.system, pair.test_set) for pair in comparison.pairs] == [
        (row, test) for row in ("crf_all", "adapt") for test in ("test", "village_news")
    ]
    for pair in comparison.pairs:
        old, new = (run.system(pair.system) for run in (record, better_record))
        means = (
            row.f1_strict.mean if pair.test_set == "test" else row.test_sets[pair.test_set].mean
            for row in (new, old)
        )
        assert pair.difference == pytest.approx(next(means) - next(means))
        assert pair.ci95[0] <= pair.difference <= pair.ci95[1]


def test_rows_of_one_name_that_are_not_alike_are_told(
    comparison: Comparison, record: RunRecord
) -> None:
    assert describe_limits(comparison) == []
    row = record.system("adapt").model_copy(update={"description": "made in another way"})
    other = compare_runs(
        {**comparison.runs, "other": record.model_copy(update={"systems": (row,)})}
    )
    old = record.system("adapt").description
    assert describe_limits(other) == [
        f"adapt is not the same in all runs. old, new: {old}; other: made in another way."
    ]


def test_the_order_of_seeds_does_not_matter(comparison: Comparison, record: RunRecord) -> None:
    row = record.system("adapt")
    turned = row.model_copy(update={"seeds": row.seeds[::-1]})
    new = comparison.runs["new"]
    again = compare_runs({"old": record.model_copy(update={"systems": (turned,)}), "new": new})
    assert again.pairs == comparison.pairs[2:]


def test_other_corpora_are_not_paired_and_that_is_said(record: RunRecord) -> None:
    adapted = keep(record, "adapt")
    corpora = tuple(
        corpus.model_copy(update={"sha256": "0" * 64}) if corpus.role == "target" else corpus
        for corpus in record.corpora
    )
    other = adapted.model_copy(update={"corpora": corpora})
    comparison = compare_runs({"a": adapted, "b": other})
    assert [pair.test_set for pair in comparison.pairs] == ["village_news"]
    assert describe_unpaired(comparison) == [
        "Not paired on test, a and b (adapt): the corpora differ."
    ]


def test_a_further_test_set_may_be_called_otherwise_than_its_corpus(record: RunRecord) -> None:
    corpora = tuple(
        corpus.model_copy(update={"name": "folder"}) if corpus.role == "test_set" else corpus
        for corpus in record.corpora
    )
    renamed = keep(record, "adapt").model_copy(update={"corpora": corpora})
    comparison = compare_runs({"a": keep(record, "adapt"), "b": renamed})
    assert [pair.test_set for pair in comparison.pairs] == ["test", "village_news"]


def test_different_splits_of_a_corpus_are_not_paired(record: RunRecord) -> None:
    def scored_on(split: str) -> RunRecord:
        recipe = {"test_sets": [{"name": "village_news", "split": split}]}
        return keep(record, "adapt").model_copy(update={"recipe": recipe})

    comparison = compare_runs({"a": scored_on("validation"), "b": scored_on("test")})
    assert [pair.test_set for pair in comparison.pairs] == ["test"]
    assert describe_unpaired(comparison) == [
        "Not paired on village_news, a and b (adapt): other sentences were scored, validation and "
        "test of the corpus."
    ]
    of_before = keep(record, "adapt")
    assert len(compare_runs({"a": of_before, "b": scored_on("test")}).pairs) == 2


def test_validation_is_paired_with_no_test(record: RunRecord) -> None:
    adapted = keep(record, "adapt")
    developed = adapted.model_copy(update={"recipe": {"target": {"split": "validation"}}})
    unpaired = compare_runs({"a": developed, "b": adapted}).unpaired
    assert [(pair.test_set, pair.why) for pair in unpaired] == [
        ("test", "other sentences were scored, validation and test of the corpus")
    ]
    assert len(compare_runs({"a": developed, "b": developed}).pairs) == 2


def test_test_sets_of_different_size_are_not_paired(record: RunRecord) -> None:
    adapted = keep(record, "adapt")
    row = adapted.systems[0]
    swapped = tuple(
        seed.model_copy(update={"test": seed.test_sets["village_news"]}) for seed in row.seeds
    )
    other = adapted.model_copy(update={"systems": (row.model_copy(update={"seeds": swapped}),)})
    unpaired = compare_runs({"a": adapted, "b": other}).unpaired
    assert [(pair.test_set, pair.why) for pair in unpaired] == [
        ("test", "the test sets differ in size")
    ]


def test_every_row_and_run_is_in_the_tables(
    comparison: Comparison, record: RunRecord, better_record: RunRecord
) -> None:
    test, also, pairs = comparison_tables(comparison)
    assert [column.name for column in test.columns] == ["system", "old", "new"]
    for cells in test.rows:
        for cell, run in zip(cells[1:], (record, better_record), strict=True):
            assert cell.startswith(f"{run.system(cells[0]).f1_strict.mean:.3f}")
    assert len(also.rows) == 2
    assert len(pairs.rows) == len(comparison.pairs)


def test_the_scores_of_the_fixture_are_those_of_its_counts(record: RunRecord) -> None:
    import numpy as np

    row = record.system("adapt")
    counts = np.array([result.test.counts for result in row.seeds])
    assert row.f1_strict.mean == pytest.approx(mean_f1(counts))


def test_one_run_is_too_few(record: RunRecord) -> None:
    with pytest.raises(InputError, match="found 1 run, expected at least two"):
        compare_runs({"a": record})


def test_runs_of_one_name_are_told_apart_by_their_paths(record: RunRecord) -> None:
    named = name_runs([record, record], [Path("runs/a"), Path("runs/b")])
    assert list(named) == ["runs/a", "runs/b"]
    with pytest.raises(InputError, match="runs/a: found twice"):
        name_runs([record, record], [Path("runs/a"), Path("runs/a")])


def test_the_comparison_is_written_as_a_page(comparison: Comparison, tmp_path: Path) -> None:
    page = write_comparison(comparison, tmp_path / "out").read_text("utf-8")
    assert page.count("<svg") == 2
    assert "new is better" in page
    assert (tmp_path / "out" / "compare.md").read_text("utf-8").startswith("# old · new")
    assert (tmp_path / "out" / "figures" / "f1_test.png").stat().st_size > 1000
    assert comparison_to_dict(comparison)["paired"][0]["system"] == "crf_all"


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
    assert {pair.system for pair in comparison.pairs} == {"crf_all / adapt"}
    old, new = (record.system(name).f1_strict.mean for name in ("crf_all", "adapt"))
    assert comparison.pairs[0].difference == pytest.approx(new - old)
    assert record.system("crf_all").description in describe_unlike(comparison)[0]


def test_one_row_of_all_runs_keeps_its_name(run: Path) -> None:
    read = read_runs([Path(f"{run}:adapt"), Path(f"{run / 'record.json'}:adapt")])
    assert [[row.name for row in record.systems] for record in read] == [["adapt"], ["adapt"]]


def test_a_folder_with_a_colon_is_a_folder(record: RunRecord, tmp_path: Path) -> None:
    folder = tmp_path / "runs:adapt"
    folder.mkdir()
    write_record(record, folder / "record.json")
    assert read_runs([folder]) == [record]
    assert [row.name for row in read_runs([Path(f"{folder}:adapt")])[0].systems] == ["adapt"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((":adapt", ""), "found without a system, expected FOLDER:SYSTEM"),
        ((":adapt", ":adpt"), "no system 'adpt' found, expected one of .*adapt"),
    ],
)
def test_what_cannot_be_picked_is_said(run: Path, rows: tuple[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_runs([Path(f"{run}{row}") for row in rows])


def test_a_row_of_no_run_is_a_run_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no record\.json found"):
        read_runs([Path(f"{tmp_path / 'nothing'}:adapt")] * 2)
