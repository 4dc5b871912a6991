"""What models gave already, kept on disk, so that a kill costs one batch of sentences at most."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from nerbridge.errors import EnvironmentProblem
from nerbridge.files import locked, write_bytes

_NAME = "probabilities"


class PredictionCache:
    """A folder with a file of probabilities for each batch of sentences.

    A file's name is a hash of the words and of ``decided_by``: what other models gave is never
    taken. A damaged file counts for nothing.
    """

    def __init__(self, folder: Path, decided_by: str) -> None:
        """Describe the folder; `locked` makes it."""
        self.folder, self._decided_by = folder, decided_by

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out while the block runs; a killed process leaves no lock behind.

        Raises:
            RunError: another process works here.
            EnvironmentProblem: the folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EnvironmentProblem(
                f"{self.folder}: cannot be created ({error.strerror or error}). Choose another "
                "folder."
            ) from error
        # The message names the folder of the corpus, which the user knows.
        with locked(self.folder, self.folder.parent):
            yield

    def find(self, words: Sequence[Sequence[str]]) -> list[NDArray[np.float32]] | None:
        """Those of a batch, as they were added; None if there are none yet."""
        path = self._path(words)
        if not path.exists():
            return None
        try:
            rows = load_file(path)[_NAME]
        except (SafetensorError, OSError, KeyError):
            return None
        return np.split(rows, np.cumsum([len(sentence) for sentence in words])[:-1])

    def add(
        self, words: Sequence[Sequence[str]], probabilities: Sequence[NDArray[np.float32]]
    ) -> None:
        """Put down those of a batch. Shape of each: (n_words, n_tags).

        Raises:
            EnvironmentProblem: the disk is full or the folder cannot be written; the batches
                before stay.
        """
        write_bytes(self._path(words), save({_NAME: np.concatenate(probabilities)}))

    def remove(self) -> None:
        """Delete the folder: nothing is left to be done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, words: Sequence[Sequence[str]]) -> Path:
        said: list[Any] = [self._decided_by, *map(list, words)]
        key = hashlib.sha256(json.dumps(said).encode("ascii")).hexdigest()
        return self.folder / f"{key}.safetensors"
