"""Pickled weights as safetensors: on request, in a process of its own, with nothing run of them.

A pickle is a program. torch's restricted unpickler knows a few harmless commands and stops at any
other. It works in another process, with a time limit, so that a file made to harm can neither stay
in this process nor hold it up.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerbridge.errors import EnvironmentProblem, InputError, ModelError
from nerbridge.models.download import MODEL_FILES, PICKLE_FILES, download
from nerbridge.models.folder import ADAPTER_WEIGHT_FILE, WEIGHT_FILES, new_folder
from nerbridge.models.label_files import INDEX_FILE, n_head_columns, read_object, weight_files

MAX_SECONDS = 1800.0
_PICKLED_ADAPTER = "adapter_model.bin"
_INDEX = "pytorch_model.bin.index.json"
# These would let the unpickler run anything.
_UNSAFE_VARIABLES = ("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "TORCH_FORCE_WEIGHTS_ONLY_LOAD")


@dataclass(frozen=True)
class Converted:
    """What a new folder holds.

    ``left_out`` names what the pickle held beside tensors; ``n_labels`` is the number of columns
    of its head, None without a head.
    """

    folder: Path
    n_tensors: int
    left_out: tuple[str, ...]
    n_labels: int | None
    is_adapter: bool


def convert_pickles(spec: str, folder: Path) -> Converted:
    """Write a model with pickled weights again, with the same tensors in safetensors.

    Args:
        spec: a folder, or a hub id; an encoder, a tagger or an adapter, whole or in shards.
        folder: the new folder; its other files are copies.

    Raises:
        InputError: ``folder`` exists.
        ModelError: there is no such model, it has safetensors already, or its pickle is damaged or
            holds more than weights.
        EnvironmentProblem: the hub cannot be reached, or the conversion takes too long.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: exists already. Choose a new folder.")
    source = _find(spec)
    files = _pickles(source, spec)
    with new_folder(folder) as temporary:
        _copy_others(source, temporary)
        report = _run({"source": str(source), "target": str(temporary), "files": files}, spec)
        if (source / _INDEX).is_file():
            _write_index(temporary, report)
        is_adapter = _PICKLED_ADAPTER in files
        weights = [temporary / ADAPTER_WEIGHT_FILE] if is_adapter else weight_files(temporary)
        n_labels = n_head_columns(weights)
    left_out = tuple(report["left_out"])
    return Converted(folder, len(report["weight_map"]), left_out, n_labels, is_adapter)


def _find(spec: str) -> Path:
    if Path(spec).expanduser().is_dir():
        return Path(spec).expanduser()
    if spec.startswith(("/", ".", "~")):
        raise ModelError(f"{spec}: no such folder. Give an existing folder or a hub id.")
    folder, commit = download(spec, None, MODEL_FILES)
    if not _has_safetensors(folder):
        # The same commit: a push in between must not mix two versions.
        folder, _ = download(spec, commit, PICKLE_FILES)
    return folder


def _has_safetensors(folder: Path) -> bool:
    names = (*WEIGHT_FILES, ADAPTER_WEIGHT_FILE)
    return any((folder / name).is_file() for name in names)


def _pickles(source: Path, spec: str) -> dict[str, str]:
    """The pickled files of a model, each with the name of its copy."""
    if _has_safetensors(source):
        raise ModelError(f"{spec}: has safetensors already. Use it as it is.")
    if (source / _INDEX).is_file():
        # The index comes from a stranger: a name such as ../x would lead out of the folder.
        shards = sorted(set(read_object(source / _INDEX).get("weight_map", {}).values()))
        if odd := [name for name in shards if Path(str(name)).name != name]:
            raise ModelError(
                f"{source / _INDEX}: {odd[0]!r} is no file name. Do not use the model."
            )
        return {name: _new_name(name) for name in shards}
    for name in ("pytorch_model.bin", _PICKLED_ADAPTER):
        if (source / name).is_file():
            return {name: _new_name(name)}
    raise ModelError(
        f"{spec}: no pickled weights; expected pytorch_model.bin, {_INDEX} or "
        f"{_PICKLED_ADAPTER}. Weights of TensorFlow or Flax: convert them with transformers."
    )


def _new_name(name: str) -> str:
    return f"{name.removesuffix('.bin').replace('pytorch_model', 'model')}.safetensors"


def _copy_others(source: Path, target: Path) -> None:
    for pattern in MODEL_FILES:
        for path in source.glob(pattern):
            shutil.copyfile(path, target / path.name)


def _run(order: Mapping[str, Any], spec: str) -> dict[str, Any]:
    """What the process that unpickles answers."""
    variables = {k: v for k, v in os.environ.items() if k not in _UNSAFE_VARIABLES}
    try:
        done = subprocess.run(
            # -P: a file in the current folder cannot take the place of a module.
            [sys.executable, "-P", "-m", "nerbridge.models.pickle_worker"],
            # ASCII with escapes: the other process reads its input in the encoding of the locale.
            input=json.dumps(order).encode("ascii"),
            capture_output=True,
            timeout=MAX_SECONDS,
            check=False,
            env=variables,
        )
    except subprocess.TimeoutExpired as error:
        raise EnvironmentProblem(
            f"{spec}: not converted within {MAX_SECONDS:.0f} seconds. Try a faster disk; if the "
            "file is small, do not use the model."
        ) from error
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"])[-1]
        raise ModelError(
            f"{spec}: the process that reads the pickle failed with code {done.returncode} "
            f"({last}): the file is damaged, or there is not enough memory. Download it again."
        ) from None
    if "error" in answer:
        raise ModelError(f"{spec}: {answer['error']}")
    return answer


def _write_index(folder: Path, report: Mapping[str, Any]) -> None:
    index = {
        "metadata": {"total_size": report["n_bytes"]},
        "weight_map": dict(sorted(report["weight_map"].items())),
    }
    (folder / INDEX_FILE).write_text(json.dumps(index, indent=2), encoding="utf-8")
