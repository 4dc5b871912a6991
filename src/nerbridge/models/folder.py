"""Model folders: written whole or not at all, with their lineage beside the weights."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError

from nerbridge.errors import EnvironmentProblem, ModelError
from nerbridge.files import default_mode, sibling, write_text
from nerbridge.labels import LabelSet

LINEAGE_FILE = "nerbridge.json"
LINEAGE_SCHEMA = 1
WEIGHT_FILES = ("model.safetensors", "model.safetensors.index.json")
ADAPTER_CONFIG_FILE = "adapter_config.json"
ADAPTER_WEIGHT_FILE = "adapter_model.safetensors"
ONNX_FILE = "model.onnx"
CRF_FILE = "model.crfsuite"
REQUIRED_KEYS = ("base", "types", "script", "max_subwords")

Kind = Literal["adapter", "full", "crf", "onnx"]


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes ``folder`` when the block ends without an error.

    An existing folder is replaced; until then it stays as it was. After a kill at any moment
    ``folder`` is whole (old or new) or absent, and the next call removes what was left lying.
    One process at a time may write a folder.

    Raises:
        EnvironmentProblem: if the disk is full or cannot be written.
    """
    temporary = sibling(folder, ".", ".writing")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        yield temporary
        _finish(temporary)
        _replace(temporary, folder)
    except (OSError, SafetensorError) as error:
        raise EnvironmentProblem(
            f"{folder}: cannot be written: {_reason(error)}. What was there before is unchanged; "
            "free space or choose another folder, then run again."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _reason(error: Exception) -> str:
    # safetensors wraps the system's error in its own and keeps only the text.
    if getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error):
        return "no space left on the disk"
    return str(error)


def _finish(folder: Path) -> None:
    """See all files onto the disk, and as readable as new ones are.

    safetensors writes for the owner's eyes alone, and models are served by other users.
    """
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(default_mode())
            with path.open("rb+") as file:
                os.fsync(file.fileno())


def _replace(temporary: Path, folder: Path) -> None:
    old = sibling(folder, ".", ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    temporary.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def write_lineage(folder: Path, lineage: Mapping[str, Any], kind: Kind) -> None:
    """Write ``nerbridge.json``.

    Raises:
        ValueError: if ``lineage`` lacks one of `REQUIRED_KEYS`.
    """
    missing = [key for key in REQUIRED_KEYS if key not in lineage]
    if missing:
        raise ValueError(f"lineage lacks {', '.join(missing)}: a model folder needs them to load")
    document = {"schema": LINEAGE_SCHEMA, "kind": kind, **lineage}
    text = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True)
    (folder / LINEAGE_FILE).write_text(text + "\n", encoding="utf-8")


def update_lineage(folder: Path, changes: Mapping[str, Any]) -> None:
    """Replace some keys of ``nerbridge.json``, whole or not at all.

    Raises:
        ModelError: if the folder has no readable ``nerbridge.json``.
        EnvironmentProblem: if it cannot be written.
    """
    text = json.dumps(
        {**read_lineage(folder), **changes}, indent=2, ensure_ascii=False, sort_keys=True
    )
    write_text(folder / LINEAGE_FILE, text + "\n")


def read_lineage(folder: Path) -> dict[str, Any]:
    """What a model folder says about its origin: base, labels, script, parents, data, recipe.

    Raises:
        ModelError: if the folder has no readable ``nerbridge.json`` of a known schema.
    """
    path = folder / LINEAGE_FILE
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder.")
    try:
        lineage = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"{folder}: no {LINEAGE_FILE}: not a model trained with nerbridge. Give a model folder "
            "of a run, such as runs/NAME/models/adapt-13."
        ) from None
    except ValueError as error:
        raise ModelError(f"{path}: not JSON ({error}). Copy the model folder again.") from None
    if not isinstance(lineage, dict) or lineage.get("schema") not in (LINEAGE_SCHEMA, 2):
        found = lineage.get("schema") if isinstance(lineage, dict) else None
        raise ModelError(
            f"{path}: schema is {found!r}, expected {LINEAGE_SCHEMA}. Use the version of nerbridge "
            "that wrote it, or a newer one."
        )
    missing = [key for key in REQUIRED_KEYS if key not in lineage]
    if missing:
        raise ModelError(f"{path}: lacks {', '.join(missing)}. Copy the model folder again.")
    return lineage


def lineage_labels(lineage: Mapping[str, Any]) -> LabelSet:
    """The label set of a model folder's ``nerbridge.json``."""
    return LabelSet(tuple(lineage["types"]), tuple(lineage.get("inside_costs", ())))


def check_safetensors(folder: Path, name: str, expected: Sequence[str] = WEIGHT_FILES) -> None:
    """Refuse a model whose weights are pickles, or that has none.

    Args:
        folder: where its files are.
        name: what the user calls it: a folder or a hub id.
        expected: the files of which one must be there.

    Raises:
        ModelError: if none is there.
    """
    if any((folder / file).is_file() for file in expected):
        return
    found = ", ".join(sorted(path.name for path in folder.glob("*.bin"))) or "none"
    raise ModelError(
        f"{name}: no {expected[0]}; found pickled weights: {found}. Pickles (.bin) can run code; "
        "they are never loaded or downloaded. If the model has them, convert them once, with the "
        "head: "
        f"nerbridge encoder convert {name} NEW_FOLDER. Then use NEW_FOLDER."
    )
