from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from nerbridge.errors import InputError, ModelError
from nerbridge.exporting.card import write_model_card
from nerbridge.exporting.publication import prepare_publication
from nerbridge.models.card_header import read_license
from nerbridge.models.manifest import parse_manifest, read_manifest
from tiny_tagger import write_tiny_tagger

REPO = "owner/name-1"
ADAPTER = {
    "schema": 1,
    "kind": "adapter",
    "types": ["PER"],
    "script": None,
    "max_subwords": 9,
    "base": {"id": "bundled:mini", "revision": None},
}


def write_adapter(folder: Path, **changes: Any) -> Path:
    folder.mkdir()
    save_file({"lora": np.zeros((2, 3), np.float32)}, folder / "adapter_model.safetensors")
    config = {"base_model_name_or_path": "bundled:mini", "r": 4}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    (folder / "nerbridge.json").write_text(json.dumps({**ADAPTER, **changes}))
    write_model_card(folder)
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """An exported model with its card."""
    folder = write_tiny_tagger(tmp_path / "model")
    write_model_card(folder)
    return folder


def bytes_of(content: Path | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()


def text_of(content: Path | bytes) -> str:
    return bytes_of(content).decode("utf-8")


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), encoding="utf-8")


def test_what_is_uploaded_is_the_folder_with_licence_and_name(model: Path) -> None:
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    found = prepare_publication(model, REPO, license="cc-by-4.0")
    assert (found.repo, found.license, found.notes) == (REPO, "cc-by-4.0", ())
    assert set(found.files) == {
        *("README.md", "config.json", "model.onnx", "nerbridge.json", "tokenizer.json")
    }
    card = text_of(found.files["README.md"])
    assert read_license(card) == "cc-by-4.0"
    assert f'Tagger.load("{REPO}")' in card
    assert "owner/name" not in card.replace(REPO, "")
    uploaded = json.loads(text_of(found.files["nerbridge.json"]))
    assert parse_manifest(uploaded, model) == read_manifest(model).model_copy(
        update={"license": "cc-by-4.0"}
    )
    assert found.n_bytes == sum(len(bytes_of(content)) for content in found.files.values())
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before


def test_a_card_with_a_licence_needs_no_other(model: Path) -> None:
    card = model / "README.md"
    text = card.read_text("utf-8").replace("license: other\nlicense_name: to-be-chosen", "X")
    card.write_text(text.replace("X", "license: other\nlicense_name: ours"), "utf-8")
    assert prepare_publication(model, REPO).license == "ours"
    assert prepare_publication(model, REPO, license="mit").license == "mit"


def test_an_adapter_for_an_encoder_that_all_have_is_published(tmp_path: Path) -> None:
    for number, base in enumerate([{"id": "bundled:mini"}, {"id": "a/b", "revision": "f" * 40}]):
        folder = write_adapter(tmp_path / f"adapter{number}", base=base)
        found = prepare_publication(folder, REPO, license="mit")
        assert "adapter_model.safetensors" in found.files


def test_a_run_folder_stands_for_its_best_model(tmp_path: Path) -> None:
    (tmp_path / "run" / "models").mkdir(parents=True)
    write_adapter(tmp_path / "run" / "models" / "adapt-1")
    seed = {"model": "models/adapt-1", "validation": {"f1_strict": 0.5}}
    record = {"systems": [{"stage": "adapt", "seeds": [seed]}]}
    (tmp_path / "run" / "record.json").write_text(json.dumps(record))
    assert "adapter_config.json" in prepare_publication(tmp_path / "run", REPO, license="mit").files


def test_places_on_this_machine_are_cut_out_and_said(model: Path) -> None:
    base = {"id": "/home/me/encoders/small", "revision": None}
    vocabulary = {"n_full": 9, "n_kept": 9, "corpora": ["../texts/as"]}
    change(model / "nerbridge.json", base=base, vocabulary=vocabulary)
    write_model_card(model)
    found = prepare_publication(model, REPO, license="mit")
    manifest = json.loads(text_of(found.files["nerbridge.json"]))
    assert manifest["base"]["id"] == "small"
    assert manifest["vocabulary"]["corpora"] == ["as"]
    assert found.notes == (
        "nerbridge.json: /home/me/encoders/small becomes small",
        "nerbridge.json: ../texts/as becomes as",
    )
    assert "/home/me" not in text_of(found.files["README.md"])


