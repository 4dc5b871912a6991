"""Parquet files, whole and broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from corpus.conftest import pairs
from nerbridge.corpus import Sentence, read_corpus, write_sentences
from nerbridge.errors import CorpusError

Put = Callable[[str, str | bytes], Path]


def table(path: Path, **columns: object) -> Path:
    """Write a Parquet file without metadata."""
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return path


def test_parquet_ids_need_names(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", tokens=[["অসম"], []], ner_tags=[[1], []])
    with pytest.raises(CorpusError, match=r"a\.parquet, record 1: ner_tags holds ids"):
        read_corpus(path)
    corpus = read_corpus(path, tag_names=["O", "B-LOC"])
    assert pairs(corpus.splits["test"]) == [(("অসম",), ("B-LOC",))]
    assert corpus.losses == {"dropped_empty": 1}


def test_broken_parquet(tmp_path: Path, put: Put) -> None:
    write_sentences(tmp_path / "whole.parquet", [Sentence(("অসম",), ("B-LOC",))], "parquet")
    cut = put("cut.parquet", (tmp_path / "whole.parquet").read_bytes()[:-20])
    with pytest.raises(CorpusError, match=r"cut\.parquet: not a whole Parquet file"):
        read_corpus(cut)
    with pytest.raises(CorpusError, match=r"b\.parquet: the columns are a; expected words"):
        read_corpus(table(tmp_path / "b.parquet", a=[1]))
    with pytest.raises(CorpusError, match="record 1: tokens is None; expected a list"):
        read_corpus(table(tmp_path / "c.parquet", tokens=[None, ["a"]], tags=[["O"], ["O"]]))
    with pytest.raises(CorpusError, match="1 rows but no words"):
        read_corpus(table(tmp_path / "d.parquet", tokens=[[]], tags=[[]]))


def test_parquet_is_as_the_hub_has_it(tmp_path: Path) -> None:
    import datasets

    path = tmp_path / "test.parquet"
    write_sentences(path, [Sentence(("অসম", "।"), ("B-LOC", "O"))], "parquet")
    loaded = datasets.Dataset.from_parquet(str(path), cache_dir=str(tmp_path / "cache"))
    assert loaded.features["ner_tags"].feature.names == ["O", "B-LOC", "I-LOC"]
    assert loaded[0] == {"tokens": ["অসম", "।"], "ner_tags": [1, 0]}
