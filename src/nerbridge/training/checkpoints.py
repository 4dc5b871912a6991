"""Checkpoints inside a stage: only whole ones count."""

from __future__ import annotations

import shutil
from pathlib import Path

MARK = "whole"


def last_checkpoint(folder: Path) -> str | None:
    """The newest complete checkpoint; incomplete ones are deleted."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    for path in found:
        if not (path / MARK).is_file():
            shutil.rmtree(path)
    whole = [path for path in found if path.is_dir()]
    return str(whole[-1]) if whole else None


def mark_whole(checkpoint: Path) -> None:
    """Mark a checkpoint as complete, and delete the checkpoints before it."""
    # In this order: a kill between the two leaves two usable checkpoints, never none.
    (checkpoint / MARK).touch()
    for path in checkpoint.parent.glob("checkpoint-*"):
        if path != checkpoint:
            shutil.rmtree(path)
