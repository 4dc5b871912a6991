import json
import os
import pickle
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import nn
from transformers import AutoModelForTokenClassification, AutoTokenizer, PreTrainedModel

from hub_standin import write_tiny_encoder
from nerbridge.errors import ModelError
from nerbridge.labels import LabelSet, tags_to_spans
from nerbridge.models.adapter import LoraSettings, attach_adapter, save_adapter
from nerbridge.models.encoder import (
    EncoderSource,
    encoder_sha256,
    load_token_classifier,
    load_tokenizer,
    resolve_encoder,
)
from nerbridge.models.full import load_full, save_full
from nerbridge.models.manifest import MANIFEST_FILE, BaseEncoder, Manifest
from nerbridge.models.torch_model import TorchNetwork, to_word_model
from nerbridge.models.trained import load_torch
from nerbridge.tagging import Entity, Tagger
from nerbridge.text.model_input import words_to_model_form

Fresh = Callable[[], PreTrainedModel]
Shake = Callable[[nn.Module], None]
SENTENCES = [["অসম", "কলিকতা", "দাস"] * 4, ["মদন"]]


@pytest.fixture
def full(
    fresh: Fresh, shaken: Shake, encoder: EncoderSource, manifest: Manifest, tmp_path: Path
) -> Path:
    """A fully fine-tuned model's folder."""
    model = fresh()
    shaken(model)
    save_full(model, load_tokenizer(encoder), tmp_path / "full", manifest)
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
    manifest: Manifest,
    capfd: pytest.CaptureFixture[str],
) -> None:
    save_full(fresh(), load_tokenizer(encoder), full, manifest)
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
    manifest: Manifest,
    tmp_path: Path,
) -> None:
    adapted = attach_adapter(fresh(), LoraSettings(target_modules="all-linear"), seed=2)
    shaken(adapted)
    save_adapter(adapted, tmp_path / "adapter", manifest)
    whole = fresh()
    shaken(whole)
    for folder, model in ((tmp_path / "adapter", adapted), (full, whole)):
        tokenizer = load_tokenizer(encoder)
        live = to_word_model(TorchNetwork(model, tokenizer), label_set, script="Beng")
        expected = replace(live, max_subwords=20).tag_many(SENTENCES)
        loaded = load_torch(folder)
        assert (loaded.label_set, loaded.script, loaded.max_subwords) == (label_set, "Beng", 20)
        assert loaded.manifest.base == manifest.base
        assert loaded.tag_many(SENTENCES) == expected
        network = cast(TorchNetwork, loaded.forward).model
        assert not any(p.requires_grad for p in network.parameters()) or folder == full


def test_a_base_that_moved_can_be_named(
    fresh: Fresh,
    own_encoder: Path,
    manifest: Manifest,
    tmp_path: Path,
    recwarn: pytest.WarningsRecorder,
) -> None:
    model = attach_adapter(fresh(), LoraSettings(), seed=2)
    gone = manifest.base.model_copy(update={"id": str(tmp_path / "gone")})
    save_adapter(model, tmp_path / "adapter", manifest.model_copy(update={"base": gone}))
    with pytest.raises(ModelError, match=r"needs its base encoder .*gone.*--base FOLDER"):
        load_torch(tmp_path / "adapter")
    assert load_torch(tmp_path / "adapter", base=str(own_encoder)).max_subwords == 20
    assert recwarn.list == []


def test_types_that_contradict_the_config_are_refused(full: Path) -> None:
    path = full / "nerbridge.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "types": ["LOC"]}))
    with pytest.raises(ModelError, match=r"has the tags O, B-PER.* the types LOC"):
        load_torch(full)


TEXT = "অসম কলিকতা দাস বৰুৱা খবৰ গুৱাহাটীত "
WORDS = TEXT.split() * 20
SHORT = TEXT.split()[:2]
LABELS = LabelSet()


@pytest.fixture(scope="module")
def letters_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "letters_encoder"
    write_tiny_encoder(folder, [TEXT, *TEXT.split()], hidden_size=32)
    return folder


def trained(letters_encoder: Path) -> PreTrainedModel:
    """A classifier that finds something: its weights are large."""
    model = load_token_classifier(resolve_encoder(str(letters_encoder)), LABELS, seed=1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3.0)
    return model.eval()


