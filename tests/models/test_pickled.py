from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForTokenClassification, AutoTokenizer

from hub_shapes import MURIL, write_muril
from hub_standin import Hub, write_tiny_encoder
from nerbridge.errors import EnvironmentProblem, InputError, ModelError
from nerbridge.labels import LabelSet
from nerbridge.models import pickled
from nerbridge.models.encoder import load_token_classifier, resolve_encoder
from nerbridge.models.pickled import convert_pickles
from nerbridge.tagging import Tagger

TEXT = "অসম কলিকতা দাস বৰুৱা খবৰ গুৱাহাটীত"
NAMES = ["O", "B-PER", "I-PER"]


@pytest.fixture
def tagger_folder(tmp_path: Path) -> Path:
    """A token classifier in safetensors."""
    encoder = tmp_path / "encoder"
    write_tiny_encoder(encoder, [TEXT, *TEXT.split()], hidden_size=32)
    torch.manual_seed(0)
    names = dict(enumerate(NAMES))
    model = AutoModelForTokenClassification.from_pretrained(encoder, num_labels=3, id2label=names)
    folder = tmp_path / "tagger"
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(encoder).save_pretrained(folder)
    return folder


def to_pickle(folder: Path, *, wrap: str | None = None, prefix: str = "", **more: Any) -> Path:
    """The same folder with pickled weights only."""
    path = folder / "model.safetensors"
    tensors = {prefix + name: tensor for name, tensor in load_file(path).items()}
    torch.save({wrap: tensors, **more} if wrap else {**tensors, **more}, folder / PICKLE)
    path.unlink()
    return folder


PICKLE = "pytorch_model.bin"


