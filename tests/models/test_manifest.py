"""The typed manifest: read, written, migrated from earlier versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from nerbridge.errors import ModelError
from nerbridge.models.bundled import TAGGERS
from nerbridge.models.manifest import (
    Manifest,
    TrainingCorpus,
    dump_manifest,
    read_manifest,
    write_manifest,
)

OLD_FILES = Path(__file__).parent / "manifests"
CORPUS = {"language": "bn", "role": "source", "sha256": "b" * 64}
CURVE = [{"step": 5, "epoch": 1.0, "validation_f1": None}, {"step": 9, "epoch": 2.0}]
OLD_ADAPTED: dict[str, Any] = {
    "schema": 1,
    "kind": "adapter",
    "base": {"id": "bundled:mini", "revision": None, "sha256": "e" * 64},
    "types": ["PER", "ORG"],
    "script": "Beng",
    "max_subwords": 126,
    "row": "adapt",
    "seed": 13,
    "recipe": "quickstart",
    "recipe_sha256": "f" * 64,
    "method": "lora",
    "data": {"as": {"language": "as", "role": "target", "sha256": "a" * 64}},
    "parent": {"model": "transfer-13", "sha256": "1" * 64, "data": {"bn": CORPUS}},
    "calibration": {"temperature": 1.25, "n_entities": 99, "ece_before": None, "ece_after": None},
    "training": {
        "n_sentences": 10,
        "n_steps": 9,
        "n_parameters": 7,
        "n_parameters_trained": 3,
        "wall_s": 1.5,
        "peak_memory_bytes": 100,
        "best_epoch": None,
        "curve": CURVE,
    },
    "versions": {"nerbridge": "0.1.0"},
}
OLD_CRF = {"schema": 1, "kind": "crf", "base": None, "types": ["PER"], "script": None} | {
    "max_subwords": 126,
    "row": "crf_all",
    "seed": 0,
    "method": "crf",
}
OLD_EXPORT: dict[str, Any] = {
    **{key: OLD_ADAPTED[key] for key in ("schema", "base", "types", "script", "max_subwords")},
    "kind": "onnx",
    "files": {"model.onnx": {"sha256": "0" * 64, "n_bytes": 9}},
    "special_ids": {"start": 0, "end": 2, "pad": 1, "unk": 3},
    "parent": OLD_ADAPTED,
}


def folder_with(folder: Path, document: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "nerbridge.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def test_the_form_of_0_1_is_read(tmp_path: Path) -> None:
    found = read_manifest(folder_with(tmp_path, OLD_ADAPTED))
    assert (found.kind, found.system, found.seed) == ("adapter", "adapt", 13)
    assert found.label_set.types == ("PER", "ORG")
    assert found.calibration.temperature == 1.25
    assert found.parent is not None
    assert found.parent.data == {"bn": TrainingCorpus.model_validate(CORPUS)}
    assert found.languages == ("as", "bn")
    assert found.training is not None
    assert len(found.training.curve) == 2
    assert found.origin is found


def test_a_crf_of_0_1_is_read(tmp_path: Path) -> None:
    found = read_manifest(folder_with(tmp_path, OLD_CRF))
    assert (found.kind, found.base, found.script, found.system) == ("crf", None, None, "crf_all")


def test_an_export_of_0_1_knows_the_model_it_was_made_from(tmp_path: Path) -> None:
    found = read_manifest(folder_with(tmp_path / "new", OLD_EXPORT))
    assert found.parent is None
    assert found.origin == read_manifest(folder_with(tmp_path / "old", OLD_ADAPTED))
    assert found.languages == ("as", "bn")


def test_an_export_of_0_1_of_a_model_of_others_is_read(tmp_path: Path) -> None:
    found = read_manifest(folder_with(tmp_path, {**OLD_EXPORT, "parent": {"model": "theirs"}}))
    assert found.exported_from is None
    assert found.parent is not None
    assert (found.parent.model, found.languages) == ("theirs", ())


@pytest.mark.parametrize("old", [OLD_ADAPTED, OLD_CRF, OLD_EXPORT])
def test_what_is_written_is_what_is_read_again(old: dict[str, Any], tmp_path: Path) -> None:
    manifest = read_manifest(folder_with(tmp_path, old))
    write_manifest(tmp_path, manifest)
    assert json.loads((tmp_path / "nerbridge.json").read_text("utf-8"))["schema"] == 2
    assert read_manifest(tmp_path) == manifest
    assert dump_manifest(read_manifest(tmp_path)) == dump_manifest(manifest)


def test_keys_of_a_newer_version_are_kept(tmp_path: Path) -> None:
    newer = {**OLD_CRF, "schema": 2, "carbon_kg": 3, "calibration": {"temperature": 2, "how": "x"}}
    manifest = read_manifest(folder_with(tmp_path, newer))
    write_manifest(tmp_path, manifest.model_copy(update={"license": "mit"}))
    written = json.loads((tmp_path / "nerbridge.json").read_text("utf-8"))
    assert (written["carbon_kg"], written["calibration"]["how"]) == (3, "x")
    assert written["license"] == "mit"


def test_defaults_are_not_written_and_what_is_needed_always_is() -> None:
    manifest = Manifest(kind="crf", base=None, types=("PER",), script=None, max_subwords=9)
    assert manifest.to_json() == {
        "schema": 2,
        "kind": "crf",
        "base": None,
        "types": ["PER"],
        "script": None,
        "max_subwords": 9,
    }


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({**OLD_CRF, "schema": 3}, "schema is 3, expected 2 or 1"),
        ([], "schema is None"),
        ({"schema": 1, "base": None, "types": ["PER"]}, "lacks kind, script, max_subwords"),
        ({**OLD_CRF, "kind": "forest"}, "kind: Input should be 'adapter', 'full'"),
        ({**OLD_CRF, "calibration": {"temperature": 0}}, "calibration.temperature: Input should"),
        ({**OLD_CRF, "calibration": {"temperature": "hot"}}, "calibration.temperature"),
        ({**OLD_CRF, "calibration": 2}, "calibration: Input should be"),
    ],
)
def test_what_is_wrong_is_said(document: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        read_manifest(folder_with(tmp_path, document))
    assert message in str(caught.value)
    assert str(tmp_path / "nerbridge.json") in str(caught.value)


@pytest.mark.parametrize("name", ["export-0.1", "adapter-0.2-dev", "crf-0.2-dev"])
def test_files_that_earlier_versions_wrote_are_read_whole(name: str, tmp_path: Path) -> None:
    document = json.loads((OLD_FILES / f"{name}.json").read_text("utf-8"))
    manifest = read_manifest(folder_with(tmp_path, document))
    assert (manifest.kind, manifest.types) == (document["kind"], ("PER", "ORG", "LOC"))
    assert unknown_keys(manifest) == []
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest


def unknown_keys(part: object) -> list[str]:
    """Keys at any depth that the class has no field for."""
    if isinstance(part, dict):
        return [key for value in part.values() for key in unknown_keys(value)]
    if not isinstance(part, BaseModel):
        return []
    inner = (getattr(part, name) for name in type(part).model_fields)
    return [*(part.model_extra or {}), *(key for value in inner for key in unknown_keys(value))]


def test_what_is_not_a_model_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model folder"):
        read_manifest(tmp_path / "nowhere")
    with pytest.raises(ModelError, match="not a model trained with nerbridge"):
        read_manifest(tmp_path)


def test_the_bundled_tagger_of_0_1_is_read_whole(tmp_path: Path) -> None:
    document = json.loads((OLD_FILES / "export-0.1.json").read_text("utf-8"))
    found = read_manifest(folder_with(tmp_path, document))
    assert found.languages == ("as", "bn", "hi")
    assert found.quantisation == "int8"
    assert found.origin.system == "transfer"
    assert found.scores["bundled:as"].n_sentences == 100
    now = read_manifest(TAGGERS / "as")
    assert now == found.model_copy(update={"license": "apache-2.0"})
