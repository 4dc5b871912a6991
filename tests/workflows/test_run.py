"""A run from Python: its scores, its models, its plan, and what it is told to do otherwise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from hub_standin import write_tiny_encoder
from nerbridge.corpus import build_corpus, read_corpus, write_corpus
from nerbridge.errors import RecipeError, RunError
from nerbridge.tagging import Tagger
from nerbridge.training.recipe_files import read_recipe
from nerbridge.workflows.progress import Event
from nerbridge.workflows.run import RunResult, plan_run, run

RECIPE = """
name = "tiny"
seeds = [1, 2]
encoder = { id = "ENCODER" }
target = { path = "as", language = "as" }
sources = [{ path = "bn", language = "bn" }]
baseline = { epochs = 1, retries = 0 }
transfer = { epochs = 2, retries = 0 }
adapt = { epochs = 1, retries = 0 }
reference = { crf = false }
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tiny")
    texts = []
    for language in ("as", "bn"):
        corpus = read_corpus(f"bundled:{language}")
        splits = {split: part[:10] for split, part in corpus.splits.items()}
        write_corpus(build_corpus(language, language, splits), root / language)
        texts += [" ".join(sentence.words) for sentence in corpus.splits["train"][:50]]
    write_tiny_encoder(root / "encoder", texts)
    path = root / "tiny.toml"
    path.write_text(RECIPE.replace("ENCODER", str(root / "encoder")), "utf-8")
    return path


@pytest.fixture(scope="module")
def heard() -> list[Event]:
    return []


@pytest.fixture(scope="module")
def result(recipe: Path, heard: list[Event]) -> RunResult:
    output = recipe.parent / "run"
    return run(recipe, seeds=[1], output=output, transfer__epochs=1, listen=heard.append)


def test_scores_are_rows_and_a_frame(result: RunResult) -> None:
    assert [(row.system, row.seed, row.test_set) for row in result.scores] == [
        ("baseline", 1, "test"),
        ("transfer", 1, "test"),
        ("adapt", 1, "test"),
    ]
    frame = result.scores_frame()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame["f1_strict"]) == [row.f1_strict for row in result.scores]
    assert (frame["n_sentences"] == 10).all()
    assert result.record.systems[0].seeds[0].test.f1_strict == result.scores[0].f1_strict


def test_report_and_best_model_are_there(result: RunResult, heard: list[Event]) -> None:
    assert result.report.read_text("utf-8").startswith("<!doctype html>")
    assert result.best_model == result.folder / "models" / "adapt-1"
    assert Tagger.load(result.folder).name == str(result.best_model)
    assert result.record.command == "nerbridge.run('tiny', seeds=[1])"
    assert result.record.recipe["transfer"]["epochs"] == 1
    assert "writing the report …" in map(str, heard)


def test_a_finished_run_is_read_again(recipe: Path, result: RunResult) -> None:
    recipe_object = read_recipe(recipe)
    before = result.best_model.stat().st_mtime_ns
    again = run(recipe_object, seeds=[1], output=result.folder, transfer__epochs=1)
    assert again.scores == result.scores
    assert result.best_model.stat().st_mtime_ns == before
    with pytest.raises(RunError, match=r"recipe\.transfer\.epochs was 1, is 2"):
        run(recipe, seeds=[1], output=result.folder)


def test_a_plan_trains_nothing(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = plan_run(recipe, adapt__epochs=3)
    assert (plan.missing, plan.n_transfer_sentences) == ((), 10)
    assert plan.recipe.adapt.epochs == 3
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RecipeError, match=r"adapt\.epoch: unknown key; did you mean epochs"):
        plan_run(recipe, adapt__epoch=3)


@pytest.mark.slow
def test_seeds_run_in_parallel_from_a_script_without_a_guard(recipe: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "print('the script runs')\n"
        "from nerbridge import run\n"
        f"result = run({str(recipe)!r}, jobs=2, output='both', transfer__epochs=1)\n"
        "print(len(result.scores))\n"
    )
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "the script runs\n6\n"
