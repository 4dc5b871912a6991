import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoModelForTokenClassification, PreTrainedModel

from hub_shapes import tiny_config
from nerbridge.errors import ModelError
from nerbridge.labels import LabelSet
from nerbridge.models.adapter import (
    LoraSettings,
    adapter_tensors,
    attach_adapter,
    load_adapter,
    save_adapter,
)
from nerbridge.models.encoder import (
    ENCODER_TYPES,
    EncoderSource,
    encoder_sha256,
    head_modules,
    load_token_classifier,
)
from nerbridge.models.manifest import BaseEncoder, Manifest, ParentModel, read_manifest

Fresh = Callable[[], PreTrainedModel]
Shake = Callable[[nn.Module], None]
IDS = torch.tensor([[0, 20, 21, 22, 23, 2]])
SETTINGS = [
    LoraSettings(),
    LoraSettings(r=4, target_modules="all-linear"),
    LoraSettings(bias="lora_only", target_modules=("query", "dense")),
    LoraSettings(bias="all"),
]


def _logits(model: nn.Module) -> torch.Tensor:
    model.eval()
    with torch.inference_mode():
        logits: torch.Tensor = model(input_ids=IDS).logits
    return logits


@pytest.fixture
def saved(fresh: Fresh, shaken: Shake, manifest: Manifest, tmp_path: Path) -> Path:
    """An adapter folder, as after training."""
    model = attach_adapter(fresh(), LoraSettings(), seed=3)
    shaken(model)
    save_adapter(model, tmp_path / "adapter", manifest)
    return tmp_path / "adapter"


def test_a_fresh_adapter_changes_nothing_and_comes_from_its_seed(fresh: Fresh) -> None:
    base = fresh()
    state = torch.random.get_rng_state()
    first, again, other = (attach_adapter(fresh(), LoraSettings(), seed=n) for n in (3, 3, 4))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(_logits(first), _logits(base))
    for name, tensor in adapter_tensors(first).items():
        assert torch.equal(tensor, adapter_tensors(again)[name])
        assert torch.equal(tensor, adapter_tensors(other)[name]) == ("lora_A" not in name)


def test_only_adapter_and_head_are_trained(fresh: Fresh) -> None:
    model = attach_adapter(fresh(), LoraSettings(target_modules="all-linear"), seed=0)
    trained = [name for name, p in model.named_parameters() if p.requires_grad]
    assert all("lora_" in name or "classifier.modules_to_save" in name for name in trained)
    # 2 layers of 6 linear layers with A and B each, head weight and bias; no LoRA on the head.
    assert len(trained) == 2 * 6 * 2 + 2


@pytest.mark.parametrize("targets", [None, "all-linear"])
@pytest.mark.parametrize("model_type", ENCODER_TYPES)
def test_every_encoder_type_takes_an_adapter_and_gives_it_back(
    model_type: str, targets: Literal["all-linear"] | None, shaken: Shake, tmp_path: Path
) -> None:
    tags = LabelSet().tags
    config = tiny_config(model_type, id2label=dict(enumerate(tags)))
    AutoModelForTokenClassification.from_config(config).save_pretrained(tmp_path / "base")
    source = EncoderSource("base", tmp_path / "base")
    fresh = [load_token_classifier(source, LabelSet(), seed=2) for _ in range(2)]
    settings = LoraSettings(r=2, target_modules=targets)
    model = attach_adapter(fresh[0], settings, seed=1)
    heads = head_modules(model.get_base_model())
    trained = [name for name, p in model.named_parameters() if p.requires_grad]
    with_lora = {name.split(".lora_")[0] for name in trained if ".lora_" in name}
    assert len(with_lora) >= 2 if model_type != "albert" else with_lora
    assert not [name for name in with_lora for head in heads if f".{head}." in name]
    assert {name.split("model.")[-1].split(".")[0] for name in trained if "_save" in name} == {
        *heads
    }
    shaken(model)
    base = BaseEncoder(id="base")
    manifest = Manifest(
        kind="adapter", base=base, types=("PER", "ORG", "LOC"), script=None, max_subwords=9
    )
    save_adapter(model, tmp_path / "adapter", manifest)
    loaded = load_adapter(fresh[1], tmp_path / "adapter", trainable=False)
    assert torch.equal(_logits(loaded), _logits(model))


def test_without_named_layers_the_adapter_has_those_of_peft(fresh: Fresh) -> None:
    config = LoraConfig(task_type="TOKEN_CLS", r=8)
    theirs = get_peft_model(fresh(), config).targeted_module_names
    ours = attach_adapter(fresh(), LoraSettings(), seed=0).targeted_module_names
    assert sorted(ours) == sorted(theirs)
    assert {name.split(".")[-1] for name in ours} == {"query", "value"}


@pytest.mark.parametrize("settings", SETTINGS)
def test_saved_and_loaded_is_the_same_with_and_without_nerbridge(
    settings: LoraSettings,
    fresh: Fresh,
    shaken: Shake,
    manifest: Manifest,
    tmp_path: Path,
    encoder: EncoderSource,
) -> None:
    base_logits = _logits(fresh())
    model = attach_adapter(fresh(), settings, seed=3)
    shaken(model)
    expected = _logits(model)
    assert not torch.allclose(expected, base_logits, atol=1e-2)
    save_adapter(model, tmp_path / "a", manifest)
    for trainable in (True, False):
        loaded = load_adapter(fresh(), tmp_path / "a", trainable=trainable)
        assert torch.equal(_logits(loaded), expected)
        wanted = {n for n, p in model.named_parameters() if p.requires_grad and trainable}
        assert {n for n, p in loaded.named_parameters() if p.requires_grad} == wanted
    plain = AutoModelForTokenClassification.from_pretrained(encoder.folder, num_labels=7)
    assert torch.equal(_logits(PeftModel.from_pretrained(plain, tmp_path / "a")), expected)