def manifest_of(letters_encoder: Path) -> Manifest:
    base = BaseEncoder(id=str(letters_encoder), sha256=encoder_sha256(letters_encoder))
    return Manifest(kind="full", base=base, types=LABELS.types, script="Beng", max_subwords=20)


@pytest.fixture(scope="module")
def full_folder(letters_encoder: Path) -> Path:
    folder = letters_encoder.parent / "full_folder"
    tokenizer = load_tokenizer(resolve_encoder(str(letters_encoder)))
    save_full(trained(letters_encoder), tokenizer, folder, manifest_of(letters_encoder))
    return folder


@pytest.fixture(scope="module")
def adapter(letters_encoder: Path) -> Path:
    folder = letters_encoder.parent / "adapter"
    base = load_token_classifier(resolve_encoder(str(letters_encoder)), LABELS, seed=1)
    model = attach_adapter(base, LoraSettings(target_modules="all-linear"), seed=0)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn(parameter.shape, generator=torch.Generator()))
    save_adapter(model, folder, manifest_of(letters_encoder))
    return folder


@pytest.fixture
def own(full_folder: Path, tmp_path: Path) -> Path:
    """A copy of the full_folder model's folder that a test may spoil."""
    return shutil.copytree(full_folder, tmp_path / "own")


@pytest.fixture
def plain(own: Path) -> Path:
    """The same as any transformers folder."""
    (own / MANIFEST_FILE).unlink()
    return own


def spans(entities: list[Entity]) -> list[tuple[int, int, str]]:
    return [(e.start_word, e.end_word, e.type) for e in entities]


def found(tagger: Tagger) -> list[tuple[int, int, str]]:
    return spans(tagger.tag_words(WORDS))


def change_json(path: Path, **changes: Any) -> None:
    path.write_text(
        json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8"
    )


