"""Tables about the scores of single entities: are they true, and what a threshold costs."""

from __future__ import annotations

from collections.abc import Callable

from nerbridge.evaluation.calibration import Calibration, ThresholdPoint, pool_thresholds
from nerbridge.records import RunRecord, System
from nerbridge.report.formatting import MISSING, format_count, format_f1
from nerbridge.report.narrative import main_system, name_test
from nerbridge.report.tables import Column, Table, describe_seeds, further_tests, mean_of

SHOWN_THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


def calibrations(system: System, test: str) -> list[Calibration]:
    """What is known about the scores of a system on a test set, seed by seed."""
    return [seed.calibration[test] for seed in system.seeds if test in seed.calibration]


def finds_any(system: System, test: str) -> bool:
    """Whether a system scores its entities and found any on a test set."""
    return any(one.n_entities for one in calibrations(system, test))


def scored_system(record: RunRecord) -> System | None:
    """The main system if it scores its entities, else the last system that does."""
    main = main_system(record)
    scoring = [system for system in record.systems if finds_any(system, "test")]
    return main if main in scoring else next(reversed(scoring), None)


def scored_tests(record: RunRecord, system: System) -> list[str]:
    """The test sets on which a system found and scored entities, the recipe's own first."""
    return [test for test in ("test", *further_tests(record)) if finds_any(system, test)]


def pooled_curve(found: list[Calibration]) -> tuple[ThresholdPoint, ...]:
    """Precision and recall by threshold of all seeds together."""
    return pool_thresholds([one.thresholds for one in found], sum(one.n_gold for one in found))


def calibration_table(record: RunRecord) -> Table:
    """Calibration error of every system on every test set, before and after."""
    pairs = [(system, test) for system in record.systems for test in scored_tests(record, system)]
    found = [calibrations(system, test) for system, test in pairs]
    return Table(
        "How far scores can be trusted",
        "Expected calibration error: by how much the score of an entity and the share of right "
        "ones among its like differ, in ten bins; as the model gives the scores, then divided by "
        "its temperature. By chance: what it would be for these entities if the scores were exact. "
        "Brier score: mean squared error of a score, 0 is best. Means over "
        f"{describe_seeds(record)}; below the temperature its range.",
        (
            Column("system", is_number=False),
            Column("entities"),
            Column("temperature"),
            Column("error as given"),
            Column("calibrated"),
            Column("by chance"),
            Column("Brier as given"),
            Column("calibrated"),
        ),
        tuple(
            (system.name, *_calibration_cells(of_pair))
            for (system, _), of_pair in zip(pairs, found, strict=True)
        ),
        tuple(f"on {name_test(record, test)}" for _, test in pairs),
        "test set",
    )


def _calibration_cells(found: list[Calibration]) -> tuple[str, ...]:
    columns: tuple[Callable[[Calibration], float | None], ...] = (
        lambda one: one.ece_before,
        lambda one: one.ece_after,
        lambda one: one.ece_of_exact,
        lambda one: one.brier_before,
        lambda one: one.brier_after,
    )
    return (
        format_count(mean_of(found, lambda one: one.n_entities)),
        _format_temperatures([one.temperature for one in found]),
        *(format_f1(mean_of(found, get)) for get in columns),
    )


def _format_temperatures(values: list[float]) -> str:
    mean = f"{sum(values) / len(values):.2f}"
    if len(values) == 1:
        return mean
    return f"{mean}\n{min(values):.2f} to {max(values):.2f}"


def threshold_table(record: RunRecord) -> Table:
    """What ``--min-score`` does to the main system."""
    system = scored_system(record)
    tests = [] if system is None else scored_tests(record, system)
    name = MISSING if system is None else system.name
    curves = [] if system is None else [pooled_curve(calibrations(system, test)) for test in tests]
    names = [name_test(record, test) for test in tests]
    return Table(
        f"What --min-score does to {name}",
        "Only entities with at least this score are kept: the kept ones are right more often, and "
        f"more are missed. All entities of {describe_seeds(record)}.",
        (
            Column("--min-score", is_number=False),
            *(
                Column(f"{what}, {test}")
                for test in names
                for what in ("kept", "precision", "recall", "F1")
            ),
        ),
        tuple(
            (f"{points[0].min_score:.2f}", *(cell for p in points for cell in _point_cells(p)))
            for points in zip(*curves, strict=True)
            if points[0].min_score in SHOWN_THRESHOLDS
        ),
        is_by_system=False,
    )


def _point_cells(point: ThresholdPoint) -> tuple[str, ...]:
    precision = format_f1(point.precision) if point.n_predicted else MISSING
    return (
        format_count(point.n_predicted), precision, format_f1(point.recall), format_f1(point.f1)
    )  # fmt: skip
