"""Transferred models of another run: taken where they are the same, refused where not."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from nerbridge.corpus import read_corpus, write_corpus
from nerbridge.corpus.reading import build_corpus
from nerbridge.errors import RunError
from nerbridge.training.experiment import run_experiment
from nerbridge.training.prediction import CRF_FILE
from nerbridge.training.references import CRF_SEED
from nerbridge.training.run import Progress, open_run

WEIGHTS = "adapter_model.safetensors"


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
    heard: list[Progress] = []
    run_experiment(reusing, heard.append, jobs=1, reuse=theirs.path)
    own = open_run(tiny.recipe(**changes), tmp_path / "own")
    run_experiment(own, lambda _: None, jobs=1)

    taken = [p for p in heard if p.row == "transfer" and p.message.startswith("taken from")]
    assert [p.seed for p in taken] == [2]
    for row in ("transfer", "adapt"):
        weights = {sha256(run.folder.model(row, 2) / WEIGHTS) for run in (reusing, own)}
        assert len(weights) == 1
    scores = [run.folder.read_result("transfer", 2).test for run in (reusing, own)]
    assert scores[0] == scores[1]


def test_the_crf_of_the_sources_is_taken_too(finished: Any, tiny: Any, tmp_path: Path) -> None:
    theirs = finished.run.folder
    run = open_run(tiny.recipe(target={"max_train": 5}), tmp_path / "run")
    heard: list[Progress] = []
    run_experiment(run, heard.append, jobs=1, reuse=theirs.path)
    taken = {p.row for p in heard if p.message.startswith("taken from")}
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
    with pytest.raises(RunError, match="differ in data was"):
        run_experiment(run, lambda _: None, reuse=finished.run.folder.path)


def test_what_is_no_run_folder_is_said(tiny: Any, tmp_path: Path) -> None:
    run = open_run(tiny.recipe(), tmp_path / "run")
    with pytest.raises(RunError, match="absent: no run folder"):
        run_experiment(run, lambda _: None, reuse=tmp_path / "absent")
    (tmp_path / "fingerprint.json").write_text("{", "utf-8")
    with pytest.raises(RunError, match="damaged"):
        run_experiment(run, lambda _: None, reuse=tmp_path)
