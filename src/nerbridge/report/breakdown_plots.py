"""Figures of a run that look into its scores: by type, by length, seen and unseen, confusion."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nerbridge.evaluation.scores import LENGTHS, TypeScore
from nerbridge.labels import OUTSIDE
from nerbridge.records import RunRecord, System
from nerbridge.report.drawing import (
    INK,
    LIGHT_SYSTEM_COLOURS,
    MUTED,
    NARROW,
    PAPER,
    Drawing,
    SystemStyle,
    draw,
    label_all,
    label_ends,
    label_rows,
    row_height,
    slug_all,
)
from nerbridge.report.formatting import format_f1
from nerbridge.report.tables import entity_types, mean_of, mean_score, name_confusion


def draw_types(record: RunRecord, styles: dict[str, SystemStyle]) -> list[Drawing]:
    """Strict F1 per entity type."""
    types = entity_types(record)
    if not types:
        return []
    height = len(types) * (0.3 + 0.2 * len(record.systems)) + 0.5
    alt = f"Bars of strict F1 of every system for {', '.join(types)}; the table has the numbers."
    paint = partial(_paint_types, record.systems, types, styles)
    return [draw("per_type", "Strict F1 per entity type", alt, height, paint)]


def _paint_types(
    systems: Sequence[System], types: Sequence[str], styles: dict[str, SystemStyle], figure: Figure
) -> None:
    axes = figure.subplots(len(types), 1, sharex=True, squeeze=False)[:, 0]
    labels = label_all(types, "type")
    for axis, type_ in zip(axes, types, strict=True):
        for y, system in enumerate(systems):
            f1 = [
                seed.test.per_type[type_].f1 for seed in system.seeds if type_ in seed.test.per_type
            ]
            _plot_bar(axis, y, f1, styles[system.name].colour)
        label_rows(axis, [styles[system.name].label for system in systems])
        # Upside down, so that the first system stands on top.
        axis.set_ylim(len(systems) - 0.4, -0.6)
        axis.set_title(f"{labels[type_]} ({_n_gold(systems, type_)} gold entities)")
    axes[-1].set_xlim(0, 1.12)
    axes[-1].set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes[-1].set_xlabel("strict F1, mean over seeds")


def _plot_bar(axes: Axes, y: float, values: Sequence[float], colour: str) -> None:
    if values:
        mean = sum(values) / len(values)
        axes.barh(y, mean, height=0.66, color=colour)
        axes.annotate(
            format_f1(mean), (mean, y), xytext=(4, 0), textcoords="offset points", va="center"
        )


def _n_gold(systems: Sequence[System], type_: str) -> int:
    """Gold entities of a type, which all systems and seeds have in common."""
    found = (
        seed.test.per_type[type_].n_gold
        for system in systems
        for seed in system.seeds
        if type_ in seed.test.per_type
    )
    return next(found, 0)


def draw_lengths(record: RunRecord, styles: dict[str, SystemStyle]) -> list[Drawing]:
    """Recall by the number of words of the gold entity."""
    recall = {
        system.name: [_length_recall(system, length) for length in LENGTHS]
        for system in record.systems
    }
    alt = "Recall by number of words of the entity: " + "; ".join(
        f"{name} {', '.join(map(format_f1, values))}" for name, values in recall.items()
    )
    paint = partial(_paint_lengths, record.systems, recall, styles)
    return [draw("recall_by_length", "Recall by length of the entity", f"{alt}.", 2.9, paint)]


def _length_recall(system: System, length: str) -> float | None:
    return mean_of(
        (result.test.per_length[length] for result in system.seeds),
        _recall,
    )


def _recall(score: TypeScore) -> float | None:
    return score.recall if score.n_gold else None


def _paint_lengths(
    systems: Sequence[System],
    recall: dict[str, list[float | None]],
    styles: dict[str, SystemStyle],
    figure: Figure,
) -> None:
    axes = figure.subplots()
    ends: list[tuple[float, float] | None] = []
    for system in systems:
        style = styles[system.name]
        points = [(x, y) for x, y in enumerate(recall[system.name]) if y is not None]
        ends.append(points[-1] if points else None)
        if points:
            xs, ys = zip(*points, strict=True)
            axes.plot(xs, ys, color=style.colour, marker=style.mark, markersize=5, linewidth=1.4)
    n_gold = systems[0].seeds[0].test.per_length if systems[0].seeds else {}
    axes.set_xticks(
        range(len(LENGTHS)),
        [f"{name}\nn = {n_gold[name].n_gold}" if n_gold else name for name in LENGTHS],
    )
    axes.set_ylim(0, 1.02)
    axes.yaxis.grid(True)
    axes.tick_params(axis="y", labelcolor=MUTED, labelsize=8)
    axes.set_xlabel("words of the gold entity; n: gold entities")
    axes.set_ylabel("recall, mean over seeds")
    shown = [styles[system.name] for system in systems]
    label_ends(axes, ends, [style.label for style in shown], [style.colour for style in shown])


def draw_seen(record: RunRecord, styles: dict[str, SystemStyle]) -> list[Drawing]:
    """Recall of mentions seen and not seen in training; none if nobody looked."""
    recall = {
        system.name: (
            mean_score(system, lambda scores: scores.recall_seen),
            mean_score(system, lambda scores: scores.recall_unseen),
        )
        for system in record.systems
    }
    if all(value is None for pair in recall.values() for value in pair):
        return []
    alt = "Recall of seen and of unseen mentions: " + "; ".join(
        f"{name} {format_f1(seen)} and {format_f1(unseen)}"
        for name, (seen, unseen) in recall.items()
    )
    height = row_height(len(recall))
    paint = partial(_paint_seen, recall, styles)
    return [draw("recall_seen", "Recall of seen and unseen mentions", f"{alt}.", height, paint)]


def _paint_seen(
    recall: dict[str, tuple[float | None, float | None]],
    styles: dict[str, SystemStyle],
    figure: Figure,
) -> None:
    axes = figure.subplots()
    for y, (name, pair) in enumerate(recall.items()):
        style = styles[name]
        axes.plot(*_line(pair, y), color=style.colour, linewidth=1.4)
        for value, other, name_ in zip(pair, reversed(pair), ("seen", "unseen"), strict=True):
            if value is None:
                continue
            fill = style.colour if name_ == "seen" else PAPER
            axes.plot(value, y, style.mark, color=style.colour, markerfacecolor=fill, markersize=7)
            side = _outward(value, other, is_seen=name_ == "seen")
            axes.annotate(
                f"{name_} {value:.2f}",
                (value, y),
                xytext=(9 * side, 0),
                textcoords="offset points",
                ha="left" if side > 0 else "right",
                va="center",
                color=MUTED,
                fontsize=7.5,
            )
    label_rows(axes, [styles[name].label for name in recall])
    axes.set_ylim(len(recall) - 0.5, -0.8)
    axes.set_xlim(-0.25, 1.25)  # room for what stands beside a mark at either end
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.xaxis.grid(True)
    axes.set_xlabel("recall, mean over seeds")


def _line(pair: Sequence[float | None], y: float) -> tuple[list[float], list[float]]:
    known = [value for value in pair if value is not None]
    return known, [y] * len(known)


def _outward(value: float, other: float | None, *, is_seen: bool) -> int:
    """The side of a mark that is away from the other one: 1 for right, -1 for left."""
    if other is None or value == other:
        return 1 if is_seen else -1
    return 1 if value > other else -1


def draw_confusion(record: RunRecord) -> list[Drawing]:
    """Gold against predicted type: a figure per system."""
    slugs = slug_all(system.name for system in record.systems)
    drawings = []
    for system in record.systems:
        names, counts = name_confusion(system)
        if names:
            drawings.append(
                draw(
                    f"confusion_{slugs[system.name]}",
                    f"Confusion of {system.name}",
                    f"Gold by predicted entity type for {system.name}; the table has the numbers.",
                    0.7 + 0.34 * len(names),
                    partial(_paint_confusion, names, counts),
                    NARROW,
                )
            )
    return drawings


def _paint_confusion(
    names: Sequence[str], counts: Sequence[Sequence[float]], figure: Figure
) -> None:
    axes = figure.subplots()
    labels = list(label_all(names, "type").values())
    for y, line in enumerate(counts):
        for x, count in enumerate(line):
            # What neither side calls an entity cannot be counted.
            if names[x] == names[y] == OUTSIDE:
                continue
            share = count / max(sum(line), 1)
            axes.bar(
                x, 0.94, 0.94, y - 0.47, color=LIGHT_SYSTEM_COLOURS[0], alpha=0.04 + 0.5 * share
            )
            axes.text(x, y, f"{count:.1f}".removesuffix(".0"), ha="center", va="center", color=INK)
    axes.set_xticks(range(len(names)), [*labels[:-1], "nothing"])
    axes.set_yticks(range(len(names)), [*labels[:-1], "nothing"])
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("predicted")
    axes.set_ylabel("gold")
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(length=0, labelcolor=INK)
    axes.spines[:].set_visible(False)
