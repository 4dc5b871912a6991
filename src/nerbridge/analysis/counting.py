"""Counting in DuckDB: on disk, within a fixed memory, however many articles there are.

Tables made here, in this order: ``article`` (each kept once, with its period), ``surface`` and
``spot`` (every mention, without its passage), then, after grouping, ``entity``, ``variant`` and
``mention``, and from them ``over_time`` and ``pair``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb
import pyarrow

from nerbridge.analysis.change import Change, choose_recent, find_changes
from nerbridge.analysis.grouping import Entry, Surface, group_surfaces, normal_form
from nerbridge.text.inflection import language_of

EARLIEST = date(1800, 1, 1)
"""An article before is a slip in its date."""
MAX_TOGETHER = 200
"""Articles with more names (spellings) are lists: of them no pairs are counted, which would be
millions and say little."""
_FEW_ARTICLES = 1000
_MAX_DAYS_BY_DAY = 31
_MAX_DAYS_BY_WEEK = 273


class By(StrEnum):
    """The length of a period."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Facts:
    """What was counted, and what was not and why."""

    n_records: int
    n_articles: int
    n_duplicates: int
    n_empty: int
    n_undated: int
    n_impossible: int
    n_unreadable: int
    n_unclear: int
    read_as: str | None
    first_day: date | None
    last_day: date | None
    by: By
    language: str = ""
    """Code of the language that the names are written in."""
    n_mentions: int = 0
    n_entities: int = 0
    n_crowded: int = 0
    n_recent_periods: int = 0
    recent_from: date | None = None
    n_recent_articles: int = 0
    n_earlier_articles: int = 0


def count_all(
    db: duckdb.DuckDBPyConnection,
    articles: Path,
    by: By | None = None,
    model_language: str | None = None,
) -> Facts:
    """Fill all tables from a file of articles (`nerbridge.analysis.articles`).

    Args:
        db: as `open_database` gives it.
        articles: the file.
        by: the period to count by; None chooses one that fits the time between the articles.
        model_language: code of the model's language, for names whose letters do not tell theirs.
    """
    facts = load_articles(db, articles, by)
    load_surfaces(db, articles)
    surfaces = read_surfaces(db)
    language = language_of((surface.text for surface in surfaces), model_language)
    _save_entries(db, group_surfaces(surfaces, _Contexts(db), language))
    db.execute(_OVER_TIME)
    least = min_together(facts.n_articles)
    db.execute(_PAIRS, {"min_together": least, "total": facts.n_articles})
    return replace(_compare_periods(db, facts), language=language)


def min_together(n_articles: int) -> int:
    """Articles that two entities must share to count as a pair: two of few articles, else three."""
    return 2 if n_articles <= _FEW_ARTICLES else 3


def load_articles(db: duckdb.DuckDBPyConnection, articles: Path, by: By | None) -> Facts:
    """The table ``article``: texts that are not empty, each of them once, the earliest.

    Dates that may be read in two ways are read as the certain ones of the file are, if these
    agree; otherwise they count as unclear, and their articles as undated. So do days to come and
    days before `EARLIEST`: one slip in a year would stretch every axis.
    """
    db.read_parquet(str(articles), file_row_number=True).create_view("stored")
    orders = dict(db.execute("SELECT date_order, count(*) FROM stored GROUP BY 1").fetchall())
    read_as = _decide_order(orders)
    latest = date.today() + timedelta(days=1)  # somewhere it is tomorrow already
    db.execute(_DATED, {"read_as": read_as, "earliest": EARLIEST, "latest": latest})
    found = _one(db, _FACTS)
    unit = by or choose_by(found["first_day"], found["last_day"])
    # The period depends on the first and the last day, which are known only now.
    db.execute("ALTER TABLE article ADD COLUMN period DATE")
    db.execute("UPDATE article SET period = date_trunc($by, day)", {"by": str(unit)})
    return Facts(
        **found,
        n_unreadable=orders.get("unreadable", 0),
        n_unclear=orders.get("unclear", 0),
        read_as=read_as,
        by=unit,
    )


