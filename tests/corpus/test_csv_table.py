"""CSV files, whole and broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.conftest import pairs
from nerbridge.corpus import read_corpus, read_sentences
from nerbridge.errors import CorpusError
from nerbridge.labels import Scheme

Put = Callable[[str, str | bytes], Path]
EXPECTED = [(("অসম", ","), ("B-LOC", "O")), (('"',), ("O",))]


@pytest.mark.parametrize(
    "content",
    [
        'sentence_id,word,tag\n1,অসম,B-LOC\n1,",",O\n2,"""",O\n',
        '\ufeffSentence #,Word,P,Tag\r\nS 1,অসম,N,B-LOC\r\n,",",P,O\r\nS 2,"""",P,O',
        'tag,token,sentence\nB-LOC,অসম,a\nO,",",a\n\n,,\nO,"""",b\n',
    ],
)
def test_csv_in_its_shapes(put: Put, content: str) -> None:
    assert pairs(read_sentences(put("a.csv", content))) == EXPECTED


def test_csv_lines_count_where_rows_start(put: Put) -> None:
    path = put("a.csv", 'sentence_id,word,tag\n1,"a\nb",O\n2,c,I-LOC\n2,d,B-LOC\n2,e,I-PER\n')
    with pytest.raises(CorpusError, match=r"a\.csv:4: tag 'I-LOC' begins"):
        read_corpus(path, scheme=Scheme.IOB2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("অসম,B-LOC\n", r":1: the header is .*\(word is missing\)"),
        ("sentence_id,word,tag\n", ": a header but no rows"),
        ("sentence_id,word,tag\n1,অসম\n", ":2: 2 cells; expected 3.*was cut"),
        ("sentence_id,word,tag\n1,অসম,\n", ":2: this word has no tag"),
        ("sentence_id,word,tag\n1, ,O\n", ":2: a tag without a word"),
        ("sentence_id,word,tag\n1,a,O\n2,b,O\n1,c,O\n", ":4: the rows of sentence 1"),
        ('sentence_id,word,tag\n1,"a,O\n2,b,O\n', ":3: broken CSV"),
    ],
)
def test_broken_csv_is_told_with_its_place(put: Put, content: str, message: str) -> None:
    path = put("a.csv", content)
    with pytest.raises(CorpusError, match=re.escape(str(path)) + message):
        read_corpus(path)


@pytest.mark.parametrize(
    "content",
    [
        'Sentence #;Word;POS;Tag\nS 1;অসম;N;B-LOC\n;",";P;o\nS 2;"""";P;O\n',
        'sep=;\nsentence_id;word;tag\n1;অসম;B-LOC\n1;",";O\n2;"""";O\n',
        'Sentence #\tWord\tTag\t\t\nS 1\tঅসম\tB-LOC\t\t\n\t,\tO\nS 2\t""""\tO\n',
        'word,tag\nঅসম,B-LOC\n",",O\n,\n"""",O\n',
        'sent_id,token,ner\r1,অসম,B-LOC\r1,",",O\r2,"""",O\r',
    ],
    ids=["semicolons", "sep", "tabs", "blank-rows", "old-mac"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_of_spreadsheets(put: Put, content: str, encoding: str) -> None:
    assert pairs(read_sentences(put("a.csv", content.encode(encoding)))) == EXPECTED
    if content.startswith("Sentence #\t"):
        assert pairs(read_sentences(put("a.txt", content.encode(encoding)))) == EXPECTED


def test_columns_of_a_table_can_be_chosen(put: Put) -> None:
    path = put("a.csv", "sent_id,form,gold,tag\n1,অসম,B-LOC,O\n")
    assert read_sentences(path, columns="form,gold")[0].tags == ("B-LOC",)
    assert read_sentences(path, columns="2,3")[0].tags == ("B-LOC",)


def test_a_long_table_must_say_where_sentences_end(put: Put) -> None:
    with pytest.raises(CorpusError, match="300 words, but no sentence ends"):
        read_corpus(put("a.csv", "word,tag\n" + "অসম,B-LOC\n" * 300))


def test_rows_that_python_wrote_on_windows_are_one_sentence(put: Put) -> None:
    path = put("a.csv", "word,tag\r\r\nঅসম,B-LOC\r\r\nচৰকাৰ,I-LOC\r\r\n\r\r\nএক,O\r\r\n")
    assert [s.words for s in read_corpus(path).splits["test"]] == [("অসম", "চৰকাৰ"), ("এক",)]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ('1\t"\tO\n1\tঅসম\tB-LOC\n1\t"\tO\n', ('"', "অসম", '"')),
        ('1\t"অসম\tB-LOC\n1\tধুনীয়া"\tO\n', ('"অসম', 'ধুনীয়া"')),
        ('1\tঅসম\tB-LOC\n1\t"\tO\n', ("অসম", '"')),
        ('1\t"অসম"\tB-LOC\n1\t""""\tO\n', ("অসম", '"')),
    ],
)
def test_quotes_that_are_words_of_a_table_with_tabs(
    put: Put, rows: str, words: tuple[str, ...]
) -> None:
    path = put("a.tsv", f"sentence_id\tword\ttag\n{rows}")
    (sentence,) = read_corpus(path).splits["test"]
    assert sentence.words == words


@pytest.mark.parametrize(
    "rows",
    [
        "doc_id,sent_id,token,ner\nd1,1,অসম,B-LOC\nd1,1,চৰকাৰ,I-LOC\nd2,1,এক,O\n",
        "doc_id,sent_id,token,ner\nd1,1,অসম,B-LOC\n,,চৰকাৰ,I-LOC\nd2,1,এক,O\n",
        "sentence,word,tag\n1,অসম,B-LOC\nNaN,চৰকাৰ,I-LOC\n2,এক,O\n",
    ],
    ids=["numbers-per-document", "blank-cells", "pandas"],
)
def test_where_a_sentence_ends(put: Put, rows: str) -> None:
    found = read_corpus(put("a.csv", rows)).splits["test"]
    assert [sentence.words for sentence in found] == [("অসম", "চৰকাৰ"), ("এক",)]
