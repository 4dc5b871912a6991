"""Transferred models of another run: taken where they are the same, refused where not."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nerbridge.corpus import read_corpus, write_corpus
from nerbridge.corpus.reading import build_corpus
from nerbridge.errors import RunError
from nerbridge.models.folder import CRF_FILE
from nerbridge.training.experiment import run_experiment
from nerbridge.training.references import CRF_SEED
from nerbridge.training.reuse import reuse_transfers
from nerbridge.training.run import StageProgress, open_run

WEIGHTS = "adapter_model.safetensors"
TARGET_SIZE = Path(__file__).parents[2] / "benchmarks" / "target_size.py"

RECIPE = """
name = "tiny"
seeds = [1, 2]
data_root = "{data}"
encoder = {{id = "{encoder}"}}
lora = {{r = 4, lora_alpha = 8, target_modules = "all-linear"}}
target = {{path = "as", language = "as", script = "Beng"}}
sources = [
  {{path = "bn", language = "bn", script = "Beng"}},
  {{path = "hi", language = "hi", script = "Beng"}},
]
baseline = {{{stage}, learning_rate = 5e-3}}
transfer = {{{stage}, learning_rate = 2e-2}}
adapt = {{{stage}, learning_rate = 2e-2}}
"""
STAGE = 'epochs = 1, batch_size = 8, retries = 0, class_weights = "balanced"'


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_another_target_goes_on_from_the_same_transfer(
    finished: Any, tiny: Any, tmp_path: Path
) -> None:
    """The copied model is what this run's own transfer would have become, byte for byte."""
    theirs = finished.run.folder
    changes: dict[str, Any] = {
        "target": {"max_train": 5},
        "reference": {"crf": False},
        "seeds": [2],
    }
    reusing = open_run(tiny.recipe(**changes), tmp_path / "reusing")
    heard: list[StageProgress] = []
    run_experiment(reusing, heard.append, jobs=1, reuse=theirs.path)
    own = open_run(tiny.recipe(**changes), tmp_path / "own")
    run_experiment(own, lambda _: None, jobs=1)

    taken = [p for p in heard if p.system == "transfer" and p.message.startswith("taken from")]
    assert [p.seed for p in taken] == [2]
    for row in ("transfer", "adapt"):
        weights = {sha256(run.folder.model(row, 2) / WEIGHTS) for run in (reusing, own)}
        assert len(weights) == 1
    scores = [run.folder.read_result("transfer", 2).test for run in (reusing, own)]
    assert scores[0] == scores[1]


def test_the_crf_of_the_sources_is_taken_too(finished: Any, tiny: Any, tmp_path: Path) -> None:
    theirs = finished.run.folder
    run = open_run(tiny.recipe(target={"max_train": 5}), tmp_path / "run")
    heard: list[StageProgress] = []
    run_experiment(run, heard.append, jobs=1, reuse=theirs.path)
    taken = {p.system for p in heard if p.message.startswith("taken from")}
    assert taken == {"transfer", "crf_transfer"}
    models = [folder.model("crf_transfer", CRF_SEED) / CRF_FILE for folder in (run.folder, theirs)]
    assert models[0].stat().st_mtime_ns == models[1].stat().st_mtime_ns
    assert run.folder.read_result("crf_transfer", CRF_SEED) is not None
    own, other = (folder.model("crf_all", CRF_SEED) / CRF_FILE for folder in (run.folder, theirs))
    assert sha256(own) != sha256(other)


