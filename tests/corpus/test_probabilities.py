from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nerbridge.corpus.probabilities import (
    PROBABILITIES_FILE,
    has_probabilities,
    with_probabilities,
    write_probabilities,
)
from nerbridge.corpus.reading import build_corpus, read_corpus
from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.corpus.writing import write_corpus
from nerbridge.errors import CorpusError

TAGS = ("O", "B-LOC", "I-LOC")
TRAIN = (Sentence(("অসম", "ধুনীয়া"), ("B-LOC", "O")), Sentence(("দিল্লী",), ("B-LOC",)))
ROWS = [np.array([[0.25, 0.75, 0], [1, 0, 0]], np.float16), np.array([[0.5, 0.5, 0]], np.float16)]


@pytest.fixture
def written(tmp_path: Path) -> Corpus:
    corpus = build_corpus(tmp_path.name, "as", {"train": TRAIN})
    write_corpus(corpus, tmp_path)
    write_probabilities(tmp_path, corpus, ROWS, TAGS)
    return corpus


def test_each_sentence_gets_its_own(written: Corpus, tmp_path: Path) -> None:
    soft = with_probabilities(read_corpus(tmp_path), str(tmp_path), TAGS)
    found = [s.probabilities.tolist() for s in soft.splits["train"] if s.probabilities is not None]
    assert found == [rows.tolist() for rows in ROWS]
    assert has_probabilities(soft)
    assert not has_probabilities(written)


def test_the_hash_covers_them(written: Corpus, tmp_path: Path) -> None:
    before = with_probabilities(written, str(tmp_path), TAGS).sha256
    assert before != written.sha256
    assert before == with_probabilities(written, str(tmp_path), TAGS).sha256
    write_probabilities(tmp_path, written, [ROWS[0], 1 - ROWS[1]], TAGS)
    assert before != with_probabilities(written, str(tmp_path), TAGS).sha256


def test_sentences_that_were_changed_are_refused(written: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "train.conll"
    path.write_text(path.read_text("utf-8").replace("দিল্লী\tB-LOC", "দিল্লী\tO"), "utf-8")
    with pytest.raises(CorpusError, match="belongs to other sentences or tags"):
        with_probabilities(read_corpus(tmp_path), str(tmp_path), TAGS)


def test_other_tags_are_refused(written: Corpus, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="tags are O B-LOC I-LOC, the recipe's O B-PER I-PER;"):
        with_probabilities(written, str(tmp_path), ("O", "B-PER", "I-PER"))


def test_a_missing_or_damaged_file_says_what_to_do(written: Corpus, tmp_path: Path) -> None:
    path = tmp_path / PROBABILITIES_FILE
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorpusError, match="cannot be read"):
        with_probabilities(written, str(tmp_path), TAGS)
    path.unlink()
    with pytest.raises(CorpusError, match="pseudo-label --soft"):
        with_probabilities(written, str(tmp_path), TAGS)
