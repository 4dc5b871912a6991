"""The process that reads pickled weights: an order on stdin, an answer on stdout, both JSON.

The order names a folder, a new folder, and the files with their new names. The answer holds the
tensors' files (``weight_map``), their size and what was left out; or ``error``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch._weights_only_unpickler import UnpicklingError  # type: ignore[attr-defined]

from nerbridge.platforms import limit_this_process

_SPARE_BYTES = 32 * 2**30  # torch reserves much more than it uses
_WRAPPERS = ("state_dict", "model_state_dict", "model")
_GLOBAL = re.compile(r"GLOBAL ([\w.]+)")


class _UnreadableError(Exception):
    """What is wrong with a file; fit to show a user."""


def main() -> None:
    """Do what stdin says."""
    order = json.load(sys.stdin)
    try:
        answer = convert(Path(order["source"]), Path(order["target"]), order["files"])
    except _UnreadableError as error:
        answer = {"error": str(error)}
    json.dump(answer, sys.stdout)


def convert(source: Path, target: Path, files: Mapping[str, str]) -> dict[str, Any]:
    """Write every file's tensors under its new name."""
    n_read = sum((source / name).stat().st_size for name in files if (source / name).is_file())
    # A damaged or malicious file may ask for any amount of memory.
    limit_this_process(_SPARE_BYTES + 4 * n_read)
    weight_map: dict[str, str] = {}
    left_out: list[str] = []
    n_bytes = 0
    for name, new_name in files.items():
        tensors, others = _tensors_in(_read(source / name), name)
        # transformers refuses safetensors whose metadata does not name a format.
        save_file(tensors, target / new_name, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(tensors, new_name)
        left_out += others
        n_bytes += sum(tensor.nbytes for tensor in tensors.values())
    return {"weight_map": weight_map, "left_out": sorted(left_out), "n_bytes": n_bytes}


def _read(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            if file.read(24) == b"version https://git-lfs.":
                raise _UnreadableError(
                    f"{path.name} is a pointer of Git LFS, not the weights. Run git lfs pull."
                )
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise _UnreadableError(f"{path.name} is missing. Copy the model again.") from None
    except UnpicklingError as error:
        raise _UnreadableError(_why(path.name, str(error))) from None
    # torch.load fails in any of these ways where a file is cut off or is something else.
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, AttributeError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise _UnreadableError(
            f"{path.name} is damaged or no file of PyTorch ({first}). Download it again."
        ) from None


def _why(name: str, message: str) -> str:
    if (match := _GLOBAL.search(message)) is not None:
        return (
            f"{name} holds more than weights: it asks for {match[1]}, which could run code on this "
            "machine. Nothing of it was run. Use another copy of the model, or ask its author for "
            "safetensors."
        )
    return f"{name} is damaged or no file of weights. Nothing of it was run. Download it again."


def _tensors_in(value: Any, name: str) -> tuple[dict[str, torch.Tensor], list[str]]:
    """The tensors by their names, fit for safetensors, and the names of all else."""
    # Checkpoints of a training keep the weights under one of these keys.
    wrapped = [key for key in _WRAPPERS if isinstance(value, Mapping) and key in value]
    others: list[str] = []
    if wrapped and isinstance(value[wrapped[0]], Mapping):
        others = [str(key) for key in value if key != wrapped[0]]
        value = value[wrapped[0]]
    if not isinstance(value, Mapping):
        raise _UnreadableError(
            f"{name} holds a {type(value).__name__}; expected tensors by their names. Save the "
            "model's state_dict."
        )
    found = {str(key): t for key, t in value.items() if isinstance(t, torch.Tensor)}
    if not found:
        raise _UnreadableError(f"{name} holds no tensors. Download it again.")
    others += [str(key) for key in value if str(key) not in found]
    if all(key.startswith("module.") for key in found):  # saved while on several GPUs
        found = {key.removeprefix("module."): tensor for key, tensor in found.items()}
    return _unshared(found), others


def _unshared(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """safetensors holds no two names of one memory, and no part of a larger memory."""
    seen: set[int] = set()
    found = {}
    for key, tensor in tensors.items():
        tensor = tensor.detach()
        memory = tensor.untyped_storage()
        if memory.data_ptr() in seen or memory.nbytes() != tensor.nbytes:
            tensor = tensor.clone()
        seen.add(memory.data_ptr())
        found[key] = tensor.contiguous()
    return found


if __name__ == "__main__":
    main()
