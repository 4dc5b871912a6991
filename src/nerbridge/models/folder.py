"""Model folders: written whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from nerbridge.errors import EnvironmentProblem, ModelError
from nerbridge.files import default_mode, sibling

WEIGHT_FILES = ("model.safetensors", "model.safetensors.index.json")
ADAPTER_CONFIG_FILE = "adapter_config.json"
ADAPTER_WEIGHT_FILE = "adapter_model.safetensors"
ONNX_FILE = "model.onnx"
CRF_FILE = "model.crfsuite"


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
            f"{folder}: cannot be written: {_reason(error)}. Its earlier content is unchanged. "
            "Free some space or choose another folder, then run again."
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