@pytest.mark.parametrize("kind", ["full_folder", "adapter"])
def test_the_same_as_evaluation_finds(kind: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(kind)
    (tags,) = load_torch(folder).with_script(None).tag_many([words_to_model_form(WORDS, "Beng")])
    tagger = Tagger.load(folder)
    expected = [(span.start_word, span.end_word, span.type) for span in tags_to_spans(tags)]
    assert expected
    assert found(tagger) == expected
    assert (tagger.model.script, tagger.model.max_subwords) == ("Beng", 20)
    assert tagger.model.manifest.types == LABELS.types


def test_a_moved_base_is_named(adapter: Path, letters_encoder: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(letters_encoder, tmp_path / "moved")
    expected = found(Tagger.load(adapter))
    own = shutil.copytree(adapter, tmp_path / "own")
    content = json.loads((own / MANIFEST_FILE).read_text())
    content["base"]["id"] = "/nowhere"
    (own / MANIFEST_FILE).write_text(json.dumps(content))
    assert found(Tagger.load(own, base=str(moved))) == expected
    with pytest.raises(ModelError, match="base=FOLDER"):
        Tagger.load(own)


def test_calibration_is_read(own: Path) -> None:
    change_json(own / MANIFEST_FILE, calibration={"temperature": 2.5})
    assert Tagger.load(own).model.temperature == 2.5


def test_a_plain_transformers_folder(plain: Path, full_folder: Path) -> None:
    tagger = Tagger.load(plain)
    assert (tagger.model.script, tagger.model.max_subwords) == (None, 62)
    assert tagger.types == LABELS.types
    forms = [words_to_model_form(SHORT, "Beng")]
    expected = Tagger.load(full_folder).model.word_logits([SHORT])
    np.testing.assert_allclose(tagger.model.word_logits(forms)[0], expected[0], rtol=1e-5)


def test_columns_in_another_order_are_the_same_tags(plain: Path) -> None:
    expected = found(Tagger.load(plain))
    order = [6, 3, 0, 5, 4, 1, 2]
    model = load_full(plain)
    with torch.no_grad():
        model.classifier.weight.copy_(model.classifier.weight[order].clone())
        model.classifier.bias.copy_(model.classifier.bias[order].clone())
    tags = [LABELS.tags[i] for i in order]
    model.config.id2label, model.config.label2id = dict(enumerate(tags)), {}
    model.save_pretrained(plain)
    tagger = Tagger.load(plain)
    assert set(tagger.types) == set(LABELS.types)
    assert found(tagger) == expected


def test_a_plain_adapter_takes_its_labels_from_a_config(
    adapter: Path, letters_encoder: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(adapter, tmp_path / "own")
    (own / MANIFEST_FILE).unlink()
    with pytest.raises(ModelError, match="the labels have no names"):
        Tagger.load(own)
    (own / "config.json").write_text(json.dumps({"id2label": dict(enumerate(LABELS.tags))}))
    tagger = Tagger.load(own)
    words = [words_to_model_form(SHORT, "Beng")]
    expected = Tagger.load(adapter).model.word_logits(words)
    np.testing.assert_allclose(tagger.model.word_logits(words)[0], expected[0], rtol=1e-5)
    turned = [*LABELS.tags[1:], LABELS.tags[0]]
    (own / "config.json").write_text(json.dumps({"id2label": dict(enumerate(turned))}))
    columns = [turned.index(tag) for tag in LABELS.tags]  # the head says what it said before
    np.testing.assert_allclose(
        Tagger.load(own).model.word_logits(words)[0], expected[0][:, columns], rtol=1e-5
    )
    change_json(own / "adapter_config.json", base_model_name_or_path=None)
    with pytest.raises(ModelError, match=r"base_model_name_or_path is None\. Name the base"):
        Tagger.load(own)
    assert Tagger.load(own, base=str(letters_encoder)).types == LABELS.types


def truncate(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def pickle_instead(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def ask_for_remote_code(folder: Path) -> None:
    change_json(folder / "config.json", auto_map={"AutoModel": "code.Model"})


def spoil_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")


def no_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


@pytest.mark.parametrize("is_plain", [True, False])
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (truncate, "the weights cannot be loaded"),
        (
            pickle_instead,
            r"found pickled weights: pytorch_model.bin.*nerbridge encoder convert",
        ),
        (ask_for_remote_code, "asks for remote code"),
        (no_tokenizer, "no tokenizer; expected one of"),
        (spoil_tokenizer, "the tokenizer cannot be loaded"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json: not JSON"),
    ],
)
def test_a_folder_that_does_not_fit_is_refused(
    own: Path, spoil: Callable[[Path], object], message: str, is_plain: bool
) -> None:
    if is_plain:
        (own / MANIFEST_FILE).unlink()
    spoil(own)
    with pytest.raises(ModelError, match=message):
        Tagger.load(own)


def test_labels_without_names_are_refused(plain: Path) -> None:
    nameless = {str(i): f"LABEL_{i}" for i in range(7)}
    change_json(plain / "config.json", id2label=nameless, label2id=None)
    with pytest.raises(ModelError, match="own: the labels have no names"):
        Tagger.load(plain)


def test_labels_that_do_not_fit_the_head_are_refused(plain: Path) -> None:
    names = {"0": "O", "1": "B-PER", "2": "I-PER"}
    change_json(plain / "config.json", id2label=names, label2id=None)
    message = r"config\.json names 3 labels, the head has 7 columns\): the labels have no names"
    with pytest.raises(ModelError, match=message):
        Tagger.load(plain)


def test_a_tagger_survives_a_fork(full_folder: Path) -> None:
    n_threads = torch.get_num_threads()
    tagger = Tagger.load(full_folder, n_threads=2)
    sentences = [WORDS[:60]] * 40  # enough that torch uses both threads
    expected = [spans(entities) for entities in tagger.tag_words_many(sentences)]
    child = os.fork()
    if child == 0:
        signal.alarm(30)  # rather than to hang
        found = [spans(entities) for entities in tagger.tag_words_many(sentences)]
        os._exit(found != expected)
    _, status = os.waitpid(child, 0)
    torch.set_num_threads(n_threads)
    assert status == 0


def test_a_model_of_torch_is_sent_with_its_base(
    letters_encoder: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(letters_encoder.parent)
    tagger = Tagger.load("adapter", base="letters_encoder", n_threads=1)
    sent = pickle.dumps(tagger)
    assert len(sent) < 1000
    monkeypatch.chdir(tmp_path)
    again = pickle.loads(sent)
    assert again.name == "adapter"
    assert again.tag(TEXT) == tagger.tag(TEXT)
