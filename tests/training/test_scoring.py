"""Scores come from the saved models, as anybody who loads them would compute them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nerbridge.errors import ModelError
from nerbridge.evaluation.quoting import quote_scores
from nerbridge.evaluation.scores import find_mentions, score_predictions
from nerbridge.labels import Scheme, find_invalid_tags
from nerbridge.models.card import model_card
from nerbridge.models.card_header import CARD_FILE
from nerbridge.models.loading import load_model
from nerbridge.models.manifest import read_manifest
from nerbridge.training.scoring import N_ERRORS, score_model, system_errors

ROWS = (("baseline", 1), ("adapt", 2), ("crf_all", 0))
LEARNED = {
    "baseline": ("as",),
    "transfer": ("bn", "hi"),
    "adapt": ("as", "bn", "hi"),
    "crf_target": ("as",),
    "crf_transfer": ("bn", "hi"),
    "crf_all": ("as", "bn", "hi"),
}
SCORED = (*ROWS, ("transfer", 1), ("crf_target", 0), ("crf_transfer", 0))


@pytest.mark.parametrize(("row", "seed"), SCORED)
def test_a_result_equals_its_recomputation(row: str, seed: int, finished: Any, tiny: Any) -> None:
    run = finished.run
    result = run.folder.read_result(row, seed)
    model = load_model(run.folder.path / result.model)
    train = tiny.labelled("as", "train")
    learned = [tiny.labelled(language, "train") for language in LEARNED[row]]
    for split, scores in (("test", result.test), ("validation", result.validation)):
        labelled = tiny.labelled("as", split)
        expected = score_predictions(
            labelled.words,
            labelled.tags,
            model.tag_many(labelled.words),
            run.recipe.types,
            known=frozenset().union(*(find_mentions(part.words, part.tags) for part in learned)),
            leaked=[words in set(train.words) for words in labelled.words],
        )
        assert scores == expected
    assert score_model(run, row, seed) == result


@pytest.mark.parametrize(("row", "seed"), SCORED)
def test_seen_is_what_the_row_itself_has_seen(row: str, seed: int, finished: Any) -> None:
    run = finished.run
    target, (bengali, hindi) = run.data.target, run.data.sources
    splits = {**bengali.splits, "train": target.splits["test"]}
    sources = (replace(bengali, splits=splits), hindi)
    knowing = replace(run, data=replace(run.data, sources=sources))
    scores = score_model(knowing, row, seed).test
    assert (scores.n_seen == scores.n_gold) == ("bn" in LEARNED[row])
    assert scores.counts == score_model(run, row, seed).test.counts


def test_the_result_carries_manifest_and_training_apart(finished: Any) -> None:
    result = finished.run.folder.read_result("transfer", 1)
    assert "training" not in result.manifest
    assert result.training.n_sentences == 48
    assert result.manifest["seed"] == 1


@pytest.mark.parametrize(("row", "seed"), ROWS[:2])
def test_a_card_with_the_scores_stands_beside_the_model(row: str, seed: int, finished: Any) -> None:
    run = finished.run
    result, folder = run.folder.read_result(row, seed), run.folder.model(row, seed)
    card = (folder / CARD_FILE).read_text("utf-8")
    scores = quote_scores({"test": result.test})
    assert card == model_card(read_manifest(folder).model_copy(update={"scores": scores}))
    assert f"| as, test split | 14 | {result.test.n_gold} | {result.test.f1_strict:.3f} [" in card
    assert str(run.folder.path.parent) not in card


def test_errors_are_shown_in_the_words_as_written(finished: Any) -> None:
    run = finished.run
    written = {word for s in run.data.target.splits["test"] for word in s.words}
    for row, seed in ROWS:
        errors = system_errors(run, row, seed)
        assert len(errors) <= N_ERRORS
        assert {word for error in errors for word in error.words} <= written


def test_results_are_plain_json(finished: Any) -> None:
    for path in (finished.run.folder.path / "results").iterdir():
        values = json.loads(path.read_text("utf-8"))
        assert not [
            place for place in _leaves(values) if isinstance(place, float) and place != place
        ]


def _leaves(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value]


KINDS = ("baseline-1", "transfer-1", "adapt-1", "crf_all-0")


@pytest.mark.parametrize("row", KINDS)
def test_every_kind_of_model_tags_every_word(row: str, finished: Any) -> None:
    run = finished.run
    model = load_model(run.folder.path / "models" / row)
    words = [*run.data.tests[0].labelled.words, ("অসম",) * 200, ()]
    tagged = model.tag_many(words)
    assert [len(tags) for tags in tagged] == [len(sentence) for sentence in words]
    assert not any(find_invalid_tags(tags, Scheme.IOB2) for tags in tagged)
    assert model.label_set == run.label_set
    assert model.script == "Beng"
    assert model.manifest.system == row.split("-")[0]
    assert model.tag_many([]) == []


@pytest.mark.parametrize("row", KINDS)
def test_a_folder_without_weights_is_said(row: str, finished: Any, tmp_path: Path) -> None:
    folder = shutil.copytree(finished.run.folder.path / "models" / row, tmp_path / row)
    for path in [*folder.glob("*.safetensors"), *folder.glob("*.crfsuite")]:
        path.unlink()
    with pytest.raises(ModelError, match=row):
        load_model(folder)


def test_a_cut_crf_is_said(finished: Any, tmp_path: Path) -> None:
    folder = shutil.copytree(finished.run.folder.path / "models" / "crf_all-0", tmp_path / "crf")
    path = folder / "model.crfsuite"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="not a complete CRF model"):
        load_model(folder)


@pytest.mark.parametrize("found", ["absent", "encoder", "file"])
def test_what_is_no_trained_model_is_said(found: str, tiny: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match=r"no such model|no head of a token classifier"):
        load_model(tiny.encoder if found == "encoder" else tmp_path / found)
