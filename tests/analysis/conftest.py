"""Articles without a model: records and entities made up, written as tagging writes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from nerbridge.analysis.articles import ArticleFields, ArticleWriter
from nerbridge.batch.records import Record
from nerbridge.tagging.entity import Entity

Article = tuple[str | None, Sequence[tuple[str, str]]]
"""A date, and the mentions (type, text), each of them a sentence of its own."""
WriteArticles = Callable[[Sequence[Article]], Path]
FIELDS = ArticleFields(text="body", date="published", title="title", id="id", url="url")


def make_tagged(number: int, article: Article) -> tuple[Record, list[Entity]]:
    day, mentions = article
    text, entities = f"{number}.", []
    for type_, name in mentions:
        start = len(text) + 1
        text += f" {name}।"
        entities.append(Entity(type_, name, start, start + len(name), 0, 1, 0.9))
    values = {"id": f"n{number}", "published": day, "title": f"title {number}", "body": text}
    return Record("in.jsonl", number, text, fields=json.dumps(values)), entities


@pytest.fixture
def write_articles(tmp_path: Path) -> WriteArticles:
    def write(articles: Sequence[Article]) -> Path:
        writer = ArticleWriter(FIELDS, {"model": "made up"})
        tagged = [make_tagged(number, article) for number, article in enumerate(articles, 1)]
        shards = []
        for index in range(0, max(len(tagged), 1), 7):
            shards.append(tmp_path / f"{index}.parquet")
            writer.write_shard(shards[-1], tagged[index : index + 7])
        writer.join(shards, tmp_path / "articles.parquet")
        return tmp_path / "articles.parquet"

    return write
