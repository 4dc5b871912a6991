"""The whole experiment on tiny things: outcome, manifests, and going on where it was."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForTokenClassification

from hub_standin import write_tiny_encoder
from nerbridge.errors import RunError
from nerbridge.io.toml import to_toml
from nerbridge.models.encoder import encoder_sha256
from nerbridge.models.manifest import Manifest, ParentModel, read_manifest
from nerbridge.models.torch_model import TorchNetwork
from nerbridge.models.trained import load_torch
from nerbridge.training import experiment
from nerbridge.training.data import load_data
from nerbridge.training.experiment import (
    GAVE_UP,
    learned_corpora,
    run_experiment,
    run_seed,
    stage_data,
    train_transfers,
)
from nerbridge.training.run import Run, StageProgress, open_run
from nerbridge.training.run_folder import RunFolder
from nerbridge.training.stage_settings import STAGES

REPOSITORY = Path(__file__).resolve().parents[2]
IDS = torch.tensor([[0, 7, 9, 30, 2], [0, 8, 2, 1, 1]])
MASK = (IDS != 1).long()


def logits(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model.eval()(input_ids=IDS, attention_mask=MASK).logits
    return found


def network_of(folder: Path) -> Any:
    return cast(TorchNetwork, load_torch(folder).forward).model


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def mtimes(folder: Path) -> dict[str, int]:
    paths = [*folder.glob("models/**/*"), *folder.glob("results/*")]
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in paths}


@pytest.fixture
def copied(finished: Any, tmp_path: Path) -> Run:
    """The finished run in a folder that a test may change."""
    run = finished.run
    folder = shutil.copytree(run.folder.path, tmp_path / "run", copy_function=shutil.copy2)
    return Run(run.recipe, RunFolder(folder), run.data, run.base)


def test_every_stage_of_every_seed_leaves_a_model_and_a_result(finished: Any) -> None:
    folder = finished.run.folder.path
    names = [f"{stage}-{seed}" for stage in STAGES for seed in (1, 2)]
    names += ["crf_target-0", "crf_transfer-0", "crf_all-0"]
    assert sorted(path.name for path in (folder / "models").iterdir()) == sorted(names)
    assert sorted(path.stem for path in (folder / "results").iterdir()) == sorted(names)
    assert not list((folder / "work").iterdir())


def test_the_listener_hears_of_every_stage_to_its_end(finished: Any) -> None:
    ends = [(p.system, p.seed) for p in finished.heard if p.done == 1.0]
    assert ends == [
        *((stage, seed) for seed in (1, 2) for stage in STAGES),
        ("crf_target", 0),
        ("crf_transfer", 0),
        ("crf_all", 0),
    ]
    assert all(0 <= p.done <= 1 for p in finished.heard)


@pytest.mark.parametrize("seed", [1, 2])
def test_manifests_lead_from_the_adapted_model_to_the_base(
    seed: int, finished: Any, tiny: Any
) -> None:
    models = finished.run.folder.path / "models"
    adapt, transfer, baseline = (
        read_manifest(models / f"{row}-{seed}") for row in ("adapt", "transfer", "baseline")
    )
    assert adapt.parent == ParentModel(
        model=f"transfer-{seed}",
        sha256=sha256(models / f"transfer-{seed}" / "adapter_model.safetensors"),
        data=transfer.data,
    )
    assert transfer.parent is baseline.parent is None
    for manifest in (adapt, transfer, baseline):
        assert manifest.base.sha256 == encoder_sha256(tiny.encoder)
        assert (manifest.seed, manifest.recipe) == (seed, "tiny")
        assert {"torch", "nerbridge"} <= manifest.versions.keys()
    assert uses(transfer) == {("bn", "source"), ("hi", "source")}
    assert uses(adapt) == uses(baseline) == {("as", "target")}


def test_corpora_of_one_name_are_told_apart(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny.data / "as", "pseudo/as")
    sources = [{"path": path, "language": "as"} for path in ("here:pseudo/as", "hi")]
    recipe = tiny.recipe(sources=sources, adapt={"replay": 1})
    data = learned_corpora(load_data(recipe), recipe, "adapt")
    roles = {name: corpus.role for name, corpus in data.items()}
    assert roles == {"as": "target", "here:pseudo/as": "source", "hi": "source"}
    assert [name for name, corpus in data.items() if corpus.is_target] == ["here:pseudo/as"]


def uses(manifest: Manifest) -> set[tuple[str, str]]:
    return {(corpus.language, corpus.role) for corpus in manifest.data.values()}


@pytest.mark.parametrize("row", ["transfer-1", "adapt-1", "adapt-2"])
def test_adapters_are_plain_peft_folders(row: str, finished: Any, tiny: Any) -> None:
    folder = finished.run.folder.path / "models" / row
    base = AutoModelForTokenClassification.from_pretrained(
        tiny.encoder, num_labels=7, dtype=torch.float32
    )
    plain = PeftModel.from_pretrained(base, str(folder))
    assert torch.equal(logits(plain), logits(network_of(folder)))


def test_the_baseline_is_a_plain_model_folder(finished: Any) -> None:
    folder = finished.run.folder.path / "models" / "baseline-1"
    plain = AutoModelForTokenClassification.from_pretrained(folder, dtype=torch.float32)
    assert torch.equal(logits(plain), logits(network_of(folder)))


def test_seeds_differ(finished: Any) -> None:
    models = finished.run.folder.path / "models"
    for stage, file in (("baseline", "model"), ("transfer", "adapter_model")):
        first, second = (models / f"{stage}-{s}" / f"{file}.safetensors" for s in (1, 2))
        assert sha256(first) != sha256(second)


def test_adapting_begins_where_the_transfer_ended(copied: Run, tiny: Any) -> None:
    still = {"learning_rate": 1e-15, "head_learning_rate": 1e-15, "weight_decay": 0}
    run = Run(tiny.recipe(adapt=still), copied.folder, copied.data, copied.base)
    forget(run, "adapt", 1)
    run_seed(run, 1, lambda _: None)
    models = run.folder.path / "models"
    adapted, transferred = (network_of(models / f"{row}-1") for row in ("adapt", "transfer"))
    assert torch.allclose(logits(adapted), logits(transferred), atol=1e-6)


def forget(run: Run, row: str, seed: int, *, keep_model: bool = False) -> None:
    (run.folder.path / "results" / f"{row}-{seed}.json").unlink()
    if not keep_model:
        shutil.rmtree(run.folder.model(row, seed))


def test_a_second_time_nothing_is_done(copied: Run) -> None:
    before, heard = mtimes(copied.folder.path), list[StageProgress]()
    run_experiment(copied, heard.append)
    assert heard == []
    assert mtimes(copied.folder.path) == before


def test_a_lost_result_is_made_from_the_model(copied: Run) -> None:
    wanted, before = copied.folder.read_result("adapt", 2), mtimes(copied.folder.path)
    forget(copied, "adapt", 2, keep_model=True)
    run_experiment(copied, lambda _: None, jobs=1)
    assert copied.folder.read_result("adapt", 2) == wanted
    after = mtimes(copied.folder.path)
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {"results/adapt-2.json"}


def test_a_lost_model_is_trained_again_to_the_same_weights(copied: Run, finished: Any) -> None:
    forget(copied, "adapt", 1)
    run_experiment(copied, lambda _: None, jobs=1)
    weights = "models/adapt-1/adapter_model.safetensors"
    assert sha256(copied.folder.path / weights) == sha256(finished.run.folder.path / weights)


@pytest.mark.slow
def test_more_seeds_are_accepted_and_the_others_left_alone(copied: Run, tiny: Any) -> None:
    before = mtimes(copied.folder.path)
    run = Run(tiny.recipe(seeds=[3, 1]), copied.folder, copied.data, copied.base)
    heard: list[StageProgress] = []
    run_experiment(run, heard.append, jobs=1)
    assert {(p.system, p.seed) for p in heard} == {(stage, 3) for stage in STAGES}
    after = mtimes(copied.folder.path)
    assert {path: after[path] for path in before} == before


def refused(recipe: Any, folder: Path) -> str:
    with pytest.raises(RunError) as error:
        run_experiment(open_run(recipe, folder), lambda _: None, jobs=1)
    return str(error.value)


def test_something_else_is_refused_by_name(copied: Run, tiny: Any, tmp_path: Path) -> None:
    folder = copied.folder.path
    before = mtimes(folder)
    assert "recipe.adapt.epochs was 1, is 2" in refused(tiny.recipe(adapt={"epochs": 2}), folder)

    data = shutil.copytree(tiny.data, tmp_path / "data")
    with (data / "bn" / "train.conll").open("a", encoding="utf-8") as out:
        out.write("\nঢাকা\tB-LOC\n")
    said = refused(tiny.recipe(data_root=str(data)), folder)
    assert "data.source 1 (bn) was " in said
    assert "hi" not in said.replace("this", "").split("changed since")[1].split("Results")[0]

    write_tiny_encoder(tmp_path / "other", ["অসম ঢাকা"] * 50, hidden_size=32)
    said = refused(tiny.recipe(encoder={"id": str(tmp_path / "other")}), folder)
    assert "recipe.encoder.id was " in said
    assert "; encoder was " in said or "encoder was" in said.split("recipe.encoder.id")[0]
    assert mtimes(folder) == before


def test_an_encoder_changed_in_its_place_is_refused(copied: Run, tiny: Any, tmp_path: Path) -> None:
    folder = copied.folder.path
    other = shutil.copytree(tiny.encoder, tmp_path / "encoder")
    fingerprint = folder / "fingerprint.json"
    fingerprint.write_text(
        fingerprint.read_text("utf-8").replace(str(tiny.encoder), str(other)), "utf-8"
    )
    recipe = tiny.recipe(encoder={"id": str(other)})
    run_experiment(open_run(recipe, folder), lambda _: None)
    write_tiny_encoder(other, ["অসম ঢাকা"] * 50, hidden_size=32)
    assert "encoder was " in refused(recipe, folder)


def test_two_at_once_are_kept_apart(copied: Run) -> None:
    with copied.folder.locked(), pytest.raises(RunError, match="another nerbridge"):
        run_experiment(copied, lambda _: None)


@pytest.mark.slow
def test_a_collapse_is_noticed_and_tried_again_with_a_remedy(tiny: Any, tmp_path: Path) -> None:
    """Few steps on a corpus of mostly O teach O alone."""
    plain = {"class_weights": "none", "epochs": 2, "retries": 1}
    run = open_run(tiny.recipe(baseline=plain), tmp_path)
    heard: list[StageProgress] = []
    run_seed(run, 1, heard.append)
    result = run.folder.read_result("baseline", 1)
    assert result is not None
    assert result.training is not None
    first, *more = result.training.remedies
    assert "class_weights = 'balanced'" in first
    assert first in [p.message for p in heard]
    assert result.test.n_predicted > 0 or more == ["gave up: the model still predicts no entity"]


@pytest.mark.slow
def test_a_collapse_that_stays_is_said(
    copied: Run, tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerbridge.training.stage.has_collapsed", lambda _: True)
    recipe = tiny.recipe(baseline={"retries": 2})
    run = Run(recipe, copied.folder, copied.data, copied.base)
    forget(run, "baseline", 1)
    run_seed(run, 1, lambda _: None)
    result = run.folder.read_result("baseline", 1)
    assert result is not None
    assert result.training is not None
    assert len(result.training.remedies) == 3
    assert result.training.remedies[-1].startswith("gave up")
    assert result.training.n_steps == 27  # three times as many at each remedy


def test_transfers_alone_are_those_of_the_run_and_one_that_finds_nothing_is_refused(
    copied: Run,
) -> None:
    models = train_transfers(copied, lambda _: None)
    assert [model.name for model in models] == ["transfer-1", "transfer-2"]
    path = models[1] / "nerbridge.json"
    document = json.loads(path.read_text("utf-8"))
    document["training"]["remedies"] = [GAVE_UP]
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(RunError, match=r"models/transfer-2: the transferred model predicts no"):
        train_transfers(copied, lambda _: None)


@pytest.mark.slow
def test_full_fine_tuning_can_be_carried_over_too(tiny: Any, tmp_path: Path) -> None:
    recipe = tiny.recipe(
        seeds=[1], transfer={"method": "full"}, adapt={"method": "full", "replay": 5}
    )
    run = open_run(recipe, tmp_path)
    run_seed(run, 1, lambda _: None)
    manifest = read_manifest(run.folder.model("adapt", 1))
    transferred = run.folder.model("transfer", 1) / "model.safetensors"
    assert manifest.parent.sha256 == sha256(transferred)
    assert uses(manifest) == {("as", "target"), ("bn", "source"), ("hi", "source")}
    assert len(stage_data(run.data, "adapt", 1).words) == 24 + 5


def test_trimming_the_vocabulary_changes_nothing_but_the_effort(
    copied: Run, tiny: Any, finished: Any
) -> None:
    recipe = tiny.recipe(encoder={"trim_vocabulary": False}, baseline={"weight_decay": 0})
    trimmed = tiny.recipe(baseline={"weight_decay": 0})
    models = []
    for own in (recipe, trimmed):
        run = Run(own, copied.folder, copied.data, copied.base)
        forget(run, "baseline", 1)
        run_seed(run, 1, lambda _: None)
        models.append(network_of(run.folder.model("baseline", 1)))
    assert torch.allclose(logits(models[0]), logits(models[1]), atol=1e-5)


def test_small_encoders_share_the_cores(finished: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert experiment.default_jobs(finished.run) == 4
    monkeypatch.setitem(finished.run.base.description, "n_parameters", 300_000_000)
    assert experiment.default_jobs(finished.run) == 1


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_as_undisturbed(tiny: Any, tmp_path: Path) -> None:
    """The short version of ``scripts/kill_and_resume``, which is for trying it in earnest."""
    changes = {
        "baseline": {"epochs": 2},
        "transfer": {"epochs": 4},
        "adapt": {"epochs": 2, "keep_best": False},
    }
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(to_toml(tiny.recipe(**changes).to_dict()), "utf-8")
    command = [sys.executable, "scripts/kill_and_resume", "--recipe", str(recipe)]
    done = subprocess.run(
        [*command, "--kills", "2", "--jobs", "1", "--folder", str(tmp_path / "runs")],
        cwd=REPOSITORY, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SAME after 2 kills" in done.stdout
    assert "Traceback" not in done.stderr
    results = list((tmp_path / "runs" / "jobs-1" / "undisturbed" / "results").iterdir())
    assert len(results) == 9
    assert all(json.loads(path.read_text("utf-8"))["test"]["counts"] for path in results)
