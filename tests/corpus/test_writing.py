"""Whatever is written is read back the same, in every format and scheme."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.conftest import pairs, sentences
from nerbridge.corpus import (
    Sentence,
    build_corpus,
    read_corpus,
    read_sentences,
    write_corpus,
    write_sentences,
)
from nerbridge.corpus.files import write_text
from nerbridge.corpus.writing import FORMATS
from nerbridge.errors import CorpusError, EnvironmentProblem, InputError
from nerbridge.labels import Scheme

CORPORA = st.dictionaries(
    st.sampled_from(["train", "validation", "test"]),
    st.lists(sentences(), min_size=1, max_size=3),
    min_size=1,
    max_size=2,
)
QUICK = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LISTED = st.text(st.characters(codec="utf-8", exclude_characters="\0\t\r\n"), min_size=1)


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
@QUICK
@given(splits=CORPORA)
def test_any_words_survive(format: str, splits: dict[str, list[Sentence]]) -> None:
    check_round_trip(splits, format, Scheme.IOB2)


@QUICK
@given(splits=st.fixed_dictionaries({"train": st.lists(sentences(LISTED), min_size=1, max_size=4)}))
def test_conll_holds_any_words_without_tabs_and_line_ends(
    splits: dict[str, list[Sentence]],
) -> None:
    check_round_trip(splits, "conll", Scheme.IOB2)


@pytest.mark.parametrize("scheme", [Scheme.IOB1, Scheme.IOBES, Scheme.BILOU])
@QUICK
@given(splits=CORPORA, format=st.sampled_from(["jsonl", "csv", "parquet"]))
def test_any_scheme_survives_if_named(
    scheme: Scheme, splits: dict[str, list[Sentence]], format: str
) -> None:
    check_round_trip(splits, format, scheme)


def check_round_trip(splits: dict[str, list[Sentence]], format: str, scheme: Scheme) -> None:
    corpus = build_corpus("drawn", "und", splits)
    with tempfile.TemporaryDirectory() as folder:
        paths = write_corpus(corpus, folder, format, scheme=scheme)
        assert sorted(Path(folder).iterdir()) == sorted(paths)
        again = read_corpus(folder, scheme=scheme)
    assert {name: pairs(found) for name, found in again.splits.items()} == {
        name: pairs(found) for name, found in corpus.splits.items()
    }
    assert again.sha256 == corpus.sha256
    assert not again.losses


def test_a_byte_order_mark_of_the_first_word_is_not_that_of_the_file(tmp_path: Path) -> None:
    first = Sentence(("\ufeffক",), ("O",))
    write_sentences(tmp_path / "a.conll", [first])
    assert pairs(read_sentences(tmp_path / "a.conll")) == pairs([first])


@pytest.mark.parametrize("word", ["-DOCSTART-", "-DOCSTART- x", "a\tb", "a\nb", "a\rb"])
def test_conll_refuses_words_it_cannot_hold(tmp_path: Path, word: str) -> None:
    sentence = Sentence((word,), ("O",), "somewhere.jsonl", 7)
    with pytest.raises(CorpusError, match=r"somewhere\.jsonl:7: .* the word .* Write JSONL"):
        write_sentences(tmp_path / "x.conll", [sentence])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("word", ["", " \u2003", "a\0", "\ud800"])
def test_what_reading_would_refuse_is_not_written(tmp_path: Path, format: str, word: str) -> None:
    with pytest.raises(CorpusError, match=r"x\.jsonl:7: .*expected"):
        write_sentences(tmp_path / "x", [Sentence((word,), ("O",), "x.jsonl", 7)], format)
    with pytest.raises(CorpusError, match="lone surrogate"):
        write_text(tmp_path / "x", "\ud800")
    assert list(tmp_path.iterdir()) == []


def test_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="format 'xml' is unknown; expected conll"):
        write_corpus(build_corpus("x", "as", {"test": []}), tmp_path, "xml")


def test_what_was_there_stays_if_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "train.parquet"
    target.write_text("old")

    def fill_the_disk(table: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyarrow.parquet, "write_table", fill_the_disk)
    with pytest.raises(EnvironmentProblem, match=r"No space left.*file is unchanged"):
        write_sentences(target, [Sentence(("ক",), ("O",))], "parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["train.parquet"]
    assert target.read_text() == "old"
