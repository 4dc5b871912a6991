import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModelForTokenClassification, XLMRobertaModel
from transformers.utils import logging as transformers_logging

import hub_shapes
from hub_shapes import tiny_config
from nerbridge.errors import ModelError
from nerbridge.labels import LabelSet
from nerbridge.models import bundled
from nerbridge.models.encoder import (
    ENCODER_TYPES,
    EncoderSource,
    encoder_sha256,
    head_modules,
    load_token_classifier,
    load_tokenizer,
    model_tags,
    resolve_encoder,
)

MakeEncoder = Callable[..., EncoderSource]


def _weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return dict(model.named_parameters())


def test_the_head_comes_from_the_seed_and_the_rest_from_the_folder(
    encoder: EncoderSource, label_set: LabelSet
) -> None:
    state = torch.random.get_rng_state()
    first, again, other = (load_token_classifier(encoder, label_set, seed=n) for n in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    for name, weight in _weights(first).items():
        assert torch.equal(weight, _weights(again)[name])
    assert not torch.equal(first.classifier.weight, other.classifier.weight)
    assert first.classifier.weight.std().item() == pytest.approx(0.3, rel=0.3)
    assert not first.classifier.bias.any()
    on_disk = load_file(encoder.folder / "model.safetensors")
    for name, weight in _weights(first.base_model).items():
        assert torch.equal(weight, on_disk[f"roberta.{name}"])


def test_labels_and_dropout_are_those_asked_for(encoder: EncoderSource) -> None:
    labels = LabelSet(("LOC", "PER"))
    model = load_token_classifier(encoder, labels, seed=0, dropout=0.37)
    assert model_tags(model) == labels.tags
    assert model.config.label2id == labels.tag_to_id
    assert model.config.num_labels == 5
    drops = {module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)}
    assert drops == {0.37}


