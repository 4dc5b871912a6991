"""The folder of a run: what is finished, what it was made from, and who is working in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nerbridge.errors import InputError, RunError, first_fault
from nerbridge.files import locked, write_text
from nerbridge.records import SeedResult
from nerbridge.training.recipe_files import migrate_fingerprint

FINGERPRINT = "fingerprint.json"


class RunFolder:
    """Paths in a run folder, and the results in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def model(self, system: str, seed: int) -> Path:
        """Folder of a trained model."""
        return self.path / "models" / f"{system}-{seed}"

    def work(self, system: str, seed: int) -> Path:
        """Folder for checkpoints; removed when the stage is finished."""
        return self.path / "work" / f"{system}-{seed}"

    def read_result(self, system: str, seed: int) -> SeedResult | None:
        """The result of a finished system and seed, else None.

        Raises:
            RunError: the file is there but not readable.
        """
        path = self._result(system, seed)
        try:
            return SeedResult.model_validate_json(path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (ValidationError, UnicodeDecodeError) as error:
            raise RunError(
                f"{path}: the result is damaged ({first_fault(error)}). Delete this file and "
                "repeat "
                "the command; nerbridge then scores the model again."
            ) from error

    def write_result(self, system: str, result: SeedResult) -> None:
        """Keep the result of a finished system and seed."""
        text = result.model_dump_json(indent=1) + "\n"
        write_text(self._result(system, result.seed), text)

    def _result(self, system: str, seed: int) -> Path:
        return self.path / "results" / f"{system}-{seed}.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out while the block runs; a killed process leaves no lock behind.

        Raises:
            RunError: another process works in this folder.
            InputError: there is a file in its place.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise InputError(
                f"{self.path}: this is a file; expected a folder for the run. Name a folder: "
                "--output."
            ) from None
        with locked(self.path, self.path):
            yield

    def check_fingerprint(self, fingerprint: Mapping[str, Any]) -> None:
        """Check that the results in the folder come from the same recipe, data and encoder.

        Raises:
            RunError: naming what differs.
        """
        path = self.path / FINGERPRINT
        if not path.is_file():
            write_text(path, json.dumps(fingerprint, indent=1, sort_keys=True) + "\n")
            return
        try:
            found = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise RunError(
                f"{path}: the file is damaged ({error}). Name another folder: --output."
            ) from error
        found = migrate_run_fingerprint(found)
        if changes := list(differences(found, fingerprint)):
            raise RunError(
                f"{self.path}: this folder holds a run with other settings; changed since: "
                f"{'; '.join(changes)}. Name another folder with --output, or delete this one to "
                "start again."
            )


def migrate_run_fingerprint(found: Any) -> Any:
    """The `Run.fingerprint` of an earlier version in the form of this one; else unchanged."""
    if not isinstance(found, dict) or "recipe" not in found:
        return found
    data = found.get("data")
    if isinstance(data, dict):
        # Before 0.2.0 a further test set stood in the recipe under ``also``.
        data = {re.sub("^also ", "test set ", name): sha256 for name, sha256 in data.items()}
    return {**found, "recipe": migrate_fingerprint(found["recipe"]), "data": data}


def differences(old: Any, new: Any, place: str = "") -> Iterator[str]:
    """What differs between two nested values, each in words: ``a.b was 1, is 2``."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            inner = f"{place}.{key}" if place else str(key)
            yield from differences(old.get(key), new.get(key), inner)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, f"{place}.{i}")
    elif old != new:
        yield f"{place} was {_short(old)}, is {_short(new)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"
