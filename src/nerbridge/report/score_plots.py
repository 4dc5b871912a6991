"""Figures about the scores of single entities: reliability, and precision by threshold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nerbridge.evaluation.calibration import (
    ReliabilityBin,
    ThresholdPoint,
    pool_bins,
)
from nerbridge.records import RunRecord, System
from nerbridge.report.drawing import (
    GRID,
    INK,
    MUTED,
    NARROW,
    Drawing,
    SystemStyle,
    draw,
    label_ends,
    slug_all,
)
from nerbridge.report.formatting import format_f1
from nerbridge.report.narrative import name_test
from nerbridge.report.score_tables import (
    calibrations,
    finds_any,
    pooled_curve,
    scored_system,
    scored_tests,
)

LINE_FROM = 5
"""Entities that a bin must hold for the line to pass through its point."""

_MARKED = (0.5, 0.7, 0.9)


def draw_reliability(record: RunRecord, styles: dict[str, SystemStyle]) -> list[Drawing]:
    """Share of right entities by score: all systems on the test set, the main one on the others."""
    main = scored_system(record)
    further = [] if main is None else [(main, t) for t in scored_tests(record, main) if t != "test"]
    shown = [
        *((system, "test") for system in record.systems if finds_any(system, "test")),
        *further,
    ]
    names = [f"{system.name}\n{test}" for system, test in shown]
    slugs = slug_all(names)
    return [
        _draw_reliability(record, system, test, slugs[name], styles[system.name].colour)
        for (system, test), name in zip(shown, names, strict=True)
    ]


def _draw_reliability(
    record: RunRecord, system: System, test: str, slug: str, colour: str
) -> Drawing:
    found = calibrations(system, test)
    after = pool_bins(one.bins_after for one in found)
    title = f"Scores of {system.name}"
    title += "" if test == "test" else f" on {name_test(record, test)}"
    alt = (
        f"Share of right entities by calibrated score, {system.name} on {name_test(record, test)}: "
    )
    alt += "; ".join(
        f"{bin_.low:.1f} to {bin_.high:.1f} {format_f1(bin_.n_correct / bin_.n)} (n = {bin_.n})"
        for bin_ in after
    )
    before = pool_bins(one.bins_before for one in found)
    paint = partial(_paint_reliability, before, after, colour)
    return draw(f"reliability_{slug}", title, f"{alt}.", 3.6, paint, NARROW)


def _paint_reliability(
    before: Sequence[ReliabilityBin], after: Sequence[ReliabilityBin], colour: str, figure: Figure
) -> None:
    share, count = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    share.plot((0, 1), (0, 1), color=GRID, linewidth=1.4, zorder=0)
    ends = [_plot_bins(share, before, MUTED, "--"), _plot_bins(share, after, colour, "-")]
    share.set_xlim(0, 1)
    share.set_ylim(0, 1.02)
    share.set_title("share that is right (grey: exact)")
    label_ends(share, ends, ("as given", "calibrated"), (MUTED, colour))
    for bin_ in after:
        count.bar(bin_.low, bin_.n, bin_.high - bin_.low, align="edge", color=colour, alpha=0.6)
    for bin_ in before:
        count.plot((bin_.low, bin_.high), (bin_.n, bin_.n), color=MUTED, linewidth=1.2)
    count.set_title("entities")
    count.set_xlabel("score of the entity")
    count.set_ylim(bottom=0)
    count.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    for axes in (share, count):
        axes.yaxis.grid(True)
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", labelcolor=MUTED, labelsize=8)
    share.set_yticks((0, 0.25, 0.5, 0.75, 1))
    count.set_xticks((0, 0.25, 0.5, 0.75, 1))


def _plot_bins(
    axes: Axes, bins: Sequence[ReliabilityBin], colour: str, line: str
) -> tuple[float, float]:
    """Mean score and share of right entities of every bin; gives the last point's height at 1.

    The line passes over bins that hold next to nothing, and would leap at them.
    """
    scores = [bin_.mean_score for bin_ in bins]
    shares = [bin_.n_correct / bin_.n for bin_ in bins]
    firm = [i for i, bin_ in enumerate(bins) if bin_.n >= LINE_FROM]
    axes.plot(
        [scores[i] for i in firm], [shares[i] for i in firm], line, color=colour, linewidth=1.2
    )
    most = max(bin_.n for bin_ in bins)
    # The area, not the width, of a point shows how many entities it stands for.
    sizes = [4 + 26 * (bin_.n / most) ** 0.5 for bin_ in bins]
    axes.scatter(scores, shares, sizes, color=colour, clip_on=False, zorder=3)
    return 1.0, shares[-1]


def draw_thresholds(record: RunRecord, styles: dict[str, SystemStyle]) -> list[Drawing]:
    """Precision, recall and F1 of the main system by ``--min-score``: a figure per test set."""
    system = scored_system(record)
    if system is None:
        return []
    tests = scored_tests(record, system)
    slugs = slug_all(tests)
    colour = styles[system.name].colour
    return [_draw_thresholds(record, system, test, slugs[test], colour) for test in tests]


def _draw_thresholds(
    record: RunRecord, system: System, test: str, slug: str, colour: str
) -> Drawing:
    curve = pooled_curve(calibrations(system, test))
    title = f"--min-score, {system.name} on {name_test(record, test)}"
    alt = "; ".join(
        f"{point.min_score:.2f} {format_f1(point.precision)} and {format_f1(point.recall)}"
        for point in curve
        if point.min_score in (0.0, *_MARKED)
    )
    paint = partial(_paint_thresholds, curve, colour)
    return draw(f"thresholds_{slug}", title, f"{title}: precision and recall at {alt}.", 2.9, paint)


def _paint_thresholds(curve: Sequence[ThresholdPoint], colour: str, figure: Figure) -> None:
    axes = figure.subplots()
    # Where nothing is predicted there is no precision to draw.
    kept = [point for point in curve if point.n_predicted]
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.1, 1.08)
    lines: tuple[tuple[str, Callable[[ThresholdPoint], float], str, str], ...] = (
        ("precision", lambda point: point.precision, colour, "-"),
        ("recall", lambda point: point.recall, INK, "-"),
        ("F1", lambda point: point.f1, MUTED, "--"),
    )
    for _, get, ink, line in lines:
        points = [(point.min_score, get(point)) for point in kept]
        axes.plot(*zip(*points, strict=True), line, color=ink, linewidth=1.4)
    for point in kept:
        if point.min_score in _MARKED:
            _mark(axes, point, colour)
    last = kept[-1]
    ends = [(last.min_score, get(last)) for _, get, _, _ in lines]
    label_ends(axes, ends, [label for label, *_ in lines], [ink for _, _, ink, _ in lines])
    axes.set_xticks((0, *_MARKED, 1))
    axes.set_yticks((0, 0.25, 0.5, 0.75, 1))
    axes.xaxis.grid(True)
    axes.tick_params(axis="y", labelcolor=MUTED, labelsize=8)
    axes.set_xlabel("minimum score (--min-score)")


def _mark(axes: Axes, point: ThresholdPoint, colour: str) -> None:
    """Precision and recall at a threshold, written where their lines do not go."""
    is_above = point.precision >= point.recall
    for value, ink, side in (
        (point.precision, colour, 1 if is_above else -1),
        (point.recall, INK, -1 if is_above else 1),
    ):
        axes.plot(point.min_score, value, "o", color=ink, markersize=4)
        axes.annotate(
            f"{value:.2f}",
            (point.min_score, value),
            xytext=(-3 if is_above else 3, 4 * side),
            textcoords="offset points",
            ha="right" if is_above else "left",
            va="bottom" if side > 0 else "top",
            color=ink,
            fontsize=7.5,
        )
