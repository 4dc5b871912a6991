"""The CRF rows: what each learns from, and that none is trained twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nerbridge.training import references
from nerbridge.training.references import (
    CRF_SEED,
    CRF_SYSTEMS,
    TARGET_REPEATS,
    crf_training_set,
    run_references,
)
from nerbridge.training.run import Run
from nerbridge.training.run_folder import RunFolder


def paths(run: Run, row: str) -> list[str]:
    return [Path(s.path).parent.name for part in crf_training_set(run, row) for s in part.sentences]


def test_each_row_learns_from_what_its_name_says(finished: Any) -> None:
    run = finished.run
    assert paths(run, "crf_target") == ["as"] * 24
    assert sorted(paths(run, "crf_transfer")) == ["bn"] * 24 + ["hi"] * 24
    assert sorted(paths(run, "crf_all")) == ["as"] * 24 * TARGET_REPEATS + ["bn"] * 24 + ["hi"] * 24


def test_the_seeds_of_the_run_do_not_matter(finished: Any, tiny: Any) -> None:
    source = {**tiny.values()["sources"][0], "max_sentences": 6}
    runs = [
        Run(recipe, finished.run.folder, load(recipe), finished.run.base)
        for recipe in (tiny.recipe(seeds=seeds, sources=[source]) for seeds in ([1, 2], [2, 1]))
    ]
    for row in CRF_SYSTEMS:
        first, second = ([part.words for part in crf_training_set(run, row)] for run in runs)
        assert first == second


def load(recipe: Any) -> Any:
    from nerbridge.training.data import load_data

    return load_data(recipe)


def test_finished_rows_are_left_alone(finished: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "train_crf", lambda *_: pytest.fail("trained again"))
    heard: list[Any] = []
    run_references(finished.run, heard.append)
    assert heard == []


def test_a_recipe_may_do_without(finished: Any, tiny: Any, tmp_path: Path) -> None:
    run = Run(
        tiny.recipe(reference={"crf": False}),
        RunFolder(tmp_path),
        finished.run.data,
        finished.run.base,
    )
    run_references(run, lambda _: pytest.fail("did something"))
    assert list(tmp_path.iterdir()) == []


def test_results_stand_under_one_seed(finished: Any) -> None:
    for row in CRF_SYSTEMS:
        result = finished.run.folder.read_result(row, CRF_SEED)
        assert result.model == f"models/{row}-{CRF_SEED}"
        assert result.manifest["kind"] == "crf"
        assert result.training is None
