from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nerbridge.corpus.probabilities import (
    PROBABILITIES_FILE,
    with_probabilities,
    write_probabilities,
)
from nerbridge.corpus.reading import build_corpus, read_corpus
from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.corpus.writing import write_corpus
from nerbridge.errors import CorpusError

TAGS = ("O", "B-LOC", "I-LOC")
ROWS = [np.array([[0.25, 0.75, 0], [1, 0, 0]], np.float32), np.array([[0.5, 0.5, 0]], np.float32)]
TRAIN = (
    Sentence(("অসম", "ধুনীয়া"), ("B-LOC", "O"), probabilities=ROWS[0]),
    Sentence(("দিল্লী",), ("B-LOC",), probabilities=ROWS[1]),
)


@pytest.fixture
def written(tmp_path: Path) -> Corpus:
    corpus = build_corpus(tmp_path.name, "as", {"train": TRAIN})
    write_corpus(corpus, tmp_path)
    write_probabilities(tmp_path, corpus, TAGS)
    return corpus


@pytest.mark.parametrize("place", ["", "train.conll"])
def test_each_sentence_gets_its_own(written: Corpus, tmp_path: Path, place: str) -> None:
    spec = str(tmp_path / place)
    soft = with_probabilities(read_corpus(spec), spec, TAGS)
    found = [s.probabilities.tolist() for s in soft.splits["train"] if s.probabilities is not None]
    assert found == [rows.tolist() for rows in ROWS]
    assert soft.sha256 == written.sha256


def test_they_have_a_hash_of_their_own(written: Corpus, tmp_path: Path) -> None:
    def hashed() -> str | None:
        return with_probabilities(written, str(tmp_path), TAGS).probabilities_sha256

    before = hashed()
    assert before == hashed()
    assert written.probabilities_sha256 is None
    other = replace(TRAIN[1], probabilities=ROWS[1][:, [2, 0, 1]])
    write_probabilities(tmp_path, replace(written, splits={"train": (TRAIN[0], other)}), TAGS)
    assert hashed() not in (before, None)


def test_other_splits_may_come_and_go(written: Corpus, tmp_path: Path) -> None:
    (tmp_path / "test.conll").write_text("দিল্লী\tB-LOC\n", "utf-8")
    assert with_probabilities(read_corpus(tmp_path), str(tmp_path), TAGS).probabilities_sha256


def test_a_row_for_each_word(written: Corpus, tmp_path: Path) -> None:
    wrong = replace(TRAIN[1], probabilities=np.ones((2, 3), np.float32))
    write_probabilities(tmp_path, replace(written, splits={"train": (TRAIN[0], wrong)}), TAGS)
    with pytest.raises(CorpusError, match="4 rows of 3 numbers, expected 3 of 3"):
        with_probabilities(written, str(tmp_path), TAGS)


def test_sentences_that_were_changed_are_refused(written: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "train.conll"
    path.write_text(path.read_text("utf-8").replace("দিল্লী\tB-LOC", "দিল্লী\tO"), "utf-8")
    with pytest.raises(CorpusError, match="does not fit the sentences and tags"):
        with_probabilities(read_corpus(tmp_path), str(tmp_path), TAGS)


def test_other_tags_are_refused(written: Corpus, tmp_path: Path) -> None:
    with pytest.raises(
        CorpusError, match="tags are O B-LOC I-LOC, but the recipe has O B-PER I-PER;"
    ):
        with_probabilities(written, str(tmp_path), ("O", "B-PER", "I-PER"))


def test_a_missing_or_damaged_file_says_what_to_do(written: Corpus, tmp_path: Path) -> None:
    path = tmp_path / PROBABILITIES_FILE
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorpusError, match="cannot be read"):
        with_probabilities(written, str(tmp_path), TAGS)
    path.unlink()
    with pytest.raises(CorpusError, match="pseudo-label --soft"):
        with_probabilities(written, str(tmp_path), TAGS)


def test_rows_that_lie_in_memory_by_columns_are_written_as_they_read(
    written: Corpus, tmp_path: Path
) -> None:
    by_columns = tuple(
        replace(s, probabilities=np.asfortranarray(rows))
        for s, rows in zip(TRAIN, ROWS, strict=True)
    )
    write_probabilities(tmp_path, replace(written, splits={"train": by_columns[:1]}), TAGS)
    corpus = build_corpus(tmp_path.name, "as", {"train": TRAIN[:1]})
    (found,) = with_probabilities(corpus, str(tmp_path), TAGS).splits["train"]
    assert found.probabilities is not None
    assert found.probabilities.tolist() == ROWS[0].tolist()


def test_numbers_that_are_no_probabilities_are_refused(written: Corpus, tmp_path: Path) -> None:
    twice = tuple(replace(s, probabilities=2 * rows) for s, rows in zip(TRAIN, ROWS, strict=True))
    write_probabilities(tmp_path, replace(written, splits={"train": twice}), TAGS)
    with pytest.raises(CorpusError, match=r"of word 1 sum to 2, expected 1\. The file is"):
        with_probabilities(written, str(tmp_path), TAGS)