class Harmful:
    """A pickle that runs a command when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f'echo harm > "{self.path}"',)


def logits(folder: Path) -> Any:
    (found,) = Tagger.load(folder).model.word_logits([TEXT.split()])
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "form",
    [
        {},
        {"wrap": "state_dict", "epoch": 3},
        {"prefix": "module."},
        {"version": "1.2"},
    ],
)
def test_a_tagger_keeps_its_head(tagger_folder: Path, tmp_path: Path, form: dict[str, Any]) -> None:
    expected = logits(tagger_folder)
    with pytest.raises(ModelError, match=r"nerbridge encoder convert .* NEW_FOLDER"):
        Tagger.load(to_pickle(tagger_folder, **form))
    done = convert_pickles(str(tagger_folder), tmp_path / "new")
    assert (done.n_labels, done.is_adapter) == (3, False)
    assert done.left_out == tuple(sorted(form.keys() - {"wrap", "prefix"}))
    assert (logits(tmp_path / "new") == expected).all()
    assert not (tmp_path / "new" / PICKLE).exists()


@pytest.mark.slow
def test_weights_in_shards_and_tensors_that_share_their_memory(
    tagger_folder: Path, tmp_path: Path
) -> None:
    expected = logits(tagger_folder)
    tensors = load_file(tagger_folder / "model.safetensors")
    names = sorted(tensors)
    parts = {f"pytorch_model-0000{i + 1}-of-00002.bin": names[i::2] for i in range(2)}
    for file, of_file in parts.items():
        torch.save({name: tensors[name] for name in of_file}, tagger_folder / file)
    index = {"weight_map": {name: file for file, of_file in parts.items() for name in of_file}}
    (tagger_folder / f"{PICKLE}.index.json").write_text(json.dumps(index), "utf-8")
    (tagger_folder / "model.safetensors").unlink()
    convert_pickles(str(tagger_folder), tmp_path / "new")
    assert (logits(tmp_path / "new") == expected).all()
    shared = torch.zeros(4, 4)
    torch.save({"a.weight": shared, "b.weight": shared, "c": shared[0]}, tmp_path / PICKLE)
    convert_pickles(str(tmp_path), tmp_path / "shared")
    assert set(load_file(tmp_path / "shared" / "model.safetensors")) == {
        "a.weight",
        "b.weight",
        "c",
    }


@pytest.mark.parametrize("head", ["sop_classifier.classifier", "mask_predictions.classifier"])
def test_a_head_of_pretraining_is_none_of_labels(tmp_path: Path, head: str) -> None:
    torch.save(
        {"albert.pooler.bias": torch.zeros(2), f"{head}.weight": torch.zeros(2, 4)},
        tmp_path / PICKLE,
    )
    assert convert_pickles(str(tmp_path), tmp_path / "new").n_labels is None


@pytest.mark.parametrize("form", ["torch", "pickle", "beside weights"])
@pytest.mark.parametrize("variable", ["", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"])
def test_a_harmful_pickle_is_refused_and_not_run(
    tagger_folder: Path, tmp_path: Path, form: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable:
        monkeypatch.setenv(variable, "1")
    harm = tmp_path / "harm"
    folder = to_pickle(tagger_folder)
    path = folder / PICKLE
    if form == "torch":
        torch.save(Harmful(harm), path)
    elif form == "pickle":
        path.write_bytes(pickle.dumps({"a": Harmful(harm)}))
    else:
        torch.save({"a.weight": torch.zeros(2), "b": Harmful(harm)}, path)
    with pytest.raises(ModelError, match=r"holds more than weights.*Nothing of it was run|no file"):
        convert_pickles(str(folder), tmp_path / "new")
    assert not harm.exists()
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged or no file"),
        (b"PK\x03\x04 cut short", "is damaged or no file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Run git lfs pull"),
    ],
)
def test_files_that_are_no_weights(
    tagger_folder: Path, tmp_path: Path, content: bytes, message: str
) -> None:
    (to_pickle(tagger_folder) / PICKLE).write_bytes(content)
    with pytest.raises(ModelError, match=message):
        convert_pickles(str(tagger_folder), tmp_path / "new")


def test_what_is_not_to_be_converted(
    tagger_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match="has safetensors already"):
        convert_pickles(str(tagger_folder), tmp_path / "new")
    with pytest.raises(ModelError, match="no such folder"):
        convert_pickles("./nowhere", tmp_path / "new")
    to_pickle(tagger_folder)
    with pytest.raises(InputError, match="exists already"):
        convert_pickles(str(tagger_folder), tagger_folder)
    index = {"weight_map": {"a": "../outside.bin"}}
    (tagger_folder / f"{PICKLE}.index.json").write_text(json.dumps(index), "utf-8")
    with pytest.raises(ModelError, match="is no file name"):
        convert_pickles(str(tagger_folder), tmp_path / "new")
    (tagger_folder / f"{PICKLE}.index.json").unlink()
    monkeypatch.setattr(pickled, "MAX_SECONDS", 0.01)
    with pytest.raises(EnvironmentProblem, match="not converted within"):
        convert_pickles(str(tagger_folder), tmp_path / "new")
    (tagger_folder / PICKLE).unlink()
    with pytest.raises(ModelError, match="no pickled weights"):
        convert_pickles(str(tagger_folder), tmp_path / "new")


def test_a_pickled_adapter(tagger_folder: Path, tmp_path: Path) -> None:
    from peft import LoraConfig, TaskType, get_peft_model

    model = AutoModelForTokenClassification.from_pretrained(tagger_folder)
    config = LoraConfig(target_modules=["query"], task_type=TaskType.TOKEN_CLS)
    get_peft_model(model, config).save_pretrained(tmp_path / "adapter")
    path = tmp_path / "adapter" / "adapter_model.safetensors"
    torch.save(load_file(path), path.with_suffix(".bin"))
    path.unlink()
    with pytest.raises(ModelError, match="nerbridge encoder convert"):
        Tagger.load(tmp_path / "adapter")
    done = convert_pickles(str(tmp_path / "adapter"), tmp_path / "new")
    assert (done.is_adapter, done.n_labels) == (True, 3)
    assert Tagger.load(tmp_path / "new").types == ("PER",)


@pytest.mark.slow
def test_hub_models_that_have_pickles_only(tagger_folder: Path, tmp_path: Path) -> None:
    """MuRIL's repository, and a tagger, by their ids from the command line."""
    root = tmp_path / "hub"
    write_muril(root / "models" / MURIL, [TEXT, *TEXT.split()])
    (root / "models" / "somebody").mkdir()
    to_pickle(tagger_folder).rename(root / "models" / "somebody" / "tagger")
    nerbridge = [sys.executable, "-m", "nerbridge"]
    with Hub(root) as hub:
        environment = hub.environment(tmp_path / "home")

        def run(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [*nerbridge, *words],
                env={**environment, "PYTHONUTF8": "1"},
                input=TEXT,
                capture_output=True,
                encoding="utf-8",
                check=False,
            )

        refused = run("tag", "-", "-m", "somebody/tagger")
        assert refused.returncode == 1
        assert "nerbridge encoder convert somebody/tagger NEW_FOLDER" in refused.stderr
        done = run("encoder", "convert", "somebody/tagger", str(tmp_path / "tagger"))
        assert done.returncode == 0, done.stderr
        assert "3 labels" in done.stdout
        assert run("tag", "-", "-m", str(tmp_path / "tagger")).returncode == 0
        done = run("encoder", "convert", MURIL, str(tmp_path / "muril"))
        assert done.returncode == 0, done.stderr
        assert "no head" in done.stdout
    source = resolve_encoder(str(tmp_path / "muril"))
    assert load_token_classifier(source, LabelSet(), seed=0).config.model_type == "bert"
