"""Counts against a naive count in Python."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from math import log
from pathlib import Path
from random import Random

import pyarrow.parquet
import pytest

from analysis.conftest import FIELDS, Article, WriteArticles, make_tagged
from nerbridge.analysis.articles import ArticleWriter
from nerbridge.analysis.counting import By, Facts, choose_by, count_all, min_together
from nerbridge.analysis.database import open_database
from nerbridge.analysis.grouping import Surface, group_surfaces
from nerbridge.analysis.tables import TABLES, read_neighbours, read_passages, write_tables

PLACES = "অসম অসমৰ অসমত গুৱাহাটী গুৱাহাটীত যোৰহাটত যোৰহাটৰ মাজুলী"
PEOPLE = "ৰমেন দাস|ৰমেন দাসে|ৰীতা বৰা|ৰীতা বৰাই|অসম"
NAMES = [
    *(("LOC", form) for form in PLACES.split()),
    *(("PER", form) for form in PEOPLE.split("|")),
    *(("ORG", form) for form in ("সংঘ", "সংঘই", "সংঘৰ")),
]


def make_articles(seed: int, n: int = 40) -> list[Article]:
    random = Random(seed)
    first = date(2026, 1, 1)
    days = [(first + timedelta(random.randrange(60))).isoformat() for _ in range(n)]
    return [
        (day if random.random() < 0.9 else None, random.choices(NAMES, k=random.randrange(7)))
        for day in days
    ]


def count(path: Path, by: By | None = None) -> tuple[Facts, dict[str, list[dict[str, object]]]]:
    with open_database(path.parent, 1) as db:
        facts = count_all(db, path, by)
        write_tables(db, path.parent)
    read = pyarrow.parquet.read_table
    return facts, {name: read(path.parent / f"{name}.parquet").to_pylist() for name in TABLES}


def base_of(articles: Sequence[Article]) -> dict[tuple[str, str], str]:
    counts = Counter(mention for _, mentions in articles for mention in mentions)
    entries = group_surfaces(Surface(*mention, n) for mention, n in counts.items())
    return {(e.type, variant.text): e.base for e in entries for variant in e.variants}


@pytest.mark.parametrize("seed", range(4))
def test_counts_are_those_of_a_naive_count(seed: int, write_articles: WriteArticles) -> None:
    articles = make_articles(seed)
    facts, tables = count(write_articles(articles), By.WEEK)
    base = base_of(articles)
    mentions, n_articles = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    over_time: dict[tuple[str, str, date], list[int]] = defaultdict(lambda: [0, 0])
    together = Counter[frozenset[tuple[str, str]]]()
    for day, found in articles:
        names = Counter((type_, base[type_, text]) for type_, text in found)
        mentions.update(names)
        n_articles.update(names.keys())
        together.update(frozenset(pair) for pair in combinations(names, 2))
        if day is not None:
            parsed = date.fromisoformat(day)
            for name, n in names.items():
                cell = over_time[*name, parsed - timedelta(parsed.weekday())]
                cell[0], cell[1] = cell[0] + n, cell[1] + 1
    rows = tables["entities"]
    assert {(r["type"], r["name"]): r["n_mentions"] for r in rows} == dict(mentions)
    assert {(r["type"], r["name"]): r["n_articles"] for r in rows} == dict(n_articles)
    assert {
        (r["type"], r["name"], r["period"]): [r["n_mentions"], r["n_articles"]]
        for r in tables["counts_over_time"]
    } == dict(over_time)
    pairs = {
        frozenset([(r["first_type"], r["first_name"]), (r["second_type"], r["second_name"])]): r
        for r in tables["cooccurrences"]
    }
    wanted = {pair: n for pair, n in together.items() if n >= 2}
    assert {pair: row["n_articles"] for pair, row in pairs.items()} == wanted
    assert facts.n_mentions == sum(mentions.values()) == len(tables["mentions"])
    assert sum(row["n_mentions"] for row in tables["variants"]) == facts.n_mentions  # type: ignore[misc]
    for pair, row in pairs.items():
        check_weights(row, [n_articles[name] for name in pair], len(articles))


def check_weights(row: dict[str, object], margins: list[int], total: int) -> None:
    both, (first, second) = int(str(row["n_articles"])), margins
    cells = [both, first - both, second - both, total - first - second + both]
    expected = [
        a * b / total for a in (first, total - first) for b in (second, total - second)
    ]  # both, first only, second only, none
    g2 = 2 * sum(o * log(o / e) for o, e in zip(cells, expected, strict=True) if o)
    npmi = log(both * total / (first * second)) / -log(both / total)
    assert row["log_likelihood"] == pytest.approx(g2, abs=1e-6)
    assert row["npmi"] == pytest.approx(npmi)


def test_sentences_together_are_counted_apart(write_articles: WriteArticles) -> None:
    apart = [("LOC", "অসম"), ("PER", "ৰীতা বৰা"), ("LOC", "অসম")]
    _, tables = count(write_articles([("2026-01-01", apart), ("2026-01-02", apart)]))
    (row,) = tables["cooccurrences"]
    assert (row["n_articles"], row["n_sentences"]) == (2, 0)


def test_pairs_of_crowded_articles_are_left_out_and_counted(write_articles: WriteArticles) -> None:
    list_of = [("ORG", f"দল{number:04}") for number in range(2000)]
    pair = [("LOC", "অসম"), ("PER", "ৰীতা বৰা")]
    days = [f"2026-01-{day:02}" for day in range(1, 9)]
    articles = [(day, pair) for day in days[:3]] + [(day, [*list_of, *pair]) for day in days[3:]]
    facts, tables = count(write_articles([*articles, ("2026-01-09", [("LOC", "মাজুলী")])]))
    assert facts.n_crowded == 5
    (row,) = tables["cooccurrences"]
    assert row["n_articles"] == 3
    check_weights(row, [3, 3], 4)
    assert {row["n_articles"] for row in tables["entities"] if row["type"] == "ORG"} == {5}


def test_a_text_counts_once_with_its_earliest_date(tmp_path: Path) -> None:
    days = [None, "2026-03-02", "2026-03-01", "2026-03-03"]
    rows = []
    for number, day in enumerate(days, start=1):
        record, entities = make_tagged(1, (day, [("LOC", "অসম")]))
        values = json.dumps({**json.loads(record.fields or ""), "id": f"n{number}"})
        rows.append((replace(record, number=number, fields=values), entities))
    path = tmp_path / "articles.parquet"
    ArticleWriter(FIELDS, {}).write_shard(path, rows)
    facts, tables = count(path)
    assert (facts.n_records, facts.n_articles, facts.n_duplicates) == (4, 1, 3)
    assert [row["article_id"] for row in tables["mentions"]] == ["n3"]


def test_csv_says_what_parquet_says(write_articles: WriteArticles) -> None:
    path = write_articles(make_articles(7))
    _, tables = count(path)
    for name, rows in tables.items():
        with (path.parent / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            read = list(csv.DictReader(stream))
        assert [list(row) for row in read[:1]] == [list(row) for row in rows[:1]]
        assert sorted(row["name"] for row in read if "name" in row) == sorted(
            str(row["name"]) for row in rows if "name" in row
        )
        assert len(read) == len(rows)


def test_passages_are_the_latest_one_per_article(write_articles: WriteArticles) -> None:
    days = [f"2026-01-{day:02}" for day in range(1, 13)]
    path = write_articles([(day, [("LOC", "অসম"), ("LOC", "অসম")]) for day in days])
    with open_database(path.parent, 1) as db:
        count_all(db, path)
        (passages,) = read_passages(db, [1], 5).values()
    assert [passage.day.day for passage in passages if passage.day] == [12, 11, 10, 9, 8]
    assert passages[0].before + passages[0].text + passages[0].after == "12. অসম। অসম।"


def test_neighbours_are_those_with_most_articles(write_articles: WriteArticles) -> None:
    both, alone = [("LOC", "অসম"), ("PER", "ৰীতা বৰা")], [("ORG", "সংঘ")]
    path = write_articles([("2026-01-01", both), ("2026-01-02", both), ("2026-01-03", alone)])
    with open_database(path.parent, 1) as db:
        count_all(db, path)
        found = read_neighbours(db, [1, 2, 3], 5)
    assert sorted(found.values()) == [[("অসম", 2)], [("ৰীতা বৰা", 2)]]


@pytest.mark.parametrize(
    ("clear", "read", "undated"),
    [("25-02-2026", date(2026, 4, 3), 0), ("02/25/2026", date(2026, 3, 4), 0), (None, None, 1)],
)
def test_unclear_dates_follow_the_clear_ones(
    clear: str | None, read: date | None, undated: int, write_articles: WriteArticles
) -> None:
    path = write_articles([("03-04-2026", [("LOC", "অসম")]), (clear or "2026-01-01", [])])
    facts, tables = count(path)
    assert tables["entities"][0]["first_day"] == read
    assert (facts.n_unclear, facts.n_undated) == (1, undated)


def test_a_slip_in_a_year_stretches_no_axis(write_articles: WriteArticles) -> None:
    dates = ["2026-01-02", "2026-01-03", "2062-01-03", "0206-01-03"]
    facts, _ = count(write_articles([(day, [("LOC", "অসম")]) for day in dates]))
    assert (facts.first_day, facts.last_day) == (date(2026, 1, 2), date(2026, 1, 3))
    assert (facts.n_impossible, facts.n_undated, facts.n_articles) == (2, 2, 4)


def test_nothing_at_all(write_articles: WriteArticles) -> None:
    facts, tables = count(write_articles([(None, [])]))
    assert (facts.n_articles, facts.n_mentions, facts.recent_from) == (1, 0, None)
    assert not any(tables.values())


def test_the_database_leaves_nothing(write_articles: WriteArticles) -> None:
    path = write_articles(make_articles(1))
    count(path)
    assert not [left for left in path.parent.iterdir() if left.name.startswith(".")]


def test_periods_and_pairs_by_size() -> None:
    assert choose_by(date(2026, 1, 1), date(2026, 1, 31)) is By.DAY
    assert choose_by(date(2025, 1, 1), date(2026, 1, 31)) is By.MONTH
    assert (min_together(1000), min_together(1001)) == (2, 3)