def test_a_model_that_is_there_stays(finished: Any, tiny: Any, tmp_path: Path) -> None:
    folder = shutil.copytree(finished.run.folder.path, tmp_path / "run")
    kept = folder / "models" / "transfer-1" / WEIGHTS
    before = kept.stat().st_mtime_ns
    run_experiment(open_run(tiny.recipe(), folder), lambda _: None, reuse=finished.run.folder.path)
    assert kept.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"transfer": {"epochs": 2}}, "transfer.epochs was 1, is 2"),
        ({"lora": {"r": 2}}, "lora.r was 4, is 2"),
        ({"target": {"script": None}}, "script was"),
        ({"seeds": [7]}, "no transferred model for any of the seeds 7"),
    ],
)
def test_what_does_not_fit_is_said(
    changes: dict[str, Any], said: str, finished: Any, tiny: Any, tmp_path: Path
) -> None:
    run = open_run(tiny.recipe(**changes), tmp_path / "run")
    with pytest.raises(RunError, match=said):
        run_experiment(run, lambda _: None, reuse=finished.run.folder.path)
    assert not list(run.folder.path.glob("models/*"))


def test_changed_source_sentences_are_noticed(finished: Any, tiny: Any, tmp_path: Path) -> None:
    data = shutil.copytree(tiny.data, tmp_path / "data")
    corpus = read_corpus(data / "bn")
    splits = {split: part[1:] for split, part in corpus.splits.items()}
    shutil.rmtree(data / "bn")
    write_corpus(build_corpus("bn", "bn", splits), data / "bn")
    run = open_run(tiny.recipe(data_root=str(data)), tmp_path / "run")
    with pytest.raises(RunError, match=r"difference: data\.0 was"):
        run_experiment(run, lambda _: None, reuse=finished.run.folder.path)


def test_what_is_no_run_folder_is_said(tiny: Any, tmp_path: Path) -> None:
    run = open_run(tiny.recipe(), tmp_path / "run")
    with pytest.raises(RunError, match="absent: not a run folder"):
        run_experiment(run, lambda _: None, reuse=tmp_path / "absent")
    (tmp_path / "fingerprint.json").write_text("{", "utf-8")
    with pytest.raises(RunError, match="damaged"):
        run_experiment(run, lambda _: None, reuse=tmp_path)


@pytest.mark.parametrize(
    "text", ["{}", "[]", "null", '{"recipe": []}', '{"recipe": {}, "data": 1}']
)
def test_a_fingerprint_of_something_else_is_said(finished: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "fingerprint.json").write_text(text, "utf-8")
    with pytest.raises(RunError, match=r"fingerprint\.json: the file is damaged"):
        reuse_transfers(finished.run, tmp_path / "other", lambda event: None)


@pytest.mark.slow
def test_the_benchmark_shows_every_size_stands_beside_zero_shot(
    finished: Any, tiny: Any, tmp_path: Path
) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(RECIPE.format(data=tiny.data, encoder=tiny.encoder, stage=STAGE), "utf-8")
    command = [
        *(sys.executable, str(TARGET_SIZE), str(recipe), "--reuse", str(finished.run.folder.path)),
        *("--output", str(tmp_path / "sizes"), "--sizes", "3", "8", "--seeds", "1,2", "--json"),
        *("--plot", str(tmp_path / "sizes.png")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {(row["system"], row["n_sentences"]): row for row in json.loads(done.stdout)}
    of_target = ("baseline", "adapt", "crf_target", "crf_all")
    assert sorted(found) == sorted(
        [("transfer", 0), ("crf_transfer", 0), *((row, k) for row in of_target for k in (3, 8))]
    )
    zero_shot = [
        finished.run.folder.read_result("transfer", seed).test.f1_strict for seed in (1, 2)
    ]
    assert found["transfer", 0]["f1"] == sum(zero_shot) / 2
    trained = json.loads((tmp_path / "sizes/k-8/results/baseline-1.json").read_text("utf-8"))
    assert trained["training"]["n_sentences"] == 8
    assert (tmp_path / "sizes.png").stat().st_size > 10_000


def test_a_failing_run_ends_the_benchmark(tiny: Any, tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(RECIPE.format(data=tiny.data, encoder=tiny.encoder, stage=STAGE), "utf-8")
    command = [
        *(sys.executable, str(TARGET_SIZE), str(recipe), "--reuse", str(tmp_path / "absent")),
        *("--output", str(tmp_path / "sizes"), "--sizes", "3", "--seeds", "1"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "not a run folder" in done.stderr
    assert done.stdout == ""