def test_hidden_files_stay_here_and_that_is_said(model: Path) -> None:
    (model / ".cache").mkdir()
    (model / ".cache" / "x.json").write_text("{}")
    (model / ".DS_Store").write_text("x")
    found = prepare_publication(model, REPO, license="mit")
    assert not [name for name in found.files if name.startswith(".")]
    assert found.notes == ("left out: .DS_Store, .cache, .cache/x.json",)


Spoil = Callable[[Path], object]


def pickled(model: Path) -> None:
    (model / "training_args.bin").write_bytes(b"\x80\x04")


def program(model: Path) -> None:
    (model / "modeling_own.py").write_text("")


def below(model: Path) -> None:
    (model / "runs").mkdir()
    (model / "runs" / "events.out").write_text("")


def truncated(model: Path) -> None:
    path = model / "model.onnx"
    path.write_bytes(path.read_bytes()[:-1])


def without_file(model: Path) -> None:
    (model / "tokenizer.json").unlink()


def without_card(model: Path) -> None:
    (model / "README.md").unlink()


def latin_card(model: Path) -> None:
    (model / "README.md").write_bytes(b"---\n\xe9\n---\n")


def card_with_path(model: Path) -> None:
    with (model / "README.md").open("a", encoding="utf-8") as card:
        card.write("\nTrained in /home/me/runs/assamese.\n")


def config_with_path(model: Path) -> None:
    (model / "tokenizer_config.json").write_text('{"name_or_path": "/home/me/x"}')


def bare_card(model: Path) -> None:
    (model / "README.md").write_text("# Our model\n")


def broken_header(model: Path) -> None:
    (model / "README.md").write_text("---\nlicense: [mit\n---\n# Our model\n")


def no_manifest(model: Path) -> None:
    (model / "nerbridge.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (pickled, r"holds training_args\.bin; expected a model without pickles"),
        (program, r"holds modeling_own\.py"),
        (below, r"holds runs/events\.out"),
        (truncated, r"model\.onnx is not the file"),
        (without_file, r"lacks tokenizer\.json"),
        (without_card, r"has no card \(README\.md\).*write_model_card"),
        (latin_card, r"README\.md: not UTF-8 at byte 4"),
        (card_with_path, r"README\.md:\d+: names a place on this machine: /home/me/runs"),
        (config_with_path, r"tokenizer_config\.json: names a place .*/home/me/x"),
        (bare_card, r"README\.md: the card has no header"),
        (broken_header, r"README\.md: the card's header is not YAML"),
        (no_manifest, r"not a model trained with nerbridge"),
    ],
)
def test_a_folder_that_is_not_fit_is_refused(spoil: Spoil, said: str, model: Path) -> None:
    spoil(model)
    with pytest.raises(ModelError, match=said):
        prepare_publication(model, REPO, license="mit")


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "adapter")
    weights = folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-3])
    with pytest.raises(ModelError, match="damaged or half written"):
        prepare_publication(folder, REPO, license="mit")


@pytest.mark.parametrize("id_", ["/home/me/encoder", "encoders/small"])
def test_an_adapter_without_a_base_for_others_is_refused(id_: str, tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "adapter", base={"id": id_, "revision": None})
    with pytest.raises(ModelError, match=r"nobody else can load.*nerbridge export"):
        prepare_publication(folder, REPO, license="mit")


def test_no_model_at_all_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ModelError):
            prepare_publication(folder, REPO, license="mit")


@pytest.mark.parametrize("repo", ["name", "owner/name/more", "owner/", "ow ner/name", "/abs/path"])
def test_what_is_no_name_on_the_hub_is_refused(repo: str, model: Path) -> None:
    with pytest.raises(InputError, match="expected owner/name"):
        prepare_publication(model, repo, license="mit")


def test_there_is_no_publishing_without_a_licence(model: Path) -> None:
    with pytest.raises(InputError, match=r"still to be chosen.*--license"):
        prepare_publication(model, REPO)
    with pytest.raises(InputError, match="expected a name such as"):
        prepare_publication(model, REPO, license="a: b\nc")
