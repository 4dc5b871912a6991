"""What a run is made from; the shipped recipe `paper` against a hub on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from hub_standin import Hub, write_tiny_encoder, write_wikiann
from nerbridge.corpus import read_corpus
from nerbridge.errors import EnvironmentProblem, ModelError
from nerbridge.models.encoder import encoder_sha256
from nerbridge.training.experiment import learned_corpora
from nerbridge.training.recipe_files import read_recipe
from nerbridge.training.run import Run, check_precision, open_run
from nerbridge.training.run_folder import RunFolder


def test_the_fingerprint_covers_recipe_data_and_encoder(finished: Any, tiny: Any) -> None:
    run = finished.run
    fingerprint = run.fingerprint()
    assert fingerprint["encoder"] == encoder_sha256(tiny.encoder)
    assert list(fingerprint["data"].values()) == [c.sha256 for c in run.data.corpora]
    assert json.loads(json.dumps(fingerprint)) == fingerprint


def test_folders_of_one_name_are_told_apart(tiny: Any, tmp_path: Path) -> None:
    for place, language in (("x", "as"), ("y", "bn"), ("z", "hi")):
        (tmp_path / place).mkdir()
        (tmp_path / place / "data").symlink_to(tiny.data / language)
    corpora = [{"path": f"{place}/data", "language": place} for place in "xyz"]
    recipe = tiny.recipe(data_root=str(tmp_path), target=corpora[0], sources=corpora[1:])
    recipe = recipe.model_copy(update={"test_sets": ()})
    run = open_run(recipe, tmp_path / "run")
    assert len(set(run.fingerprint()["data"].values())) == 3
    assert not (tmp_path / "run").exists()  # opening alone leaves nothing behind


def test_another_lexicon_is_another_run(tiny: Any, tmp_path: Path) -> None:
    source = {"path": str(tiny.data / "bn"), "language": "bn", "lexicon": str(tmp_path / "bn.tsv")}
    found = []
    for entry in ("তিনি\tতেওঁ\n", "তিনি\tতেখেত\n"):
        (tmp_path / "bn.tsv").write_text(entry, "utf-8")
        run = open_run(tiny.recipe(sources=[source]), tmp_path / "run")
        found.append(run.fingerprint())
        learned = learned_corpora(run.data, run.recipe, "transfer")["bn"]
        assert learned.lexicon in run.fingerprint()["data"]["source 1 (bn)"]
    assert found[0]["data"] != found[1]["data"]
    assert found[0]["recipe"] == found[1]["recipe"]


def test_the_manifest_is_enough_to_load_a_model(finished: Any) -> None:
    manifest = finished.run.manifest("adapt", 2, "adapter")
    assert (manifest.system, manifest.seed) == ("adapt", 2)
    assert manifest.base.sha256 == finished.run.base.sha256


def test_windows_fit_encoder_and_recipe(tiny: Any, finished: Any, tmp_path: Path) -> None:
    assert finished.run.base.max_subwords == 62  # 66 positions, 2 of them offset, 2 special
    small = open_run(tiny.recipe(encoder={"max_subwords": 20}), tmp_path)
    assert small.base.max_subwords == 20


@pytest.mark.parametrize("encoder", ["no/such/encoder/at/all", "./absent"])
def test_a_wrong_encoder_is_said(encoder: str, tiny: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent|no/such"):
        open_run(tiny.recipe(encoder={"id": encoder}), tmp_path)


def test_half_precision_needs_a_gpu(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = tiny.recipe(transfer={"precision": "fp16"}, adapt={"precision": "bf16"})
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    check_precision(recipe)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(EnvironmentProblem, match=r"needs a GPU.*--set transfer\.precision=fp32$"):
        check_precision(recipe)
    check_precision(tiny.recipe(transfer={"precision": "bf16"}))


def test_all_paths_of_a_run_are_in_its_folder(finished: Any, tmp_path: Path) -> None:
    run = Run(finished.run.recipe, RunFolder(tmp_path), finished.run.data, finished.run.base)
    for path in (run.folder.model("adapt", 1), run.folder.work("adapt", 1)):
        assert path.is_relative_to(tmp_path)


# The hub. The clients read their variables when they are imported: they run in a process of
# their own, and so does the command.

SMALL = (
    *("--seeds", "1", "--jobs", "1", "--set", "transfer.precision=fp32"),
    *("--set", "transfer.epochs=1", "--set", "baseline.epochs=1", "--set", "adapt.epochs=1"),
)


def fill(root: Path) -> None:
    """A small encoder and small corpora under the names that the recipe asks for."""
    texts = []
    for language in ("as", "bn", "hi"):
        corpus = read_corpus(f"bundled:{language}")
        splits = {
            split: [(list(s.words), list(s.tags)) for s in sentences[:12]]
            for split, sentences in corpus.splits.items()
        }
        write_wikiann(root / "datasets" / "unimelb-nlp" / "wikiann", language, splits)
        texts += [" ".join(words) for words, _ in splits["train"]]
    write_tiny_encoder(root / "models" / "FacebookAI" / "xlm-roberta-base", texts)


def nerbridge(
    arguments: tuple[str, ...], environment: dict[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nerbridge", *arguments],
        env={**environment, "OMP_NUM_THREADS": "1", "COLUMNS": "200"},
        cwd=folder,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_the_paper_s_recipe_from_the_hub(tmp_path: Path) -> None:
    fill(tmp_path / "hub")
    command = ("run", "paper", *SMALL, "--json")
    with Hub(tmp_path / "hub") as hub:
        environment = hub.environment(tmp_path / "home")
        done = nerbridge(command, environment, tmp_path)
        commits = {
            name: hub.repository(kind, name).sha
            for kind, name in (
                ("models", "FacebookAI/xlm-roberta-base"),
                ("datasets", "unimelb-nlp/wikiann"),
            )
        }
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    record = json.loads(done.stdout)
    assert record["encoder"]["revision"] == commits["FacebookAI/xlm-roberta-base"]
    assert {c["revision"] for c in record["corpora"]} == {commits["unimelb-nlp/wikiann"]}
    assert [c["name"] for c in record["corpora"]] == [
        f"hub:unimelb-nlp/wikiann@{language}" for language in ("as", "hi", "bn")
    ]
    lineage = record["systems"][2]["seeds"][0]["manifest"]
    assert lineage["base"]["id"] == "FacebookAI/xlm-roberta-base"
    assert lineage["base"]["revision"] == commits["FacebookAI/xlm-roberta-base"]

    # The server is gone; what it gave is in the cache. Nothing is trained again.
    models = sorted((tmp_path / "runs" / "paper" / "models").glob("*/*.safetensors"))
    before = [path.stat().st_mtime_ns for path in models]
    again = nerbridge(command, environment, tmp_path)
    assert again.returncode == 0, again.stderr
    assert "Traceback" not in again.stderr
    assert json.loads(again.stdout)["systems"] == record["systems"]
    assert [path.stat().st_mtime_ns for path in models] == before

    # Neither server nor cache.
    lost = nerbridge(
        ("run", "paper", *SMALL, "--dry-run"),
        {**environment, "HF_HOME": str(tmp_path / "empty")},
        tmp_path,
    )
    assert (lost.returncode, lost.stdout) == (1, "")
    assert "unimelb-nlp/wikiann" in lost.stderr
    assert "cannot be reached" in lost.stderr
    assert "Traceback" not in lost.stderr


def test_the_paper_s_recipe_as_it_stands_says_that_it_needs_a_gpu() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(EnvironmentProblem, match=r"--set transfer\.precision=fp32"):
        open_run(read_recipe("paper"), Path(os.devnull))
