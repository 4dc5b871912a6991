"""Scores from Python: of a name, of a loaded model, and of a corpus that was read before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nerbridge.corpus import read_corpus
from nerbridge.errors import CorpusError
from nerbridge.models.loading import load_model
from nerbridge.workflows.calibrate import calibrate
from nerbridge.workflows.evaluate import evaluate
from tiny_tagger import write_tiny_tagger


def test_names_and_loaded_things_give_the_same_scores(tmp_path: Path) -> None:
    folder = write_tiny_tagger(tmp_path / "tagger")
    by_name = evaluate(folder, "bundled:as")
    loaded = evaluate(load_model(folder), read_corpus("bundled:as"))
    assert by_name.scores == loaded.scores
    assert loaded.corpus == read_corpus("bundled:as").name
    assert by_name.scores.n_sentences == 100
    assert 0 <= by_name.ci95[0] <= by_name.scores.f1_strict <= by_name.ci95[1] <= 1
    plain = json.loads(json.dumps(by_name.to_dict()))
    assert plain["per_type"]["LOC"]["n_gold"] == by_name.scores.per_type["LOC"].n_gold
    assert "counts" not in plain


def test_types_that_the_model_lacks_are_said(tmp_path: Path) -> None:
    folder = write_tiny_tagger(tmp_path / "tagger")
    path = tmp_path / "mine.conll"
    path.write_text("অসম\tB-GPE\n", "utf-8")
    with pytest.raises(CorpusError, match=r"mine.*GPE; the model has PER, ORG, LOC.*type_map"):
        evaluate(folder, read_corpus(path))


def test_a_corpus_that_was_read_calibrates(tmp_path: Path) -> None:
    folder = write_tiny_tagger(tmp_path / "tagger")
    path = tmp_path / "mine.conll"
    path.write_text("অসম\tB-LOC\nথাকে\tO\n\n" * 60 + "অসম\tO\nথাকে\tO\n\n" * 60, "utf-8")
    found = calibrate(folder, read_corpus(path))
    assert found.calibration.n_entities == 120
    assert found.calibration.validation == "the validation sentences of mine"
