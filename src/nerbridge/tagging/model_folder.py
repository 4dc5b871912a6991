"""Where the model is that a tagger was asked for, and of what kind."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nerbridge.errors import ModelError
from nerbridge.models.folder import (
    ADAPTER_CONFIG_FILE,
    ADAPTER_WEIGHT_FILE,
    LINEAGE_FILE,
    check_safetensors,
    read_lineage,
)

BUNDLED_PREFIX = "bundled:"
BUNDLED_FOLDER = Path(__file__).parent / "bundled"
ONNX_FILE = "model.onnx"

_RECORD_FILE = "record.json"
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_ADAPTED = "adapt"


@dataclass(frozen=True)
class ModelFolder:
    """A folder with one model in it. ``name`` is what users are to call it."""

    path: Path
    kind: Literal["onnx", "torch"]
    name: str


def find_model(spec: str | Path) -> ModelFolder:
    """Find a model; a hub model is downloaded, or taken from the cache.

    Args:
        spec: ``bundled:NAME`` (in the wheel), a model folder (exported, adapter, merged or plain
            transformers), a run folder (its adapted model with the best validation F1), or a hub
            id such as ``owner/name``.

    Raises:
        ModelError: if there is no such model, or what is there is no model that can tag.
        EnvironmentProblem: if the hub cannot be reached and the model is not in the cache.
    """
    name = str(spec)
    if name.startswith(BUNDLED_PREFIX):
        path = _bundled_folder(name)
    elif name and Path(name).expanduser().is_dir():
        path = Path(name).expanduser()
    elif isinstance(spec, Path) or name.startswith(("/", ".", "~")) or not _HUB_ID.fullmatch(name):
        raise ModelError(
            f"{name}: no such model. Expected bundled:NAME, a model folder, a run folder, or a hub "
            "id (owner/name)."
        )
    else:
        from nerbridge.models.download import download_model

        path, _ = download_model(name, None)
        _check_downloaded(path, name)
    if (path / _RECORD_FILE).is_file():
        path = _best_of_run(path)
        name = str(path)
    return ModelFolder(path, _kind_of(path), name)


def _check_downloaded(path: Path, name: str) -> None:
    """Say by its id that a hub model has pickles only: its folder is in a cache."""
    if (path / ADAPTER_CONFIG_FILE).is_file():
        check_safetensors(path, name, [ADAPTER_WEIGHT_FILE])
    elif (path / "config.json").is_file() and not (path / ONNX_FILE).is_file():
        check_safetensors(path, name)


def _bundled_folder(spec: str) -> Path:
    folder = BUNDLED_FOLDER / spec.removeprefix(BUNDLED_PREFIX)
    if not (folder / LINEAGE_FILE).is_file():
        found = sorted(
            f"{BUNDLED_PREFIX}{path.parent.name}"
            for path in BUNDLED_FOLDER.glob(f"*/{LINEAGE_FILE}")
        )
        raise ModelError(
            f"{spec}: no such model in this build of nerbridge. Available: "
            f"{', '.join(found) or 'none'}. Or give a model folder or a hub id."
        )
    return folder


def _kind_of(path: Path) -> Literal["onnx", "torch"]:
    if (path / LINEAGE_FILE).is_file():
        kind = read_lineage(path).get("kind")
        if kind == "onnx":
            return "onnx"
        if kind in ("adapter", "full"):
            return "torch"
        raise ModelError(
            f"{path}: holds a model of kind {kind!r}; a tagger needs one of kind 'onnx', 'adapter' "
            "or 'full'."
        )
    if (path / ADAPTER_CONFIG_FILE).is_file() or (path / "config.json").is_file():
        return "torch"
    if (path / "models").is_dir():
        raise ModelError(
            f"{path}: a run folder without {_RECORD_FILE}: the run is not finished. Finish it "
            "(`nerbridge run` again), or give one of its models, such as models/adapt-13."
        )
    raise ModelError(
        f"{path}: no model here; expected {LINEAGE_FILE} (written by `nerbridge run` and "
        "`nerbridge export`), adapter_config.json or config.json."
    )


def _best_of_run(path: Path) -> Path:
    """The folder of the adapted model of the seed with the best strict validation F1."""
    record = _read_record(path / _RECORD_FILE)
    try:
        scored = [
            (seed["validation"]["f1_strict"], seed["model"])
            for row in record["rows"]
            if row["stage"] == _ADAPTED
            for seed in row["seeds"]
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


def read_temperature(manifest: dict[str, Any], folder: Path) -> float:
    """What the model's logits are to be divided by, 1 if it was not calibrated.

    Raises:
        ModelError: if it is no positive number.
    """
    calibration = manifest.get("calibration") or {}
    found = calibration.get("temperature", 1.0) if isinstance(calibration, dict) else calibration
    if isinstance(found, int | float) and 0 < found < float("inf"):
        return float(found)
    raise ModelError(
        f"{folder / LINEAGE_FILE}: the calibration temperature is {found!r}, expected a positive "
        "number. Calibrate the model again."
    )
