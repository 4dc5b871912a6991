"""Labels that are given already, so that a kill costs one batch of sentences at most."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from nerbridge.errors import EnvironmentProblem

Labels: TypeAlias = Sequence[str] | None
"""IOB2 tags of a sentence, one a word; None if the models are not sure."""


class LabelledBatches:
    """A file of JSON lines, each the key of a batch and its labels.

    The key is a hash of the words and of ``decided_by``: what other models gave, or other
    settings, is never used. A line that cannot be read counts for nothing.
    """

    def __init__(self, path: Path, decided_by: str) -> None:
        """Read what is there; the file and its folder are made with the first batch."""
        self.path, self._decided_by = path, decided_by
        content = path.read_bytes() if path.exists() else b""
        self._n_bytes = content.rfind(b"\n") + 1
        lines = map(_read_line, content[: self._n_bytes].splitlines())
        self._done: dict[str, list[Labels]] = dict(filter(None, lines))

    def find(self, batch: Sequence[Sequence[str]]) -> list[Labels] | None:
        """The labels of a batch, given by its sentences' words; None if it has none yet."""
        return self._done.get(self._key(batch))

    def add(self, batch: Sequence[Sequence[str]], labels: Sequence[Labels]) -> None:
        """Put down the labels of a batch.

        Raises:
            EnvironmentProblem: the disk is full or the folder cannot be written; the batches
                before stay.
        """
        line = json.dumps({"key": self._key(batch), "labels": labels}) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.truncate(self._n_bytes)  # without the line that a kill left unfinished
                file.write(line.encode("ascii"))
        except OSError as error:
            raise EnvironmentProblem(
                f"{self.path}: not written ({error.strerror or error}); what was labelled before "
                "is kept. Free some disk space; the same command then goes on from there."
            ) from error
        self._n_bytes += len(line)

    def remove(self) -> None:
        """Delete the file: the corpus is written."""
        self.path.unlink(missing_ok=True)

    def _key(self, batch: Sequence[Sequence[str]]) -> str:
        said = json.dumps([self._decided_by, *batch], ensure_ascii=False)
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _read_line(line: bytes) -> tuple[str, list[Labels]] | None:
    try:
        found = json.loads(line)
        return found["key"], found["labels"]
    except (ValueError, LookupError, TypeError):
        return None
