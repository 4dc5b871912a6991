"""The record: its numbers are those of the models, and its form is the published contract."""

from __future__ import annotations

import json
import math
import shutil
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nerbridge.errors import RunError
from nerbridge.evaluation.resampling import (
    approximate_randomisation,
    bootstrap_interval,
    paired_bootstrap,
)
from nerbridge.evaluation.scores import score_predictions
from nerbridge.models.loading import load_model
from nerbridge.records import RunRecord
from nerbridge.training.run import Run
from nerbridge.training.run_folder import RunFolder
from nerbridge.training.summary import PAIRS, build_record

ROWS = ["baseline", "transfer", "adapt", "crf_target", "crf_transfer", "crf_all"]


@pytest.fixture(scope="module")
def record(finished: Any) -> RunRecord:
    return build_record(finished.run, "nerbridge run tiny")


@pytest.fixture(scope="module")
def rescored(finished: Any, tiny: Any) -> dict[str, list[Any]]:
    """Scores of every row by seed, computed anew from the model folders."""
    folder, test = finished.run.folder.path, tiny.labelled("as", "test")
    scores: dict[str, list[Any]] = {}
    for row in ROWS:
        for seed in [0] if row.startswith("crf") else [1, 2]:
            model = load_model(folder / "models" / f"{row}-{seed}")
            tagged = model.tag_many(test.words)
            scored = score_predictions(test.words, test.tags, tagged, ("PER", "ORG", "LOC"))
            scores.setdefault(row, []).append(scored)
    return scores


def test_numbers_equal_a_recomputation_from_the_models(
    record: RunRecord, rescored: dict[str, list[Any]]
) -> None:
    assert [row.name for row in record.systems] == ROWS
    for row in record.systems:
        scores = rescored[row.name]
        assert [s.test.counts for s in row.seeds] == [s.counts for s in scores]
        assert [s.test.f1_conll for s in row.seeds] == [s.f1_conll for s in scores]
        assert [s.test.per_type for s in row.seeds] == [s.per_type for s in scores]
        f1 = [s.f1_strict for s in scores]
        assert row.f1_strict.mean == pytest.approx(statistics.mean(f1))
        if len(f1) > 1:
            assert row.f1_strict.sd == pytest.approx(statistics.stdev(f1))
        else:
            assert row.f1_strict.sd is None
        interval = bootstrap_interval(np.array([s.counts for s in scores]))
        assert row.f1_strict.ci95 == pytest.approx(tuple(interval))
        assert row.f1_conll.mean == pytest.approx(statistics.mean(s.f1_conll for s in scores))


def test_paired_tests_equal_a_recomputation(
    record: RunRecord, rescored: dict[str, list[Any]]
) -> None:
    assert [(pair.a, pair.b) for pair in record.paired] == list(PAIRS)
    for pair in record.paired:
        b, a = (np.array([s.counts for s in rescored[row]]) for row in (pair.b, pair.a))
        bootstrap = paired_bootstrap(b, a)
        assert pair.difference == pytest.approx(bootstrap.difference)
        means = [statistics.mean(s.f1_strict for s in rescored[row]) for row in (pair.b, pair.a)]
        assert pair.difference == pytest.approx(means[0] - means[1], abs=1e-6)
        assert pair.ci95 == pytest.approx(tuple(bootstrap.ci95))
        assert pair.p == bootstrap.p
        assert pair.p_randomisation == approximate_randomisation(b, a).p


def test_the_contract(record: RunRecord) -> None:
    written = json.loads(record.model_dump_json(by_alias=True))
    assert written["schema"] == 2
    for row in written["systems"]:
        assert {"name", "stage", "seeds", "f1_strict"} <= row.keys()
        assert row["stage"] == ("crf" if row["name"].startswith("crf") else row["name"])
        assert {"mean", "sd", "ci95"} <= row["f1_strict"].keys()
        low, high = row["f1_strict"]["ci95"]
        assert 0 <= low <= high <= 1
        for seed in row["seeds"]:
            assert {"seed", "test", "model"} <= seed.keys()
            assert {"f1_strict", "f1_conll", "n_gold"} <= seed["test"].keys()
            assert not seed["model"].startswith("/")
    for pair in written["paired"]:
        assert {"a", "b", "difference", "ci95", "p"} <= pair.keys()
        assert 0 <= pair["p"] <= 1
    assert not [x for x in _floats(written) if not math.isfinite(x)]


