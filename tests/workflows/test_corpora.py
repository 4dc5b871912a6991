"""Labelled corpora from Python, as ``nerbridge data`` reads, audits and converts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nerbridge.errors import InputError
from nerbridge.labels import Scheme
from nerbridge.workflows.corpora import (
    CorpusOptions,
    audit_corpora,
    convert_corpus,
    count_splits,
    find_disagreements,
    find_missing_words,
    read_corpora,
)
from nerbridge.workflows.progress import Event, Note

WORDS = "ৰমেন B-PER\nদাস I-PER\nঅসমলৈ B-GPE\nগৈছে O\n\nপানী O\n"


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("as").mkdir()
    Path("as/train.conll").write_text(WORDS, "utf-8")
    return "as"


def test_a_corpus_is_read_and_counted(corpus: str, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[Event] = []
    options = CorpusOptions(type_map={"GPE": "LOC"})
    (read,) = read_corpora([corpus], options, told.append)
    (size,) = count_splits(read)
    assert (size.corpus, size.split, size.n_sentences, size.n_words) == ("as", "train", 2, 5)
    assert (size.n_entities, size.type_counts) == (2, {"PER": 1, "LOC": 1})
    assert told == [Note("Reading as …"), Note("mapped types: 1")]
    assert capsys.readouterr() == ("", "")


def test_an_audit_has_a_result_for_each_corpus(corpus: str) -> None:
    mine, bundled = audit_corpora([corpus, "bundled:as"])
    assert mine.splits["train"].n_sentences == 2
    assert set(bundled.splits) == {"train", "validation", "test"}


def test_a_converted_corpus_is_in_the_files_that_are_returned(corpus: str) -> None:
    (path,) = convert_corpus(corpus, Path("out.conll"), to_scheme=Scheme.IOBES)
    assert "দাস\tE-PER" in path.read_text("utf-8")
    with pytest.raises(InputError, match="exists already"):
        convert_corpus(corpus, Path("out.conll"))


def test_disagreements_and_missing_words(corpus: str) -> None:
    mine, other = find_disagreements([corpus, "bundled:as"], CorpusOptions(type_map={"GPE": "LOC"}))
    assert (mine.corpus, mine.path, mine.found.n_entities) == ("as", "as", 2)
    assert other.found.n_entities > 100
    missing = find_missing_words([corpus], n=1)
    assert (len(missing.words), missing.n_words, missing.known_share) == (1, 2, 0.0)
    assert missing.listed_share == 0.5
