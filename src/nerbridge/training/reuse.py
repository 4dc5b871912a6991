"""Reuse the transferred models of another run that has the same transfer settings."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nerbridge.errors import RunError
from nerbridge.models.folder import new_folder
from nerbridge.training.references import CRF_SEED
from nerbridge.training.run import Run, StageListener, StageProgress
from nerbridge.training.run_folder import (
    FINGERPRINT,
    RunFolder,
    differences,
    migrate_run_fingerprint,
)

_SETTINGS = ("encoder", "types", "lora", "transfer")


def reuse_transfers(run: Run, other: Path, listen: StageListener) -> None:
    """Copy the transferred models of ``other`` that ``run`` lacks.

    The CRF of the sources is copied too if the recipe asks for CRFs. These models depend only on
    the encoder, the sources and the transfer settings, so the target may differ. Scores are not
    copied: every model is scored on the test sets of ``run``.

    Raises:
        RunError: ``other`` is not a run folder, its transfer settings differ, or it has a model
            for none of the seeds.
    """
    try:
        found = _deciding_transfer(_read_fingerprint(other))
    except (KeyError, TypeError, AttributeError) as error:
        # The file is JSON, but cut, edited, or of something else.
        raise RunError(
            f"{other / FINGERPRINT}: the file is damaged ({type(error).__name__}: {error}). "
            "Run without --reuse."
        ) from error
    if changes := list(differences(found, _deciding_transfer(run.fingerprint()))):
        raise RunError(
            f"{other}: its transferred models do not fit this recipe. The difference: "
            f"{'; '.join(changes)}. Run without --reuse."
        )
    theirs = RunFolder(other)
    at_hand = [seed for seed in run.recipe.seeds if theirs.model("transfer", seed).is_dir()]
    if not at_hand:
        raise RunError(
            f"{other}: this run has no transferred model for any of the seeds "
            f"{', '.join(map(str, run.recipe.seeds))}. Choose others: --seeds."
        )
    models = [("transfer", seed) for seed in at_hand]
    if run.recipe.reference.crf and theirs.model("crf_transfer", CRF_SEED).is_dir():
        models.append(("crf_transfer", CRF_SEED))
    for system, seed in models:
        if not run.folder.model(system, seed).is_dir():
            # Copied whole or not at all: a run takes a model folder that exists for a finished one.
            with new_folder(run.folder.model(system, seed)) as folder:
                shutil.copytree(theirs.model(system, seed), folder, dirs_exist_ok=True)
            listen(StageProgress(system, seed, 0.0, f"taken from {other}"))


def _read_fingerprint(folder: Path) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads((folder / FINGERPRINT).read_text("utf-8"))
    except OSError as error:
        raise RunError(
            f"{folder}: not a run folder ({FINGERPRINT}: {error.strerror}). Give the folder of a "
            "run "
            "with the same encoder, sources and transfer settings."
        ) from error
    except ValueError as error:
        raise RunError(
            f"{folder / FINGERPRINT}: the file is damaged ({error}). Run without --reuse."
        ) from error
    return found


def _deciding_transfer(fingerprint: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a fingerprint that decides what the transfer stage learns."""
    migrated = migrate_run_fingerprint(fingerprint)
    recipe, data = migrated["recipe"], migrated["data"]
    return {
        **{key: recipe[key] for key in _SETTINGS},
        "script": recipe["target"]["script"],
        "sources": [
            # Hashes in "data" stand for the contents of corpora and lexicons, wherever they lie.
            {**s, "path": None, "lexicon": bool(s.get("lexicon"))}
            for s in recipe["sources"]
        ],
        "data": [data[key] for key in sorted(data) if key.startswith("source ")],
        "encoder weights": migrated["encoder"],
    }