def choose_by(first: date | None, last: date | None) -> By:
    """Days up to a month, weeks up to nine months, else months.

    >>> str(choose_by(date(2026, 1, 1), date(2026, 6, 30)))
    'week'
    """
    n_days = 0 if first is None or last is None else (last - first).days + 1
    if n_days <= _MAX_DAYS_BY_DAY:
        return By.DAY
    return By.WEEK if n_days <= _MAX_DAYS_BY_WEEK else By.MONTH


def load_surfaces(db: duckdb.DuckDBPyConnection, articles: Path) -> None:
    """The tables ``surface`` (every type and spelling) and ``spot`` (where they stand).

    And ``crowded``: the articles with more than `MAX_TOGETHER` of them.
    """
    db.execute(_SURFACES)
    db.execute(_SPOTS)
    db.execute(_CROWDED)


def read_surfaces(db: duckdb.DuckDBPyConnection) -> list[Surface]:
    """Every spelling of a type, in the order of the table ``surface``."""
    query = "SELECT type, text, n_mentions FROM surface ORDER BY surface"
    return [Surface(*row) for row in db.execute(query).fetchall()]


@dataclass
class _Contexts:
    """Which forms stand in the same articles as a form: asked of the database."""

    db: duckdb.DuckDBPyConnection

    def __call__(self, type_: str, forms: Collection[str]) -> Mapping[str, frozenset[str]]:
        wanted, form_of = set(forms), {}
        query = "SELECT surface, text FROM surface WHERE type = $type"
        for surface, text in self.db.execute(query, {"type": type_}).fetchall():
            if (form := normal_form(text)) in wanted:
                form_of[surface] = form
        found: dict[str, set[str]] = defaultdict(set)
        for surface, near in self.db.execute(_NEAR, {"surfaces": list(form_of)}).fetchall():
            found[form_of[surface]].add(near)
        return {form: frozenset(near) for form, near in found.items()}


def _save_entries(db: duckdb.DuckDBPyConnection, entries: Sequence[Entry]) -> None:
    """The tables ``entity``, ``variant`` and ``mention``; entities are numbered from 1."""
    numbered = list(enumerate(entries, start=1))
    entities = pyarrow.table(
        {
            "entity": pyarrow.array([number for number, _ in numbered], pyarrow.int32()),
            "type": pyarrow.array([entry.type for entry in entries], pyarrow.string()),
            "name": pyarrow.array([entry.base for entry in entries], pyarrow.string()),
            "is_attested": pyarrow.array([e.is_attested for e in entries], pyarrow.bool_()),
        }
    )
    rows = [(number, entry.type, v) for number, entry in numbered for v in entry.variants]
    variants = pyarrow.table(
        {
            "entity": pyarrow.array([number for number, _, _ in rows], pyarrow.int32()),
            "type": pyarrow.array([type_ for _, type_, _ in rows], pyarrow.string()),
            "text": pyarrow.array([variant.text for _, _, variant in rows], pyarrow.string()),
            "rule": pyarrow.array([variant.rule for _, _, variant in rows], pyarrow.string()),
        }
    )
    db.register("entities_seen", entities)
    db.register("variants_seen", variants)
    db.execute(_ENTITIES)
    db.unregister("entities_seen")
    db.unregister("variants_seen")


def _compare_periods(db: duckdb.DuckDBPyConnection, facts: Facts) -> Facts:
    """The table ``change``, and the facts that need it."""
    periods = read_periods(db, facts)
    n_recent_periods = choose_recent(len(periods), facts.by)
    changes: list[Change] = []
    recent = earlier = 0
    start = periods[-n_recent_periods][0] if n_recent_periods else None
    if start is not None:
        recent = sum(n for period, n in periods if period >= start)
        earlier = sum(n for period, n in periods if period < start)
        counts = db.execute(_RECENT, {"start": start}).fetchall()
        changes = find_changes(counts, recent, earlier)
    _save_changes(db, changes)
    return Facts(
        **{
            **vars(facts),
            "n_mentions": db.execute("SELECT count(*) FROM mention").fetchall()[0][0],
            "n_entities": db.execute("SELECT count(*) FROM entity").fetchall()[0][0],
            "n_crowded": db.execute("SELECT count(*) FROM crowded").fetchall()[0][0],
            "n_recent_periods": n_recent_periods,
            "recent_from": start,
            "n_recent_articles": recent,
            "n_earlier_articles": earlier,
        }
    )


