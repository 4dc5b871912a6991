"""The figures of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nerbridge.models.manifest import CurvePoint, Training
from nerbridge.records import RunRecord, Summary, System
from nerbridge.report.breakdown_plots import (
    draw_confusion,
    draw_lengths,
    draw_seen,
    draw_types,
)
from nerbridge.report.drawing import (
    GRID,
    MUTED,
    NARROW,
    Drawing,
    SystemStyle,
    draw,
    label_all,
    label_ends,
    label_rows,
    row_height,
    slug_all,
    style_systems,
)
from nerbridge.report.formatting import format_f1
from nerbridge.report.narrative import name_test
from nerbridge.report.score_plots import draw_reliability, draw_thresholds
from nerbridge.report.tables import further_tests, trainings

GROUPS = (
    *("f1", "curves", "types", "confusion", "mentions", "reliability", "thresholds"),
    "fragmentation",
)


def draw_figures(record: RunRecord) -> dict[str, list[Drawing]]:
    """All figures by what they are about (:data:`GROUPS`); a group may be empty."""
    styles = style_systems([system.name for system in record.systems])
    if not record.systems:
        return {key: [] for key in GROUPS}
    return {
        "f1": draw_f1(record, styles),
        "curves": draw_curves(record, styles),
        "types": draw_types(record, styles),
        "confusion": draw_confusion(record),
        "mentions": [*draw_lengths(record, styles), *draw_seen(record, styles)],
        "reliability": draw_reliability(record, styles),
        "thresholds": draw_thresholds(record, styles),
        "fragmentation": draw_fragmentation(record),
    }


@dataclass(frozen=True, slots=True)
class Dot:
    """One line of a figure of intervals."""

    label: str
    style: SystemStyle
    summary: Summary
    seeds: tuple[float, ...]


def draw_f1(record: RunRecord, styles: dict[str, SystemStyle]) -> list[Drawing]:
    """Strict F1 of every system with interval and seeds: a figure per test set, one scale."""
    tests = ["test", *further_tests(record)]
    dots = {test: _dots_of(record, test, styles) for test in tests}
    limits = limits_of([dot for of_test in dots.values() for dot in of_test])
    slugs = slug_all(tests)
    return [
        draw_dots(
            f"f1_{slugs[test]}", f"Strict F1 on {name_test(record, test)}", dots[test], limits
        )
        for test in tests
    ]


def dot_of(system: System, test: str, label: str, style: SystemStyle) -> Dot | None:
    """A system on a test set; None if it was not scored on it."""
    summary = system.f1_strict if test == "test" else system.test_sets.get(test)
    if summary is None:
        return None
    scores = [
        result.test if test == "test" else result.test_sets.get(test) for result in system.seeds
    ]
    return Dot(label, style, summary, tuple(score.f1_strict for score in scores if score))


def draw_dots(name: str, title: str, dots: Sequence[Dot], limits: tuple[float, float]) -> Drawing:
    """Means with their 95 % intervals, seeds as small points."""
    alt = "; ".join(
        f"{dot.label} {format_f1(dot.summary.mean)} "
        f"({format_f1(dot.summary.ci95[0])} to {format_f1(dot.summary.ci95[1])})"
        for dot in dots
    )
    paint = partial(_paint_dots, dots, limits)
    return draw(
        name, title, f"{title}, mean and 95 % interval: {alt}.", row_height(len(dots)), paint
    )


def limits_of(dots: Sequence[Dot]) -> tuple[float, float]:
    """A scale wide enough for every interval and seed."""
    values = [v for dot in dots for v in (*dot.summary.ci95, dot.summary.mean, *dot.seeds)]
    if not values:
        return 0.0, 1.0
    return max(-0.02, min(values) - 0.04), min(1.02, max(values) + 0.04)


def _dots_of(record: RunRecord, test: str, styles: dict[str, SystemStyle]) -> list[Dot]:
    dots = (
        dot_of(system, test, styles[system.name].label, styles[system.name])
        for system in record.systems
    )
    return [dot for dot in dots if dot is not None]


def _paint_dots(dots: Sequence[Dot], limits: tuple[float, float], figure: Figure) -> None:
    axes = figure.subplots()
    for y, dot in enumerate(dots):
        colour, mean = dot.style.colour, dot.summary.mean
        axes.plot(dot.summary.ci95, (y, y), color=colour, linewidth=2, solid_capstyle="round")
        axes.plot(mean, y, dot.style.mark, color=colour, markersize=7)
        axes.annotate(
            format_f1(mean),
            (mean, y),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            weight="bold",
        )
        # A single seed is the mean itself.
        if len(dot.seeds) > 1:
            axes.plot(dot.seeds, [y + 0.27] * len(dot.seeds), "o", color=colour, markersize=2.2)
    label_rows(axes, [dot.label for dot in dots])
    axes.set_ylim(len(dots) - 0.45, -0.75)
    axes.set_xlim(limits)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.grid(True)
    axes.set_axisbelow(True)
    axes.set_xlabel("strict F1 with 95 % interval; points: seeds", loc="right")


def draw_curves(record: RunRecord, styles: dict[str, SystemStyle]) -> list[Drawing]:
    """Loss and F1 by epoch, every seed: a figure per trained system."""
    slugs = slug_all(system.name for system in record.systems)
    systems = [system for system in record.systems if any(cost.curve for cost in trainings(system))]
    # One scale for all systems, so that their curves can be compared by eye.
    top = 1.05 * max(
        (
            score or 0.0
            for system in systems
            for point in _points(system)
            for score in (point.train_f1, point.validation_f1)
        ),
        default=1,
    )
    return [
        draw(
            f"curves_{slugs[system.name]}",
            f"Training of {system.name}",
            f"Loss and F1 of {system.name} on training and validation sentences by epoch, a line "
            f"for each of {len(system.seeds)} seeds.",
            3.5,
            partial(_paint_curves, trainings(system), styles[system.name].colour, max(top, 0.1)),
            NARROW,
        )
        for system in systems
    ]


def _points(system: System) -> list[CurvePoint]:
    return [point for cost in trainings(system) for point in cost.curve]


def _paint_curves(costs: Sequence[Training], colour: str, top: float, figure: Figure) -> None:
    loss, f1 = figure.subplots(2, 1, sharex=True)
    ends = [
        _plot_curves(loss, costs, lambda point: point.train_loss, MUTED, "--"),
        _plot_curves(loss, costs, lambda point: point.validation_loss, colour, "-"),
    ]
    f1_ends = [
        _plot_curves(f1, costs, lambda point: point.train_f1, MUTED, "--"),
        _plot_curves(f1, costs, lambda point: point.validation_f1, colour, "-"),
    ]
    for cost in costs:
        best = [point for point in cost.curve if point.epoch == cost.best_epoch]
        kept = [point.validation_f1 for point in best if point.validation_f1 is not None]
        f1.plot([cost.best_epoch] * len(kept), kept, "o", color=colour, markersize=4)
    loss.set_ylim(bottom=0)
    for axes, found in ((loss, ends), (f1, f1_ends)):
        label_ends(axes, found, ("training", "validation"), (MUTED, colour))
    loss.set_title("loss")
    f1.set_title("F1 (points: epoch kept)")
    f1.set_ylim(0, top)
    f1.set_xlim(left=0)
    f1.set_xlabel("epoch")
    f1.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    for axes in (loss, f1):
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.grid(True)
        axes.tick_params(axis="y", labelcolor=MUTED, labelsize=8)


def _plot_curves(
    axes: Axes,
    costs: Sequence[Training],
    get: Callable[[CurvePoint], float | None],
    colour: str,
    line: str,
) -> tuple[float, float] | None:
    """One thin line per seed; where they end on average, or None without a point."""
    ends: list[tuple[float, float]] = []
    for cost in costs:
        points = [(point.epoch, y) for point in cost.curve if (y := get(point)) is not None]
        if points:
            axes.plot(*zip(*points, strict=True), line, color=colour, linewidth=1.1, alpha=0.75)
            ends.append(points[-1])
    if not ends:
        return None
    return max(x for x, _ in ends), sum(y for _, y in ends) / len(ends)


def draw_fragmentation(record: RunRecord) -> list[Drawing]:
    """Subwords per word of every corpus, in its first split."""
    values = {
        corpus.name: next(iter(corpus.subwords_per_word.values()))
        for corpus in record.corpora
        if corpus.subwords_per_word
    }
    if not values:
        return []
    alt = "Subwords per word: " + "; ".join(f"{name} {n:.2f}" for name, n in values.items())
    paint = partial(_paint_fragmentation, values)
    height = 0.55 + 0.26 * len(values)
    return [draw("fragmentation", "Subwords per word", f"{alt}.", height, paint)]


def _paint_fragmentation(values: dict[str, float], figure: Figure) -> None:
    axes = figure.subplots()
    for y, value in enumerate(values.values()):
        axes.barh(y, value, height=0.6, color=MUTED)
        axes.annotate(
            f"{value:.2f}", (value, y), xytext=(4, 0), textcoords="offset points", va="center"
        )
    label_rows(axes, list(label_all(values, "corpus").values()))
    axes.set_ylim(len(values) - 0.4, -0.6)
    axes.set_xlim(0, 1.15 * max(values.values()))
    axes.axvline(1, color=GRID, zorder=0)
    axes.set_xlabel("subwords per word, as the model sees the text")
