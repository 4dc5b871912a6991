"""How well grouping does on pairs judged by hand: ``python tests/analysis/gold.py``.

The forms of a language are one vocabulary, with the counts of the list, grouped in one go; there
are no articles, so nothing is joined for its company.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nerbridge.analysis.grouping import Surface, group_surfaces


@dataclass(frozen=True)
class Pair:
    """Two forms of one type; ``is_same`` as judged, ``is_joined`` as grouped."""

    type: str
    a: str
    b: str
    is_same: bool
    is_joined: bool


def judge_pairs() -> Iterator[Pair]:
    """Every pair of the list."""
    with (Path(__file__).parent / "gold.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    for language in sorted({row["lang"] for row in rows}):
        yield from _judge([row for row in rows if row["lang"] == language])


def precision_and_recall(pairs: list[Pair]) -> tuple[float, float]:
    """Of the pairs joined, those that are the same; of the same, those joined."""
    right = sum(pair.is_joined and pair.is_same for pair in pairs)
    return right / sum(pair.is_joined for pair in pairs), right / sum(p.is_same for p in pairs)


def _judge(rows: list[dict[str, str]]) -> Iterator[Pair]:
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        for side in "ab":
            key, n = (row["type"], row[side]), int(row[f"n_{side}"])
            if counts.setdefault(key, n) != n:
                raise ValueError(f"{row[side]}: counted {counts[key]} and {n}")
    entries = group_surfaces(Surface(type_, text, n) for (type_, text), n in counts.items())
    entry_of = {
        (entry.type, variant.text): number
        for number, entry in enumerate(entries)
        for variant in entry.variants
    }
    for row in rows:
        a, b = (entry_of[row["type"], row[side]] for side in "ab")
        yield Pair(row["type"], row["a"], row["b"], row["same"] == "1", a == b)


if __name__ == "__main__":
    judged = list(judge_pairs())
    precision, recall = precision_and_recall(judged)
    for pair in judged:
        if pair.is_same != pair.is_joined:
            print("joined wrongly:" if pair.is_joined else "not joined:", pair.type, pair.a, pair.b)
    print(f"{len(judged)} pairs, precision {precision:.3f}, recall {recall:.3f}")