def test_loading_says_nothing_and_leaves_logging_alone(
    encoder: EncoderSource,
    label_set: LabelSet,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    verbosity = transformers_logging.get_verbosity()
    has_bars = transformers_logging.is_progress_bar_enabled()
    handlers = list(logging.getLogger().handlers)
    load_token_classifier(encoder, label_set, seed=0)
    load_tokenizer(encoder)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    assert recwarn.list == []
    assert transformers_logging.get_verbosity() == verbosity
    assert transformers_logging.is_progress_bar_enabled() == has_bars
    assert logging.getLogger().handlers == handlers


def test_half_precision_on_disk_is_single_in_memory_with_one_hash(
    make_encoder: MakeEncoder, label_set: LabelSet
) -> None:
    half = make_encoder(seed=3, dtype=torch.float16)
    model = load_token_classifier(half, label_set, seed=0)
    assert {weight.dtype for weight in _weights(model).values()} == {torch.float32}
    assert encoder_sha256(half.folder) == encoder_sha256(model)


def test_the_hash_tells_encoders_apart_but_not_heads(
    make_encoder: MakeEncoder, encoder: EncoderSource, label_set: LabelSet
) -> None:
    model = load_token_classifier(encoder, label_set, seed=5)
    before = encoder_sha256(model)
    assert before == encoder_sha256(load_token_classifier(encoder, LabelSet(("X",)), seed=6))
    assert before != encoder_sha256(make_encoder(seed=1).folder)
    with torch.no_grad():
        model.base_model.encoder.layer[0].attention.self.query.bias[0] += 1e-7
    assert before != encoder_sha256(model)


def test_weights_saved_without_a_head_or_with_another_one(
    encoder: EncoderSource, label_set: LabelSet, own_encoder: Path
) -> None:
    expected = encoder_sha256(load_token_classifier(encoder, label_set, seed=0))
    XLMRobertaModel.from_pretrained(encoder.folder).save_pretrained(own_encoder)
    bare = load_token_classifier(resolve_encoder(str(own_encoder)), label_set, seed=0)
    assert encoder_sha256(bare) == expected
    load_token_classifier(encoder, LabelSet(("X",)), seed=0).save_pretrained(own_encoder)
    other_head = load_token_classifier(resolve_encoder(str(own_encoder)), label_set, seed=0)
    assert encoder_sha256(other_head) == expected
    assert torch.equal(other_head.classifier.weight, bare.classifier.weight)


@pytest.mark.parametrize(
    ("write", "prefix"),
    [
        (hub_shapes.write_xlmr_base, "roberta."),
        (hub_shapes.write_mbert, "bert."),
        (hub_shapes.write_e5_small, ""),
    ],
)
def test_weights_as_the_hub_has_them(
    write: Callable[..., Path], prefix: str, tmp_path: Path, label_set: LabelSet
) -> None:
    """With a prefix or without, beside leftover tensors, and with the LayerNorms of old BERTs."""
    source = resolve_encoder(str(write(tmp_path, ["নৈখনৰ পানী", "ধাননি পথাৰ"] * 9)))
    model = load_token_classifier(source, label_set, seed=0)
    on_disk = {
        name.replace("gamma", "weight").replace("beta", "bias"): tensor
        for name, tensor in load_file(source.folder / "model.safetensors").items()
    }
    found = _weights(model.base_model)
    assert len(found) > 30
    for name, weight in found.items():
        assert torch.equal(weight, on_disk[prefix + name]), name


@pytest.mark.parametrize("model_type", ENCODER_TYPES)
def test_every_encoder_type_loads_with_a_seeded_head(
    model_type: str, own_encoder: Path, label_set: LabelSet
) -> None:
    config = tiny_config(model_type, num_labels=3)
    AutoModelForTokenClassification.from_config(config).save_pretrained(own_encoder)
    source = resolve_encoder(str(own_encoder))
    first, again = (load_token_classifier(source, label_set, seed=4) for _ in range(2))
    assert head_modules(first)
    for name, weight in _weights(first).items():
        assert torch.equal(weight, _weights(again)[name])
    ids = torch.tensor([[0, 5, 6, 2]])
    first.eval()
    assert first(input_ids=ids).logits.shape == (1, 4, 7)


def test_the_tokenizer_is_the_one_in_tokenizer_json(encoder: EncoderSource) -> None:
    loaded = load_tokenizer(encoder).backend_tokenizer
    plain = Tokenizer.from_file(str(encoder.folder / "tokenizer.json"))
    assert json.loads(loaded.to_str())["normalizer"] == json.loads(plain.to_str())["normalizer"]
    words = ["অসম", "a\u200bb", "ZZ"]
    found, expected = (t.encode(words, is_pretokenized=True).ids for t in (loaded, plain))
    assert found == expected


def test_a_bundled_encoder_is_found_by_name(
    encoder: EncoderSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundled, "ENCODERS", encoder.folder.parent)
    name = f"bundled:{encoder.folder.name}"
    assert resolve_encoder(name) == EncoderSource(name, encoder.folder, None)
    with pytest.raises(ModelError, match=f"bundled:maxi: no such.*Available: .*{name}"):
        resolve_encoder("bundled:maxi")


def test_a_missing_folder_is_not_taken_for_a_hub_id(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere: no such folder\. Give"):
        resolve_encoder(str(tmp_path / "nowhere"))
    with pytest.raises(ModelError, match="neither a folder nor a hub id"):
        resolve_encoder("not a/valid/id")


def _edit_config(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def _rename_weights(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "config.json").unlink(), "no config.json"),
        (lambda f: (f / "config.json").write_text("{"), "not JSON"),
        (lambda f: (f / "config.json").write_text("[]"), "expected a JSON object"),
        (lambda f: (f / "model.safetensors").unlink(), "found pickled weights: none"),
        (_rename_weights, "found pickled weights: pytorch_model.bin.*nerbridge encoder convert"),
        (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer"),
        (lambda f: _edit_config(f, auto_map={"AutoModel": "x.Y"}), "remote code"),
        (lambda f: _edit_config(f, model_type="gpt2"), "model_type is 'gpt2'; expected an encoder"),
    ],
)
def test_incomplete_and_unsafe_folders_are_refused(
    own_encoder: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(own_encoder)
    with pytest.raises(ModelError, match=message):
        resolve_encoder(str(own_encoder))


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _load(folder: Path) -> None:
    source = resolve_encoder(str(folder))
    load_token_classifier(source, LabelSet(), seed=0)
    load_tokenizer(source)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: _halve(f / "model.safetensors"), "weights cannot be loaded"),
        (lambda f: (f / "model.safetensors").write_bytes(b""), "weights cannot be loaded"),
        (lambda f: _edit_config(f, hidden_size=16), "another shape.*do not belong together"),
        (lambda f: _edit_config(f, num_hidden_layers=3), r"16 encoder tensors are missing"),
        (lambda f: _halve(f / "tokenizer.json"), "tokenizer cannot be loaded"),
    ],
)
def test_damaged_folders_are_refused(
    own_encoder: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(own_encoder)
    with pytest.raises(ModelError, match=message):
        _load(own_encoder)