def _floats(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [x for inner in value.values() for x in _floats(inner)]
    if isinstance(value, list):
        return [x for inner in value for x in _floats(inner)]
    return [value] if isinstance(value, float) else []


def test_it_says_what_the_run_was_made_from(record: RunRecord, finished: Any) -> None:
    run = finished.run
    assert record.command == "nerbridge run tiny"
    assert record.recipe == run.recipe.to_dict()
    assert record.encoder["sha256"] == run.base.sha256
    assert [(c.name, c.role, c.sha256) for c in record.corpora] == [
        (corpus.name, role, corpus.sha256)
        for corpus, role in zip(run.data.corpora, ("target", "source", "source"), strict=True)
    ]
    assert record.corpora[0].n_sentences == {"train": 24, "validation": 10, "test": 14}
    assert all(1 < n < 12 for c in record.corpora for n in c.subwords_per_word.values())
    assert {"torch", "transformers", "peft", "nerbridge"} <= record.versions.keys()
    assert record.wall_s > 0


def test_models_named_in_it_exist(record: RunRecord, finished: Any) -> None:
    for row in record.systems:
        for seed in row.seeds:
            assert (finished.run.folder.path / seed.model / "nerbridge.json").is_file()


def test_what_learned_from_the_target_too_is_not_called_zero_shot(
    record: RunRecord, finished: Any
) -> None:
    experiment_data = finished.run.data
    joint = replace(
        experiment_data, sources=(*experiment_data.sources[:-1], experiment_data.target)
    )
    told = build_record(replace(finished.run, data=joint), "nerbridge run tiny")
    for name in ("transfer", "crf_transfer"):
        assert "nothing of the target corpus seen" in record.system(name).description
        assert "the target corpus among them" in told.system(name).description


def test_it_says_which_test_sentences_stand_in_a_source(finished: Any) -> None:
    run = finished.run
    target, (first, *others) = run.data.target, run.data.sources
    train = (*first.splits["train"], *target.splits["test"][:3])
    known = replace(first, splits={**first.splits, "train": train})
    experiment_data = replace(run.data, sources=(known, *others))
    notes = build_record(replace(run, data=experiment_data), "").notes
    assert "test: 3 of 14 sentences are in a source too." in notes
    assert not any("in a source" in note for note in build_record(run, "").notes)


def test_it_says_which_models_found_too_little_to_be_calibrated(
    finished: Any, tmp_path: Path
) -> None:
    run = finished.run
    folder = shutil.copytree(run.folder.path, tmp_path / "run")
    for seed, n_entities in ((1, 9), (2, 10)):
        path = folder / "results" / f"adapt-{seed}.json"
        result = json.loads(path.read_text("utf-8"))
        result["manifest"]["calibration"]["n_entities"] = n_entities
        path.write_text(json.dumps(result), "utf-8")
    notes = build_record(Run(run.recipe, RunFolder(folder), run.data, run.base), "").notes
    few = [note for note in notes if "calibrate" in note and note.startswith("adapt")]
    assert few == [
        "adapt, seed 1: 9 entities found in validation, too few to calibrate the scores of "
        "entities."
    ]


def test_an_unfinished_run_has_none(finished: Any, tiny: Any) -> None:
    run = finished.run
    more = Run(tiny.recipe(seeds=[1, 2, 3]), RunFolder(run.folder.path), run.data, run.base)
    with pytest.raises(RunError, match="baseline of seed 3 is not finished"):
        build_record(more, "")
