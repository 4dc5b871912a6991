"""Tables about scores: numbers are those of the record, a system without scores has no line."""

from __future__ import annotations

import pytest

from nerbridge.evaluation.calibration import pool_bins
from nerbridge.records import RunRecord, SeedResult, System
from nerbridge.report.formatting import format_count, format_f1
from nerbridge.report.score_tables import (
    calibration_table,
    calibrations,
    pooled_curve,
    scored_system,
    scored_tests,
    threshold_table,
)


def without(row: System, *tests: str) -> System:
    """A row without the calibration on some test sets."""

    def strip(seed: SeedResult) -> SeedResult:
        kept = {name: one for name, one in seed.calibration.items() if name not in tests}
        return seed.model_copy(update={"calibration": kept})

    return row.model_copy(update={"seeds": tuple(map(strip, row.seeds))})


def test_every_system_with_scores_has_a_line_per_test_set(record: RunRecord) -> None:
    table = calibration_table(record)
    pairs = [(row[0], note) for row, note in zip(table.rows, table.notes, strict=True)]
    assert pairs == [
        (row, f"on {test}")
        for row in ("baseline", "transfer", "adapt")
        for test in ("titles_as", "village_news")
    ]
    found = calibrations(record.system("adapt"), "test")
    line = next(row for row in table.rows if row[0] == "adapt")
    mean = sum(one.ece_after or 0 for one in found) / len(found)
    assert format_f1(mean) == line[4]
    assert line[2].startswith(f"{sum(one.temperature for one in found) / 5:.2f}\n")
    assert line[2].endswith(f"{found[0].temperature:.2f} to {found[-1].temperature:.2f}")
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_thresholds_are_of_all_seeds_together(record: RunRecord) -> None:
    table = threshold_table(record)
    found = calibrations(record.system("adapt"), "test")
    assert table.rows[0][0] == "0.00"
    assert table.rows[0][1] == format_count(sum(one.n_entities for one in found))
    at_half = next(row for row in table.rows if row[0] == "0.50")
    kept = [one.thresholds[10] for one in found]
    n_kept, n_right = (sum(getattr(p, n) for p in kept) for n in ("n_predicted", "n_correct"))
    assert at_half[1:3] == (format_count(n_kept), format_f1(n_right / n_kept))
    assert at_half[3] == format_f1(n_right / sum(one.n_gold for one in found))
    assert pooled_curve(found)[10].n_predicted == n_kept
    assert sum(bin_.n for bin_ in pool_bins(one.bins_after for one in found)) == sum(
        one.n_entities for one in found
    )


def test_the_main_row_is_shown_or_the_last_that_has_scores(record: RunRecord) -> None:
    def row_of(*without_scores: str) -> str | None:
        rows = tuple(
            without(row, "test", "village_news") if row.name in without_scores else row
            for row in record.systems
        )
        found = scored_system(record.model_copy(update={"systems": rows}))
        return None if found is None else found.name

    assert row_of() == "adapt"
    assert row_of("adapt") == "transfer"
    assert row_of("adapt", "transfer", "baseline") is None


def test_a_test_set_without_scores_is_left_out(record: RunRecord) -> None:
    assert scored_tests(record, record.system("adapt")) == ["test", "village_news"]
    assert scored_tests(record, without(record.system("adapt"), "village_news")) == ["test"]
    assert scored_tests(record, record.system("crf_all")) == []


@pytest.mark.parametrize("build", [calibration_table, threshold_table])
def test_a_record_of_before_gives_tables_without_lines(build, record: RunRecord) -> None:  # type: ignore[no-untyped-def]
    rows = tuple(without(row, "test", "village_news") for row in record.systems)
    assert build(record.model_copy(update={"systems": rows})).rows == ()
