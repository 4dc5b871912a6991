"""Figures of an audit: drawn from JSON too, complete, and replaced whole."""

from __future__ import annotations

import json
from pathlib import Path

from matplotlib.figure import Figure

from nerbridge.corpus import Sentence, build_corpus
from nerbridge.corpus.audit import audit_corpus
from nerbridge.report.audit_plots import (
    draw_entity_types,
    draw_overlap,
    draw_sentence_lengths,
    plot_audit,
)

TRAIN = [Sentence(("a",) * 3, ("B-PER", "O", "B-LOC")), Sentence(("b",) * 90, ("O",) * 90)]
TEST = [Sentence(("a",) * 3, ("O", "O", "O"))]
SPLITS = {"train": TRAIN, "test": TEST}
AUDIT = json.loads(json.dumps(audit_corpus(build_corpus("mine", "as", SPLITS)).to_dict()))


def test_figures_are_files_and_nothing_else_is_left(tmp_path: Path) -> None:
    paths = plot_audit(AUDIT, tmp_path / "new")
    assert sorted(paths) == sorted((tmp_path / "new").iterdir())
    assert [path.stem for path in paths] == ["sentence_lengths", "entity_types", "overlap"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    alone = audit_corpus(build_corpus("x", "as", {"test": []})).to_dict()
    assert [path.stem for path in plot_audit(alone, tmp_path)] == [
        "sentence_lengths",
        "entity_types",
    ]


def test_what_the_figures_show() -> None:
    axes = Figure().add_subplot()
    draw_entity_types(AUDIT, axes)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["LOC", "PER"]
    assert [bar.get_height() for bar in axes.patches] == [50.0, 50.0, 0.0, 0.0]

    axes = Figure().add_subplot()
    draw_overlap(AUDIT, axes)
    assert [bar.get_width() for bar in axes.patches] == [100.0, 0.0]
    assert [text.get_text() for text in axes.texts] == ["1 of 1", "0 of 0"]

    axes = Figure().add_subplot()
    draw_sentence_lengths(AUDIT, axes)
    train = axes.lines[0].get_ydata()
    assert (train[2], train[59], sum(train)) == (50.0, 50.0, 100.0)
