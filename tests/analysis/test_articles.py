"""Rows of articles: fields, passages, and the job that made them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.conftest import FIELDS, WriteArticles
from nerbridge.analysis.articles import (
    CONTEXT_CHARS,
    ArticleFields,
    article_to_row,
    check_fields,
    read_job,
)
from nerbridge.batch.records import Record
from nerbridge.batch.sources import find_sources
from nerbridge.errors import InputError
from nerbridge.tagging.entity import Entity


@given(st.text(max_size=400), st.integers(0, 400), st.integers(1, 20))
def test_a_passage_holds_the_text_around(text: str, start: int, length: int) -> None:
    text = text.encode("utf-8", "ignore").decode()
    start, end = min(start, len(text)), min(start + length, len(text))
    entity = Entity("LOC", text[start:end], start, end, 0, 1, 0.5)
    (mention,) = article_to_row(Record("a", 1, text), [entity], FIELDS)["mentions"]
    before, after = mention["before"].removeprefix("…"), mention["after"].removesuffix("…")
    assert len(before) <= CONTEXT_CHARS
    assert len(after) <= CONTEXT_CHARS + 1
    assert " ".join(text[:start].split()).endswith(before.strip())
    assert " ".join(text[end:].split()).startswith(after.strip())


def test_fields_inside_fields_and_none_at_all() -> None:
    values = json.dumps({"page": {"title": "T"}, "id": 7, "published": "2026-01-02"})
    fields = ArticleFields("body", "published", title="page.title", id="id", url="nowhere.at.all")
    row = article_to_row(Record("a", 3, "x", fields=values), [], fields)
    assert (row["title"], row["id"], row["url"]) == ("T", "7", None)
    assert article_to_row(Record("a", 3, " "), [], fields)["id"] == "a:3"


def test_sentences_are_numbered() -> None:
    text = "অসম। অসম।"
    entities = [Entity("LOC", "অসম", start, start + 3, 0, 1, 1.0) for start in (0, 5)]
    row = article_to_row(Record("a", 1, text), entities, FIELDS)
    assert [mention["sentence"] for mention in row["mentions"]] == [1, 2]


def test_texts_equal_but_for_spaces_have_one_hash() -> None:
    hashes = {
        article_to_row(Record("a", 1, text), [], FIELDS)["text_hash"]
        for text in ("অসম ধুনীয়া", " অসম\nধুনীয়া ")
    }
    assert len(hashes) == 1


def test_the_job_is_in_the_file(write_articles: WriteArticles, tmp_path: Path) -> None:
    path = write_articles([("2026-01-01", [("LOC", "অসম")])] * 20)
    assert read_job(path) == {"model": "made up"}
    assert pyarrow.parquet.read_metadata(path).num_rows == 20
    assert read_job(tmp_path / "none.parquet") is None
    assert read_job(Path(__file__)) is None


def test_a_field_that_nobody_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"body": "x", "published": null}\n{"body": "y", "day": "2026-01-01"}\n')
    sources = find_sources([str(path)])
    check_fields(sources, ArticleFields("body", "day"))
    with pytest.raises(InputError, match=r"no field 'published' with a value.*--date NAME"):
        check_fields(sources, ArticleFields("body", "published"))
    path.write_text("\n")
    with pytest.raises(InputError, match="no article in it"):
        check_fields(sources, ArticleFields("body", "day"))


def test_a_field_without_a_date_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"body": "x", "day": "soon"}\n{"body": "y", "day": ""}\n')
    sources = find_sources([str(path)])
    with pytest.raises(InputError, match=r"field 'day' holds no date .*but 'soon'.*--date ''"):
        check_fields(sources, ArticleFields("body", "day"))
    check_fields(sources, ArticleFields("body", None))
    path.write_text('{"body": "x", "day": "soon"}\n{"body": "y", "day": "2026-01-01"}\n')
    check_fields(sources, ArticleFields("body", "day"))
    path.write_text('{"body": "x", "day": ""}\n')
    check_fields(sources, ArticleFields("body", "day"))
