"""Figures of a corpus audit: sentence lengths, entity types, and what splits share.

They are drawn from ``Audit.to_dict()``, so also from an audit that was saved as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerbridge.files import write_bytes
from nerbridge.report.drawing import LIGHT_SYSTEM_COLOURS, draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LONGEST_SHOWN = 60
_WIDTH, _HEIGHT = 7.0, 3.6
"""In inches."""

Plot = Callable[[Mapping[str, Any], "Axes"], None]


def plot_audit(audit: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw the figures of one audit into ``folder`` (PNG); gives their paths.

    Args:
        audit: ``Audit.to_dict()``.
        folder: made if it is missing; figures of the same names are replaced.

    Raises:
        EnvironmentProblem: matplotlib is not installed.
    """
    figures: dict[str, tuple[str, Plot]] = {
        "sentence_lengths": ("sentence lengths", draw_sentence_lengths),
        "entity_types": ("entities by type (counts on the bars)", draw_entity_types),
    }
    if audit["overlaps"]:
        figures["overlap"] = ("found in both splits", draw_overlap)
    for name, (title, plot) in figures.items():
        drawing = draw(
            name,
            f"{audit['name']}: {title}",
            "",
            _HEIGHT,
            partial(_paint, plot, audit),
            _WIDTH,
        )
        write_bytes(folder / f"{name}.png", drawing.png)
    return [folder / f"{name}.png" for name in figures]


def draw_sentence_lengths(audit: Mapping[str, Any], axes: Axes) -> None:
    """Share of sentences by their number of words, a line a split; long ones in the last bin."""
    for colour, (split, facts) in zip(LIGHT_SYSTEM_COLOURS, audit["splits"].items(), strict=False):
        shares = [0.0] * (_LONGEST_SHOWN + 1)
        for length, n in facts["sentence_lengths"].items():
            # The keys are texts where the audit was read from JSON.
            shares[min(int(length), _LONGEST_SHOWN)] += 100 * n / max(1, facts["n_sentences"])
        axes.step(range(1, _LONGEST_SHOWN + 1), shares[1:], where="mid", color=colour, label=split)
    axes.set_xlabel(f"words in the sentence (last: {_LONGEST_SHOWN} or more)")
    axes.set_ylabel("sentences (%)")
    axes.set_xlim(0, _LONGEST_SHOWN + 1)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)


def draw_entity_types(audit: Mapping[str, Any], axes: Axes) -> None:
    """Entities per 100 sentences by type, a bar a split, the count on top."""
    splits = audit["splits"]
    types = sorted({type_ for facts in splits.values() for type_ in facts["type_counts"]})
    width = 0.8 / max(1, len(splits))
    for number, (split, facts) in enumerate(splits.items()):
        counts = [facts["type_counts"].get(type_, 0) for type_ in types]
        heights = [100 * n / max(1, facts["n_sentences"]) for n in counts]
        left = [index + (number - (len(splits) - 1) / 2) * width for index in range(len(types))]
        bars = axes.bar(
            left,
            heights,
            width * 0.92,
            color=LIGHT_SYSTEM_COLOURS[number % len(LIGHT_SYSTEM_COLOURS)],
            label=split,
        )
        axes.bar_label(bars, labels=[f"{n:,}" for n in counts], fontsize=7, padding=1)
    axes.set_ylabel("entities per 100 sentences")
    axes.set_xticks(range(len(types)), types)
    axes.margins(y=0.15)
    if types:
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=3)


def draw_overlap(audit: Mapping[str, Any], axes: Axes) -> None:
    """Share of a split's sentences and mentions that stand in another split (normalised)."""
    # matplotlib draws bars from the bottom up.
    overlaps = list(reversed(audit["overlaps"]))
    for offset, colour, what in (
        (0.2, LIGHT_SYSTEM_COLOURS[0], "sentences"),
        (-0.2, LIGHT_SYSTEM_COLOURS[1], "mentions"),
    ):
        shared = [overlap[f"n_shared_{what}_normalised"] for overlap in overlaps]
        totals = [overlap[f"n_{what}"] for overlap in overlaps]
        shares = [100 * n / max(1, total) for n, total in zip(shared, totals, strict=True)]
        places = [index + offset for index in range(len(overlaps))]
        bars = axes.barh(places, shares, 0.36, color=colour, label=what)
        labels = [f"{n:,} of {total:,}" for n, total in zip(shared, totals, strict=True)]
        axes.bar_label(bars, labels=labels, fontsize=8, padding=3)
    names = [f"{overlap['split']} in {overlap['other']}" for overlap in overlaps]
    axes.set_yticks(range(len(overlaps)), names)
    axes.set_xlabel("share of the first split (%)")
    # More than 100, as room for the labels behind full bars.
    axes.set_xlim(0, 118)
    axes.set_xticks(range(0, 101, 20))
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)


def _paint(plot: Plot, audit: Mapping[str, Any], figure: Figure) -> None:
    plot(audit, figure.subplots())