def read_periods(db: duckdb.DuckDBPyConnection, facts: Facts) -> list[tuple[date, int]]:
    """Every period from the first to the last, with its articles (none: 0)."""
    return db.execute(_PERIODS.format(by=facts.by)).fetchall()


def _save_changes(db: duckdb.DuckDBPyConnection, changes: Sequence[Change]) -> None:
    floats = ("ratio", "low", "high", "p", "q")
    columns: dict[str, Any] = {
        name: pyarrow.array([getattr(change, name) for change in changes], pyarrow.int32())
        for name in ("entity", "n_recent", "n_earlier")
    }
    for name in floats:
        values = [getattr(change, name) for change in changes]
        columns[name] = pyarrow.array(values, pyarrow.float64())
    columns["kind"] = pyarrow.array([change.kind for change in changes], pyarrow.string())
    db.register("changes_seen", pyarrow.table(columns))
    db.execute("CREATE TABLE change AS FROM changes_seen")
    db.unregister("changes_seen")


def _decide_order(orders: Mapping[str, int]) -> str | None:
    day_first, month_first = orders.get("day first", 0), orders.get("month first", 0)
    if not orders.get("unclear") or bool(day_first) == bool(month_first):
        return None
    return "day first" if day_first else "month first"


def _one(db: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    found = db.execute(query)
    names = [column[0] for column in found.description or ()]
    return dict(zip(names, found.fetchall()[0], strict=True))


_DATED = """
CREATE TABLE article AS
WITH dated AS (
  SELECT file_row_number AS article, id, title, url, source, row, text_hash,
    CASE WHEN date_order <> 'unclear' THEN date
         WHEN $read_as = 'day first' THEN date
         WHEN $read_as = 'month first' THEN date_swapped END AS read_day,
    read_day BETWEEN $earliest AND $latest AS is_possible,
    CASE WHEN is_possible THEN read_day END AS day
  FROM stored WHERE NOT is_empty
)
SELECT * EXCLUDE (text_hash, read_day) FROM dated
QUALIFY row_number() OVER (PARTITION BY text_hash ORDER BY day NULLS LAST, article) = 1
"""
_FACTS = """
SELECT n_records, n_articles, n_empty, n_records - n_empty - n_articles AS n_duplicates,
  n_undated, n_impossible, first_day, last_day
FROM (SELECT count(*) AS n_records, count(*) FILTER (is_empty) AS n_empty FROM stored)
CROSS JOIN (
  SELECT count(*) AS n_articles, count(*) FILTER (day IS NULL) AS n_undated,
    count(*) FILTER (NOT is_possible) AS n_impossible,
    min(day) AS first_day, max(day) AS last_day
  FROM article
)
"""
_FOUND = """
SELECT file_row_number AS article, unnest(mentions) AS m
FROM stored SEMI JOIN article ON stored.file_row_number = article.article
"""
_SURFACES = f"""
CREATE TABLE surface AS
SELECT (row_number() OVER (ORDER BY type, text))::INTEGER AS surface, *
FROM (SELECT m.type AS type, m.text AS text, count(*) AS n_mentions FROM ({_FOUND}) GROUP BY ALL)
"""
_SPOTS = f"""
CREATE TABLE spot AS
SELECT article, m.sentence AS sentence, m.start_char AS start_char, surface
FROM ({_FOUND}) AS found JOIN surface ON m.type = surface.type AND m.text = surface.text
"""
_CROWDED = f"""
CREATE TABLE crowded AS
SELECT article FROM spot GROUP BY article HAVING count(DISTINCT surface) > {MAX_TOGETHER}
"""
_NEAR = """
WITH seen AS (
  SELECT DISTINCT surface, article FROM spot ANTI JOIN crowded USING (article)
  WHERE surface IN (SELECT unnest($surfaces::INTEGER[]))
)
SELECT DISTINCT seen.surface, surface.text
FROM seen JOIN spot ON seen.article = spot.article AND seen.surface <> spot.surface
JOIN surface ON surface.surface = spot.surface
"""
_ENTITIES = """
CREATE TABLE variant AS
SELECT seen.entity, surface.surface, surface.text, surface.n_mentions, seen.rule
FROM variants_seen AS seen JOIN surface USING (type, text);
CREATE TABLE mention AS
SELECT spot.article, spot.sentence, spot.start_char, variant.entity
FROM spot JOIN variant USING (surface);
CREATE TABLE entity AS
SELECT seen.*, n_mentions, n_articles, n_variants, first_day, last_day
FROM entities_seen AS seen
JOIN (
  SELECT entity, count(*) AS n_mentions, count(DISTINCT article) AS n_articles,
    min(day) AS first_day, max(day) AS last_day
  FROM mention JOIN article USING (article) GROUP BY entity
) USING (entity)
JOIN (SELECT entity, count(*) AS n_variants FROM variant GROUP BY entity) USING (entity);
"""
_OVER_TIME = """
CREATE TABLE over_time AS
SELECT entity, period, count(*) AS n_mentions, count(DISTINCT article) AS n_articles
FROM mention JOIN article USING (article) WHERE period IS NOT NULL GROUP BY ALL
"""
_RECENT = """
SELECT entity,
  coalesce(sum(n_articles) FILTER (period >= $start), 0)::INTEGER,
  coalesce(sum(n_articles) FILTER (period < $start), 0)::INTEGER
FROM over_time GROUP BY entity ORDER BY entity
"""
_PERIODS = """
WITH spans AS (SELECT min(period) AS low, max(period) AS high FROM article)
SELECT step::DATE, count(article)::INTEGER
FROM (SELECT unnest(generate_series(low, high, INTERVAL 1 {by})) AS step FROM spans)
LEFT JOIN article ON article.period = step::DATE
GROUP BY 1 ORDER BY 1
"""
_PAIRS = """
CREATE MACRO n_log_n(n) AS CASE WHEN n > 0 THEN n * ln(n) ELSE 0 END;
CREATE TABLE pair AS
WITH looked_at AS (
  SELECT DISTINCT article, sentence, entity FROM mention ANTI JOIN crowded USING (article)
),
common AS (
  SELECT entity, count(DISTINCT article) AS n_articles FROM looked_at
  GROUP BY entity HAVING count(DISTINCT article) >= $min_together
),
near AS (FROM looked_at SEMI JOIN common USING (entity)),
together AS (SELECT DISTINCT article, entity FROM near),
in_articles AS (
  SELECT a.entity AS first, b.entity AS second, count(*) AS n_articles
  FROM together AS a JOIN together AS b ON a.article = b.article AND a.entity < b.entity
  GROUP BY ALL HAVING count(*) >= $min_together
),
in_sentences AS (
  SELECT a.entity AS first, b.entity AS second, count(*) AS n_sentences
  FROM near AS a JOIN near AS b
    ON a.article = b.article AND a.sentence = b.sentence AND a.entity < b.entity
  GROUP BY ALL
),
margins AS (
  SELECT in_articles.*, coalesce(n_sentences, 0) AS n_sentences,
    f.n_articles AS n_f, s.n_articles AS n_s,
    ($total - (SELECT count(*) FROM crowded))::DOUBLE AS n
  FROM in_articles LEFT JOIN in_sentences USING (first, second)
  JOIN common AS f ON f.entity = first JOIN common AS s ON s.entity = second
)
SELECT first, second, n_articles, n_sentences,
  CASE WHEN n_articles = n THEN 1
       ELSE ln(n_articles * n / (n_f * n_s)) / -ln(n_articles / n) END AS npmi,
  2 * (n_log_n(n_articles) + n_log_n(n_f - n_articles) + n_log_n(n_s - n_articles)
    + n_log_n(n - n_f - n_s + n_articles) - n_log_n(n_f) - n_log_n(n - n_f)
    - n_log_n(n_s) - n_log_n(n - n_s) + n_log_n(n)) AS log_likelihood
FROM margins
"""
