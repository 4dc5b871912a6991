import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from transformers import AutoModelForTokenClassification, AutoTokenizer, PreTrainedModel

from nerbridge.errors import ModelError
from nerbridge.labels import LabelSet
from nerbridge.models.adapter import LoraSettings, attach_adapter, save_adapter
from nerbridge.models.encoder import EncoderSource, load_tokenizer
from nerbridge.models.full import load_full, save_full
from nerbridge.models.prediction import predict_tags
from nerbridge.models.trained import load_trained

Fresh = Callable[[], PreTrainedModel]
Shake = Callable[[nn.Module], None]
SENTENCES = [["অসম", "কলিকতা", "দাস"] * 4, ["মদন"]]


@pytest.fixture
def full(
    fresh: Fresh, shaken: Shake, encoder: EncoderSource, lineage: dict[str, Any], tmp_path: Path
) -> Path:
    """A fully fine-tuned model's folder."""
    model = fresh()
    shaken(model)
    save_full(model, load_tokenizer(encoder), tmp_path / "full", lineage)
    return tmp_path / "full"


def test_a_full_model_is_a_plain_transformers_folder(
    full: Path, fresh: Fresh, shaken: Shake, encoder: EncoderSource
) -> None:
    trained = fresh()
    shaken(trained)
    plain = AutoModelForTokenClassification.from_pretrained(full)
    loaded = load_full(full)
    for name, tensor in trained.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
        assert torch.equal(plain.state_dict()[name], tensor)
    assert plain.config.id2label == trained.config.id2label
    assert AutoTokenizer.from_pretrained(full).get_vocab() == load_tokenizer(encoder).get_vocab()
    assert str(encoder.folder) not in (full / "config.json").read_text()
    assert not loaded.training


def test_saving_says_nothing(
    full: Path,
    fresh: Fresh,
    encoder: EncoderSource,
    lineage: dict[str, Any],
    capfd: pytest.CaptureFixture[str],
) -> None:
    save_full(fresh(), load_tokenizer(encoder), full, lineage)
    load_full(full)
    assert capfd.readouterr() == ("", "")


def test_a_folder_without_a_head_is_refused(full: Path, encoder: EncoderSource) -> None:
    shutil.copy(encoder.folder / "model.safetensors", full)
    with pytest.raises(ModelError, match=r"missing: classifier.bias, classifier.weight"):
        load_full(full)
    shutil.rmtree(full)
    with pytest.raises(ModelError, match=r"no config\.json"):
        load_full(full)


def test_either_kind_tags_as_the_model_in_memory_did(
    full: Path,
    fresh: Fresh,
    shaken: Shake,
    encoder: EncoderSource,
    label_set: LabelSet,
    lineage: dict[str, Any],
    tmp_path: Path,
) -> None:
    adapted = attach_adapter(fresh(), LoraSettings(target_modules="all-linear"), seed=2)
    shaken(adapted)
    save_adapter(adapted, tmp_path / "adapter", lineage)
    whole = fresh()
    shaken(whole)
    for folder, model in ((tmp_path / "adapter", adapted), (full, whole)):
        tokenizer = load_tokenizer(encoder)
        expected = predict_tags(model, tokenizer, SENTENCES, label_set, max_subwords=20)
        loaded = load_trained(folder)
        assert (loaded.label_set, loaded.script, loaded.max_subwords) == (label_set, "Beng", 20)
        assert loaded.lineage["base"] == lineage["base"]
        found = predict_tags(
            loaded.model, loaded.tokenizer, SENTENCES, loaded.label_set, max_subwords=20
        )
        assert found == expected
        assert not any(p.requires_grad for p in loaded.model.parameters()) or folder == full


def test_a_base_that_moved_can_be_named(
    fresh: Fresh,
    own_encoder: Path,
    lineage: dict[str, Any],
    tmp_path: Path,
    recwarn: pytest.WarningsRecorder,
) -> None:
    model = attach_adapter(fresh(), LoraSettings(), seed=2)
    gone = {**lineage["base"], "id": str(tmp_path / "gone")}
    save_adapter(model, tmp_path / "adapter", {**lineage, "base": gone})
    with pytest.raises(ModelError, match=r"needs its base encoder .*gone.*--base FOLDER"):
        load_trained(tmp_path / "adapter")
    assert load_trained(tmp_path / "adapter", base=str(own_encoder)).max_subwords == 20
    assert recwarn.list == []


def test_types_that_contradict_the_config_are_refused(full: Path) -> None:
    path = full / "nerbridge.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "types": ["LOC"]}))
    with pytest.raises(ModelError, match=r"has the tags O, B-PER.* the types LOC"):
        load_trained(full)
