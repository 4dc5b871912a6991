"""Trained models by name: find one, and load it as a word model.

torch, transformers and onnxruntime are imported only when the model that was found needs them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from nerbridge.alignment.label_columns import without_label_names
from nerbridge.errors import EnvironmentProblem, ModelError, missing_extra
from nerbridge.models.bundled import BUNDLED_PREFIX, bundled_tagger
from nerbridge.models.folder import (
    ADAPTER_CONFIG_FILE,
    ADAPTER_WEIGHT_FILE,
    ONNX_FILE,
    check_safetensors,
)
from nerbridge.models.manifest import MANIFEST_FILE, ModelKind, read_manifest
from nerbridge.models.word_model import TokenClassifier, WordModel, with_mapped_types
from nerbridge.type_maps import TypeMap

_RECORD_FILE = "record.json"
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_ADAPTED = "adapt"

Engine = Literal["onnx", "torch", "crf"]
_ENGINES: dict[ModelKind, Engine] = {
    "onnx": "onnx",
    "adapter": "torch",
    "full": "torch",
    "crf": "crf",
}


@dataclass(frozen=True)
class ModelFolder:
    """A folder with one model in it; ``engine`` runs it, ``name`` is what users are to call it."""

    path: Path
    engine: Engine
    name: str


def load_model(
    spec: str | Path,
    *,
    base: str | None = None,
    n_threads: int | None = None,
    type_map: TypeMap | None = None,
) -> WordModel:
    """Load any trained model: a token classifier on torch or onnxruntime, or a CRF.

    Args:
        spec: see `find_model`, or the folder of a CRF.
        base: where the base encoder of an adapter is now, if not where it was.
        n_threads: processor cores to use; None for all.
        type_map: other names for the model's types, and names for labels that have none.

    Raises:
        ModelError: if there is no such model, or it is incomplete, damaged, pickled, in need of
            remote code, or does not fit together.
        InputError: if the type map does not fit the model.
        EnvironmentProblem: if the hub cannot be reached, or torch is needed and not there.
    """
    found = find_model(spec, with_crf=True)
    if found.engine != "crf":
        return _load_classifier(found, base, n_threads, type_map or {})
    try:
        from nerbridge.models.crf import load_crf
    except ModuleNotFoundError as error:
        raise _missing_library(found.path, error) from error
    return load_crf(found.path, type_map or {})


def load_classifier(
    spec: str | Path,
    *,
    base: str | None = None,
    n_threads: int | None = None,
    type_map: TypeMap | None = None,
) -> TokenClassifier:
    """`load_model` for those who need probabilities, which a CRF does not give.

    Raises:
        ModelError: as `load_model`, and if the model is a CRF.
        InputError: as `load_model`.
        EnvironmentProblem: as `load_model`.
    """
    return _load_classifier(find_model(spec), base, n_threads, type_map or {})


def _load_classifier(
    found: ModelFolder, base: str | None, n_threads: int | None, type_map: TypeMap
) -> TokenClassifier:
    if found.engine == "onnx":
        from nerbridge.models.onnx_model import load_onnx

        loaded = load_onnx(found.path, n_threads=n_threads)
    else:
        try:
            from nerbridge.models.trained import load_torch
        except ModuleNotFoundError as error:
            raise _missing_library(found.path, error) from error
        loaded = load_torch(found.path, base=base, n_threads=n_threads, names=type_map)
    named = replace(loaded, name=found.name)
    # Names of labels (LABEL_1=B-PER) were used in loading; what is left maps types.
    return with_mapped_types(named, without_label_names(type_map))


def _missing_library(folder: Path, error: ModuleNotFoundError) -> EnvironmentProblem:
    export = "or export the model where it is: nerbridge export MODEL OUT."
    return missing_extra(f"{folder}: this model needs", error.name, "train", export)


def find_model(spec: str | Path, *, with_crf: bool = False) -> ModelFolder:
    """Find a model; a hub model is downloaded, or taken from the cache.

    Args:
        spec: ``bundled:NAME`` (in the wheel), a model folder (exported, adapter, merged or plain
            transformers), a run folder (its adapted model with the best validation F1), or a hub
            id such as ``owner/name``.
        with_crf: whether the folder of a CRF of a run is a model, too.

    Raises:
        ModelError: if there is no such model, or what is there is no model that can tag.
        EnvironmentProblem: if the hub cannot be reached and the model is not in the cache.
    """
    name = str(spec)
    if name.startswith(BUNDLED_PREFIX):
        path = bundled_tagger(name)
    elif name and Path(name).expanduser().is_dir():
        path = Path(name).expanduser()
    elif isinstance(spec, Path) or name.startswith(("/", ".", "~")) or not _HUB_ID.fullmatch(name):
        raise ModelError(
            f"{name}: no such model. Expected bundled:NAME, a model folder, a run folder, or a hub "
            "id (owner/name)."
        )
    else:
        from nerbridge.models.download import MODEL_FILES, download

        path, _ = download(name, None, MODEL_FILES)
        _check_downloaded(path, name)
    if (path / _RECORD_FILE).is_file():
        path = _best_of_run(path)
        name = str(path)
    return ModelFolder(path, _engine_of(path, with_crf=with_crf), name)


def _check_downloaded(path: Path, name: str) -> None:
    """Say by its id that a hub model has pickles only: its folder is in a cache."""
    if (path / ADAPTER_CONFIG_FILE).is_file():
        check_safetensors(path, name, [ADAPTER_WEIGHT_FILE])
    elif (path / "config.json").is_file() and not (path / ONNX_FILE).is_file():
        check_safetensors(path, name)


def _engine_of(path: Path, *, with_crf: bool) -> Engine:
    if (path / MANIFEST_FILE).is_file():
        kind = read_manifest(path).kind
        engine = _ENGINES[kind]
        if engine == "crf" and not with_crf:
            raise ModelError(
                f"{path}: holds a model of kind {kind!r}; a tagger needs one of kind 'onnx', "
                "'adapter' or 'full'."
            )
        return engine
    if (path / ADAPTER_CONFIG_FILE).is_file() or (path / "config.json").is_file():
        return "torch"
    if (path / "models").is_dir():
        raise ModelError(
            f"{path}: a run folder without {_RECORD_FILE}: the run is not finished. Finish it "
            "(`nerbridge run` again), or give one of its models, such as models/adapt-13."
        )
    raise ModelError(
        f"{path}: no model here; expected {MANIFEST_FILE} (written by `nerbridge run` and "
        "`nerbridge export`), adapter_config.json or config.json."
    )


def _best_of_run(path: Path) -> Path:
    """The folder of the adapted model of the seed with the best strict validation F1."""
    record = _read_record(path / _RECORD_FILE)
    try:
        scored = [
            (seed["validation"]["f1_strict"], seed["model"])
            # Records of nerbridge 0.1 have ``rows`` for systems.
            for system in record.get("systems") or record["rows"]
            if system["stage"] == _ADAPTED
            for seed in system["seeds"]
            if seed.get("validation") is not None
        ]
        if scored:
            return path / str(max(scored, key=lambda pair: float(pair[0]))[1])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path / _RECORD_FILE}: not the record of a run ({type(error).__name__}: {error}). "
            "Give a model folder of the run, such as models/adapt-13."
        ) from error
    raise ModelError(
        f"{path}: the run has no adapted model with a validation score. Give a model folder of "
        "the run, such as models/transfer-13."
    )


def _read_record(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(
            f"{path}: not JSON ({error}). Give a model folder of the run, such as models/adapt-13."
        ) from error
