"""brat's annotations with the text beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.conftest import pairs
from nerbridge.corpus import read_corpus
from nerbridge.errors import CorpusError

Put = Callable[[str, str | bytes], Path]
TEXT = "নীলিমা গগৈ আহিছে।\nতেওঁ নগাঁৱত থাকে।\n"
ENTITIES = "T1\tPER 0 10\tনীলিমা গগৈ\nT2\tLOC 23 29\tনগাঁৱত\n"
EXPECTED = [
    (("নীলিমা", "গগৈ", "আহিছে", "।"), ("B-PER", "I-PER", "O", "O")),
    (("তেওঁ", "নগাঁৱত", "থাকে", "।"), ("O", "B-LOC", "O", "O")),
]


@pytest.mark.parametrize("named", ["doc.ann", "doc.txt"])
@pytest.mark.parametrize(
    ("text", "annotations", "losses"),
    [
        (TEXT, ENTITIES, {}),
        (TEXT, ENTITIES.replace("\n", "\r\n"), {}),
        (TEXT.replace("\n", "\r\n"), ENTITIES.replace("23 29", "24 30"), {}),
        (TEXT.replace("\n", "\r\n"), ENTITIES, {}),  # git changed the line ends
        (TEXT, ENTITIES.replace("23 29", "24 30"), {}),
        (TEXT, ENTITIES + "R1\tin Arg1:T1 Arg2:T2\n#1\tAnnotatorNotes T1\tx\nA1\tSure T2\n"
         "*\tEquiv T1 T2\nE1\tPER:T1\n\n", {"other_annotations": 5}),
    ],
    ids=["plain", "crlf-ann", "crlf-counted", "crlf-since", "lf-since", "other"],
)  # fmt: skip
def test_a_document_is_its_sentences(
    put: Put, text: str, annotations: str, losses: dict[str, int], named: str
) -> None:
    put("doc.txt", text)
    put("doc.ann", annotations)
    corpus = read_corpus(put("doc.ann", annotations).with_name(named))
    assert pairs(corpus.splits["test"]) == EXPECTED
    assert corpus.losses == losses


def test_offsets_count_code_points(put: Put) -> None:
    put("a.txt", "😀😀 অসম")
    corpus = read_corpus(put("a.ann", "T1\tLOC 3 6\tঅসম\n"))
    assert corpus.splits["test"][0].tags == ("O", "O", "B-LOC")
    assert corpus.losses == {}


def test_pieces_become_one_span(put: Put) -> None:
    put("a.txt", "উজনি আৰু নামনি অসম")
    corpus = read_corpus(put("a.ann", "T1\tLOC 0 4;15 18\tউজনি অসম\n"))
    assert corpus.splits["test"][0].tags == ("B-LOC", "I-LOC", "I-LOC", "I-LOC")
    assert corpus.losses == {"discontinuous_spans": 1}


def test_an_empty_file_means_that_nothing_is_marked(put: Put) -> None:
    put("a.txt", TEXT)
    corpus = read_corpus(put("a.ann", ""))
    assert [set(s.tags) for s in corpus.splits["test"]] == [{"O"}, {"O"}]


def test_folders_of_documents_and_of_splits(put: Put, tmp_path: Path) -> None:
    for name in ("docs/one", "docs/two", "splits/train", "splits/test"):
        put(f"{name}.txt", TEXT)
        put(f"{name}.ann", ENTITIES)
    found = read_corpus(tmp_path / "docs").splits["test"]
    assert [Path(sentence.document).stem for sentence in found] == ["one", "one", "two", "two"]
    assert {n: len(s) for n, s in read_corpus(tmp_path / "splits").splits.items()} == {
        "train": 2,
        "test": 2,
    }


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ("T1\tLOC 0 4\tআন\n", "a.ann: the span 0–4 .* expected 'আন'"),
        ("T1\tLOC 0 400\tঅসম\n", "a.ann: the span"),
        ("T1 LOC 0 3 অসম\n", "a.ann:1: .* is not an entity of brat"),
    ],
)
def test_broken_annotations(put: Put, annotations: str, message: str) -> None:
    put("a.txt", TEXT)
    with pytest.raises(CorpusError, match=message):
        read_corpus(put("a.ann", annotations))


def test_the_text_must_lie_beside(put: Put) -> None:
    with pytest.raises(CorpusError, match=r"a\.txt: no such file"):
        read_corpus(put("a.ann", ENTITIES))