def test_saving_twice_and_after_loading_gives_the_same_files(
    fresh: Fresh, saved: Path, manifest: Manifest
) -> None:
    files = {path.name: path.read_bytes() for path in saved.iterdir()}
    assert sorted(files) == ["adapter_config.json", "adapter_model.safetensors", "nerbridge.json"]
    loaded = load_adapter(fresh(), saved, trainable=True)
    save_adapter(loaded, saved, manifest)
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == files


def test_the_manifest_is_kept_and_names_the_base_in_the_adapter_too(
    saved: Path, manifest: Manifest
) -> None:
    assert read_manifest(saved) == manifest.model_copy(update={"kind": "adapter"})
    assert manifest.base is not None
    config = json.loads((saved / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == manifest.base.id
    assert config["task_type"] == "TOKEN_CLS"


def test_a_folder_without_a_manifest_is_a_plain_peft_folder(fresh: Fresh, saved: Path) -> None:
    expected = _logits(load_adapter(fresh(), saved, trainable=False))
    (saved / "nerbridge.json").unlink()
    assert torch.equal(_logits(load_adapter(fresh(), saved, trainable=False)), expected)
    with pytest.raises(ModelError, match="not a model trained with nerbridge"):
        read_manifest(saved)


def _edit_tensors(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors = load_file(folder / "adapter_model.safetensors")
    change(tensors)
    save_file(tensors, folder / "adapter_model.safetensors")


HEAD = "base_model.model.classifier.weight"


def _halve_weights(folder: Path) -> None:
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:500])


def _edit_json(path: Path, **values: object) -> None:
    path.write_text(
        json.dumps({**json.loads(path.read_text(encoding="utf-8")), **values}), encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: _edit_tensors(f, lambda t: t.pop(HEAD)), f"missing: {HEAD}"),
        (
            lambda f: _edit_tensors(f, lambda t: t.update(extra=torch.zeros(2))),
            "unexpected: extra",
        ),
        (
            lambda f: _edit_tensors(f, lambda t: t.update({HEAD: torch.zeros(5, 32)})),
            r"of another shape: .*classifier.weight \(adapter \(5, 32\), model \(7, 32\)\)",
        ),
        (_halve_weights, "damaged or incomplete"),
        (lambda f: (f / "adapter_model.safetensors").unlink(), "no adapter_model.safetensors"),
        (lambda f: (f / "adapter_config.json").unlink(), "no adapter_config.json"),
        (lambda f: (f / "adapter_config.json").write_text("{"), "not a LoRA configuration"),
        (
            lambda f: _edit_json(f / "adapter_config.json", peft_type="IA3"),
            "'IA3', expected 'LORA'",
        ),
        (
            lambda f: _edit_json(f / "adapter_config.json", task_type="SEQ_CLS"),
            "does not tag words",
        ),
        (
            lambda f: _edit_json(f / "adapter_config.json", target_modules=["Wqkv"]),
            "does not fit a xlm-roberta model.*layers are named classifier, dense, key, query",
        ),
        (lambda f: _edit_json(f / "nerbridge.json", schema=9), "schema is 9, expected 2 or 1"),
        (lambda f: (f / "nerbridge.json").write_text("{"), "not JSON"),
    ],
)
def test_folders_that_do_not_hold_the_whole_adapter(
    fresh: Fresh, saved: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(saved)
    with pytest.raises(ModelError, match=message):
        load_adapter(fresh(), saved, trainable=True)


def test_another_base_another_size_and_other_labels_are_refused(
    encoder: EncoderSource,
    make_encoder: Callable[..., EncoderSource],
    saved: Path,
    label_set: LabelSet,
) -> None:
    other = load_token_classifier(make_encoder(seed=9), label_set, seed=1)
    with pytest.raises(ModelError, match=r"trained on .* with weights .*Give the same encoder"):
        load_adapter(other, saved, trainable=False)
    fewer = load_token_classifier(encoder, LabelSet(("PER", "LOC")), seed=1)
    with pytest.raises(ModelError, match="types are PER, ORG, LOC, the model's PER, LOC"):
        load_adapter(fewer, saved, trainable=False)
    (saved / "nerbridge.json").unlink()
    wider = load_token_classifier(make_encoder(hidden_size=64), label_set, seed=1)
    with pytest.raises(
        ModelError, match=r"of another shape: .*\(adapter .*model .*\) and \d+ more"
    ):
        load_adapter(wider, saved, trainable=False)


def test_unknown_target_modules_are_named(fresh: Fresh) -> None:
    with pytest.raises(ModelError, match="Its linear layers are named classifier, dense, key"):
        attach_adapter(fresh(), LoraSettings(target_modules=("q_proj",)), seed=0)


def test_the_hash_of_a_base_with_an_adapter_is_refused(fresh: Fresh) -> None:
    with pytest.raises(ModelError, match="before attaching"):
        encoder_sha256(attach_adapter(fresh(), LoraSettings(), seed=0))


def test_a_trained_adapter_can_be_trained_further(
    fresh: Fresh, saved: Path, manifest: Manifest, tmp_path: Path, shaken: Shake
) -> None:
    model = load_adapter(fresh(), saved, trainable=True)
    shaken(model)
    expected = _logits(model)
    parent = ParentModel(model="first", sha256="0" * 64)
    save_adapter(model, tmp_path / "further", manifest.model_copy(update={"parent": parent}))
    shutil.rmtree(saved)
    loaded = load_adapter(fresh(), tmp_path / "further", trainable=False)
    assert torch.equal(_logits(loaded), expected)
