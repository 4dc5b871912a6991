from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard

from nerbridge.models.card import model_card as card_of
from nerbridge.models.card import write_card
from nerbridge.models.card_header import read_license
from nerbridge.models.manifest import Manifest, parse_manifest

CARDS = Path(__file__).parent / "cards"


def manifest_of(document: dict[str, Any]) -> Manifest:
    return parse_manifest({"schema": 1, **document}, Path("nerbridge.json"))


def model_card(document: dict[str, Any]) -> str:
    return card_of(manifest_of(document))


TRANSFER_DATA = {
    "bundled:bn": {"language": "bn", "role": "source", "sha256": "b" * 64},
    "hub:owner/wikiann@no": {"language": "no", "role": "source", "sha256": "c" * 64},
}
TARGET_DATA = {"wikiann_as": {"language": "as", "role": "target", "sha256": "a" * 64}}

ADAPTED: dict[str, Any] = {
    "schema": 1,
    "kind": "adapter",
    "base": {"id": "FacebookAI/xlm-roberta-base", "revision": "e" * 40, "sha256": "d" * 64},
    "types": ["PER", "ORG", "LOC"],
    "script": "Beng",
    "max_subwords": 510,
    "row": "adapt",
    "seed": 13,
    "recipe": "assamese",
    "recipe_sha256": "f" * 64,
    "method": "lora",
    "versions": {"nerbridge": "0.1.0", "torch": "2.13.0"},
    "data": {**TARGET_DATA, "bundled:bn": TRANSFER_DATA["bundled:bn"]},
    "parent": {"model": "transfer-13", "sha256": "1" * 64, "data": TRANSFER_DATA},
    "training": {
        "n_sentences": 1100,
        "n_steps": 195,
        "best_epoch": 12.0,
        "remedies": ["learning rate 1e-3 → 5e-4"],
        "curve": [
            {"step": step, "epoch": 2.0 * step, "validation_f1": f1}
            for step, f1 in enumerate([None, 0.61, 0.65432, 0.64])
        ],
        "n_parameters": 7_000_000,
        "n_parameters_trained": 600_000,
        "wall_s": 60.5,
        "peak_memory_bytes": 1_000_000_000,
    },
    "calibration": {
        "temperature": 1.49,
        "n_entities": 154,
        "ece_before": 0.1713,
        "ece_after": 0.12,
        "validation": "target",
    },
}
SCORES = {
    "test": {
        "f1": 0.7117,
        "ci95": [0.6288, 0.7951],
        "precision": 0.6981,
        "recall": 0.7281,
        "f1_leak_free": 0.6543,
        "n_leaked": 47,
        "n_sentences": 100,
        "n_entities": 114,
        "per_type": {"PER": 0.76, "ORG": 0.64, "LOC": 0.7241},
    },
    "running|text": {
        "f1": 0.25,
        "ci95": [0.2, 0.3],
        "precision": 0.2,
        "recall": 0.34,
        "f1_leak_free": 0.25,
        "n_leaked": 0,
        "n_sentences": 1443,
        "n_entities": 1262,
        "per_type": {"PER": 0.246, "ORG": 0.054, "LOC": 0.368},
    },
}
EXPORTED: dict[str, Any] = {
    **{name: ADAPTED[name] for name in ("schema", "types", "script", "base", "calibration")},
    "kind": "onnx",
    "max_subwords": 510,
    "special_ids": {"start": 0, "end": 2, "pad": 1, "unk": 3},
    "quantisation": "int8",
    "vocabulary": {"n_full": 250002, "n_kept": 34283},
    "parity": {
        "n_sentences": 32,
        "n_words": 700,
        "n_entities": 82,
        "n_equal_entities": 82,
        "max_difference": 0.0000031,
        "int8": {
            "corpus": "/data/wikiann_as",
            "n_sentences": 100,
            "f1_fp32": 0.7,
            "f1_int8": 0.698,
        },
    },
    "parent": ADAPTED,
    "scores": SCORES,
}
FULL: dict[str, Any] = {
    **{name: ADAPTED[name] for name in ("schema", "types", "recipe", "recipe_sha256", "training")},
    "kind": "full",
    "base": {"id": "/home/me/encoders/small", "revision": None, "sha256": "d" * 64},
    "script": None,
    "max_subwords": 126,
    "row": "transfer",
    "seed": 21,
    "method": "full",
    "data": {"../corpora/hi": {"language": "hi", "role": "source", "sha256": "2" * 64}},
    "parent": None,
    "calibration": {"temperature": 1.0, "n_entities": 3, "ece_before": None, "ece_after": None},
}


@pytest.mark.parametrize(
    ("name", "manifest"), [("adapted", ADAPTED), ("exported", EXPORTED), ("full", FULL)]
)
def test_cards_are_these(name: str, manifest: dict[str, Any]) -> None:
    """After a wanted change: write the three files anew, and read them."""
    assert model_card(manifest) == (CARDS / f"{name}.md").read_text(encoding="utf-8")


def test_where_roles_are_not_recorded_none_is_made_up() -> None:
    data = {
        name: {"language": facts["language"], "sha256": facts["sha256"]}
        for name, facts in ADAPTED["data"].items()
    }
    card = model_card({**ADAPTED, "data": data, "parent": None, "scores": SCORES})
    assert "| wikiann_as | as | — |" in card
    assert "| test | 100 |" in card
    assert "test split" not in card


def test_a_target_among_the_sources_is_said() -> None:
    data = {"as": {"language": "as", "role": "source", "is_target": True, "sha256": "1" * 64}}
    card = model_card({**FULL, "data": {**FULL["data"], **data}, "scores": SCORES})
    assert "| as | as | target and source | `1111111111111111` |" in card
    assert "Sentences of the target corpus are among them" in card
    assert "seen no sentence of the target" not in card
    assert "| as, test split | 100 |" in card


