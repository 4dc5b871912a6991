"""CoNLL files with more columns than a word and a tag."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.conftest import pairs
from nerbridge.corpus import read_corpus, read_sentences
from nerbridge.errors import CorpusError, InputError

Put = Callable[[str, str | bytes], Path]
WORDS = ("নীলিমা", "গগৈ", "নগাঁৱত", "আছে")
TAGS = ("B-PER", "I-PER", "B-LOC", "O")


def table(*columns: str, separator: str = "\t") -> str:
    """Rows of four words; a column is its four cells."""
    cells = [["নীলিমা", "গগৈ", "নগাঁৱত", "আছে"] if c == "words" else c.split() for c in columns]
    return "".join(separator.join(row) + "\n" for row in zip(*cells, strict=True)) + "\n"


IOB2 = "B-PER I-PER B-LOC O"
NER = "NER=B-PER Gloss=x|NER=I-PER NER=B-LOC|SpaceAfter=No _"


@pytest.mark.parametrize(
    ("content", "losses"),
    [
        (table("1 2 3 4", "words", IOB2), {}),
        (table("0 1 2 3", "words", "N N N V", IOB2, separator=" "), {}),
        (table("1 2 3 4", "words", IOB2, "- - - -", "a a a a"), {}),
        ("#\thttp://x.org\t[2020]\n" + table("1 2 3 4", "words", IOB2, "O O B-LOC O"),
         {"entities_in_other_columns": 1}),
        (table("words", "N N N V", "B-NP I-NP B-NP B-VGF", "B-PER I-PER B-LOC o"), {}),
        (table("words", "N N N V", "B-NP I-NP B-NP B-VP", "I-PER I-PER I-LOC O"), {}),
        (table("words", "N N N V", IOB2, "o o o o"), {}),
        (table("words", IOB2, "P P P P"), {}),
        ("# text = x B-1\n" + table("1 2 3 4", "words", "_ _ _ _", "N N N V", NER), {}),
        ("#begin document (x); part 000\n"
         + table(*["f f f f", "0 0 0 0", "0 1 2 3", "words", *["- - - -"] * 6,
                   "(PER* *) (LOC) *", "- - - (1)"]) + "#end document\n", {}),
        ("token\tpos\tlabel\n" + table("words", "N N N V", IOB2), {}),
        ("-DOCSTART- -X- O\n" + table("words", "-X- -X- -X- -X-", "_ _ _ _", IOB2, separator=" "),
         {}),
        (table("words", IOB2).replace("\n", "\r"), {}),
        (("\ufeff" + table("words", IOB2)).encode("utf-16-le"), {}),
        (table("words", IOB2).encode("utf-16"), {}),
    ],
    ids=["index", "index-0", "uner", "germeval", "chunks", "conll-2003", "empty-inner",
         "tag-second", "conllu", "conll-2012", "header", "label-studio", "old-mac", "utf-16-le",
         "utf-16"],
)  # fmt: skip
def test_the_words_and_the_tags_are_found(
    put: Put, content: str | bytes, losses: dict[str, int]
) -> None:
    corpus = read_corpus(put("a.conll", content))
    assert pairs(corpus.splits["test"]) == [(WORDS, TAGS)]
    assert corpus.losses == losses


@pytest.mark.parametrize("columns", ["2,4", "word,inner"])
def test_columns_can_be_chosen(put: Put, columns: str) -> None:
    header = "id\tword\touter\tinner\n" if columns == "word,inner" else ""
    path = put("a.tsv", header + table("1 2 3 4", "words", IOB2, "O O B-LOC O"))
    found = read_sentences(path, columns=columns)
    assert pairs(found) == [(WORDS, ("O", "O", "B-LOC", "O"))]


@pytest.mark.parametrize("columns", ["1", "2,2", "1,9", "word,", "word,nothing"])
def test_columns_that_are_not_there(put: Put, columns: str) -> None:
    with pytest.raises(InputError, match=r"expected (two columns|a number from 1 to 2)"):
        read_sentences(put("a.tsv", "অসম\tB-LOC\n"), columns=columns)


def test_a_divided_word_has_the_tag_of_its_parts(put: Put) -> None:
    rows = ["1-2\tনগাঁৱৰ\t_", "1\tনগাঁও\tNER=B-LOC", "2\tৰ\t_", "2.1\tx\tNER=B-PER", "3\tআছে\t_"]
    (sentence,) = read_sentences(put("a.conllu", "\n".join(rows) + "\n"))
    assert (sentence.words, sentence.tags) == (("নগাঁৱৰ", "আছে"), ("B-LOC", "O"))


def test_conllu_without_entities_is_an_error(put: Put) -> None:
    path = put(
        "a.conllu",
        "1\tঅসম\t_\tPROPN\t_\t_\t0\troot\t_\tSpaceAfter=No\n2\t।\t_\tP\t_\t_\t1\tp\t_\t_\n",
    )
    with pytest.raises(CorpusError, match="is not a tag"):
        read_sentences(path)


def test_numbers_may_go_on_from_the_sentence_before(put: Put) -> None:
    path = put("a.conll", "1 অসম B-LOC\n2 । O\n\n3 নগাঁও B-LOC\n4 । O\n")
    assert [s.words for s in read_sentences(path)] == [("অসম", "।"), ("নগাঁও", "।")]


@pytest.mark.parametrize("rows", ["1-1 1-2 1-3 2-1 2-2", "10 20", "1. 2. 3.", "1 3"])
def test_other_numbers_are_no_words(put: Put, rows: str) -> None:
    path = put("a.tsv", "".join(f"{number}\tঅসম\tB-LOC\n" for number in rows.split()))
    with pytest.raises(CorpusError, match=r"only numbers, such as .*--columns 2,3"):
        read_sentences(path)
    assert read_sentences(path, columns="2,3")[0].words == ("অসম",) * len(rows.split())


@pytest.mark.parametrize(
    "content",
    [
        "1\t1\tঅসম\tB-LOC\n1\t2\t।\tO\n\n2\t1\tনগাঁও\tB-LOC\n2\t2\t।\tO\n",
        "d.txt\tঅসম\tB-LOC\nd.txt\t।\tO\n\nd.txt\tনগাঁও\tB-LOC\nd.txt\t।\tO\n",
        "token\tner\n# doc = 1\nঅসম\tB-LOC\n।\tO\n\n# doc = 2\nনগাঁও\tB-LOC\n।\tO\n",
    ],
    ids=["sentence-and-index", "document", "comment-behind-header"],
)
def test_columns_of_sentences_and_documents_are_no_words(put: Put, content: str) -> None:
    found = read_sentences(put("a.tsv", content))
    assert [s.words for s in found] == [("অসম", "।"), ("নগাঁও", "।")]
    assert {s.tags for s in found} == {("B-LOC", "O")}


def test_an_index_of_single_words(put: Put) -> None:
    found = read_sentences(put("a.tsv", "1\tঅসম\tB-LOC\n\n1\tনগাঁও\tB-LOC\n"))
    assert [s.words for s in found] == [("অসম",), ("নগাঁও",)]
