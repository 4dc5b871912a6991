"""A labelled file divided from Python, and what the listener is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from nerbridge.corpus import read_corpus
from nerbridge.errors import InputError
from nerbridge.workflows.progress import Event
from nerbridge.workflows.split import split


def test_a_file_becomes_three(tmp_path: Path) -> None:
    given = tmp_path / "all.conll"
    words = [f"{a}{b}" for a in "কখগঘ" for b in "ািীুূ"]
    given.write_text("".join(f"{word}\tO\nঅসম\tB-LOC\n\n" for word in [*words, words[0]]), "utf-8")
    heard: list[Event] = []
    written = split([given], tmp_path / "out", shares=(2, 1, 1), seed=3, listen=heard.append)
    assert {name: len(part) for name, part in written.corpus.splits.items()} == {
        "train": 10,
        "validation": 5,
        "test": 5,
    }
    assert (written.n_duplicates, len(written.paths)) == (1, 3)
    assert any("duplicates left out: 1" in str(event) for event in heard)
    read = read_corpus(tmp_path / "out")
    assert read.splits["test"][0].words == written.corpus.splits["test"][0].words
    with pytest.raises(InputError, match="exists already"):
        split([given], tmp_path / "out")