@pytest.mark.parametrize("validation", ["sources", "the validation sentences of mine"])
def test_a_calibration_on_the_sources_is_a_limit(validation: str) -> None:
    card = model_card({**FULL, "calibration": {**ADAPTED["calibration"], "validation": validation}})
    assert ("It is calibrated on its sources" in card) is (validation == "sources")


def test_a_harmonised_source_is_named_as_such() -> None:
    data = {**TARGET_DATA, "bn": {"language": "bn", "role": "source", "sha256": "b" * 64}}
    card = model_card({**ADAPTED, "data": data, "parent": None})
    assert "| bn | bn | source |" in card
    data["bn"] = {**data["bn"], "harmonised": True}
    assert "| bn | bn | source, harmonised |" in model_card(
        {**ADAPTED, "data": data, "parent": None}
    )


def test_parity_is_told_as_it_was_measured() -> None:
    plain = {**EXPORTED["parity"], "max_difference": 2e-6, "int8": None}
    agreement = {"corpus": "bundled:as", "n_sentences": 9, "agreement": 0.98}
    assert "differ by at most 2e-06." in model_card({**EXPORTED, "parity": plain})
    card = model_card({**EXPORTED, "parity": {**plain, "int8": agreement}})
    assert "9 sentences of bundled:as,\n98.0% of the entities are the same" in card


def header(card: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(card.split("---\n")[1])
    return found


def test_the_header_is_what_the_hub_reads() -> None:
    assert header(model_card(EXPORTED)) == {
        "language": ["as", "bn", "no"],
        "license": "other",
        "license_name": "to-be-chosen",
        "library_name": "nerbridge",
        "pipeline_tag": "token-classification",
        "tags": ["named-entity-recognition", "nerbridge", "onnx"],
        "datasets": ["owner/wikiann"],
        "base_model": "FacebookAI/xlm-roberta-base",
        "base_model_relation": "finetune",
        "model-index": header(model_card(EXPORTED))["model-index"],
    }
    assert header(model_card(ADAPTED))["base_model_relation"] == "adapter"
    assert "base_model" not in header(model_card(FULL))


def test_the_header_holds_the_scores_as_the_hub_shows_them() -> None:
    data = ModelCard(model_card(EXPORTED)).data
    assert data.model_name == "assamese"
    found = {(r.dataset_name, r.dataset_split, r.metric_type): r for r in data.eval_results}
    assert found["wikiann_as", "test", "f1"].metric_value == 0.7117
    assert found["wikiann_as", "test", "recall"].metric_value == 0.7281
    assert found["running|text", None, "precision"].metric_value == 0.2
    assert {result.task_type for result in data.eval_results} == {"token-classification"}


def test_a_test_set_of_the_hub_is_named_by_its_id_and_configuration() -> None:
    data = {"hub:owner/wikiann@as": TARGET_DATA["wikiann_as"]}
    card = ModelCard(model_card({**ADAPTED, "data": data, "scores": SCORES}))
    [f1] = [r for r in card.data.eval_results if r.dataset_split and r.metric_type == "f1"]
    assert (f1.dataset_type, f1.dataset_config) == ("owner/wikiann", "as")


def test_a_licence_that_a_person_has_chosen_outlives_a_new_card(tmp_path: Path) -> None:
    write_card(tmp_path, manifest_of(ADAPTED))
    path = tmp_path / "README.md"
    chosen = "license: other\nlicense_name: ours\nlicense_link: https://example.org/ours"
    text = path.read_text("utf-8").replace("license: other\nlicense_name: to-be-chosen", chosen)
    path.write_text(text, "utf-8")
    write_card(tmp_path, manifest_of({**ADAPTED, "scores": SCORES}))
    new = path.read_text("utf-8")
    assert (read_license(new), "0.712" in new) == ("ours", True)
    assert ModelCard(new).data.license_link == "https://example.org/ours"


def test_a_licence_in_the_manifest_is_in_the_header() -> None:
    assert read_license(model_card({**ADAPTED, "license": "mit"})) == "mit"


@pytest.mark.parametrize("kind", ["adapter", "full", "onnx"])
def test_a_manifest_with_the_least_there_can_be_has_a_card(kind: str) -> None:
    least = {"kind": kind, "base": None, "types": ["PER"], "script": None, "max_subwords": 9}
    card = model_card(least)
    assert "None" not in card.replace("to_model_form(word, None)", "")
    assert header(card)["library_name"] == "nerbridge"
    assert "not recorded" in card
    assert "not known yet" in card


def test_no_card_tells_where_things_lie_on_somebodys_machine() -> None:
    assert "/home" not in model_card(FULL)
    assert ".." not in model_card(FULL)
    assert "`small`" in model_card(FULL)


def test_the_order_of_the_manifest_does_not_matter(tmp_path: Path) -> None:
    shuffled = json.loads(json.dumps(EXPORTED, sort_keys=True))
    shuffled["scores"] = SCORES
    shuffled["versions"] = EXPORTED.get("versions")
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, manifest in ((first, shuffled), (second, json.loads(json.dumps(shuffled)))):
        folder.mkdir()
        write_card(folder, manifest_of(manifest))
        assert [path.name for path in folder.iterdir()] == ["README.md"]
    assert (first / "README.md").read_bytes() == (second / "README.md").read_bytes()


def test_no_card_comes_with_a_licence() -> None:
    assert read_license(model_card(ADAPTED)) is None
