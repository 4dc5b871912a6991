"""What counting leaves behind: five tables as Parquet and CSV, and the rows that a report shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from nerbridge.files import write_whole

TABLES = ("entities", "variants", "mentions", "counts_over_time", "cooccurrences")


@dataclass(frozen=True, slots=True)
class EntityRow:
    """An entity as the table ``entities`` has it."""

    entity: int
    type: str
    name: str
    is_attested: bool
    n_mentions: int
    n_articles: int
    n_variants: int
    first_day: date | None
    last_day: date | None
    n_recent: int | None
    n_earlier: int | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    p: float | None
    q: float | None
    change: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entities that share articles."""

    first: int
    second: int
    n_articles: int
    n_sentences: int
    npmi: float
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class Passage:
    """A mention with the text around it, and the article it stands in."""

    text: str
    before: str
    after: str
    article_id: str
    title: str | None
    url: str | None
    day: date | None


def write_tables(db: duckdb.DuckDBPyConnection, folder: Path) -> list[Path]:
    """Write `TABLES` into a folder, each as Parquet and as CSV; a table is replaced whole."""
    written = []
    for name in TABLES:
        for ending, options in (("parquet", "FORMAT parquet, COMPRESSION zstd"), ("csv", "HEADER")):
            path = folder / f"{name}.{ending}"
            write_whole(path, partial(_copy, db, name, options))
            written.append(path)
    return written


def _copy(db: duckdb.DuckDBPyConnection, name: str, options: str, path: Path) -> None:
    target = str(path).replace("'", "''")
    try:
        db.execute(f"COPY ({_QUERIES[name]}) TO '{target}' ({options})")
    # `write_whole` turns an `OSError` into a message for the user.
    except duckdb.IOException as error:
        raise OSError(str(error)) from error


def read_top(db: duckdb.DuckDBPyConnection, type_: str, limit: int) -> list[EntityRow]:
    """The entities of a type in most articles."""
    query = (
        f"SELECT * FROM ({_QUERIES['entities']}) WHERE type = $type "
        "ORDER BY n_articles DESC, n_mentions DESC, entity LIMIT $limit"
    )
    return _entity_rows(db, query, {"type": type_, "limit": limit})


def read_changed(db: duckdb.DuckDBPyConnection, kind: str, limit: int) -> list[EntityRow]:
    """``riser`` or ``newcomer``: the surest first."""
    query = (
        f"SELECT * FROM ({_QUERIES['entities']}) WHERE change = $kind "
        "ORDER BY p, n_articles DESC, entity LIMIT $limit"
    )
    return _entity_rows(db, query, {"kind": kind, "limit": limit})


def read_entities(db: duckdb.DuckDBPyConnection, entities: Collection[int]) -> list[EntityRow]:
    """Some entities, by number."""
    query = (
        f"SELECT * FROM ({_QUERIES['entities']}) "
        "WHERE entity IN (SELECT unnest($entities::INTEGER[])) ORDER BY entity"
    )
    return _entity_rows(db, query, {"entities": list(entities)})


def read_types(db: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int]]:
    """Every type with its entities and mentions, those with most mentions first."""
    query = "SELECT type, count(*), sum(n_mentions) FROM entity GROUP BY type ORDER BY 3 DESC, 1"
    return [(type_, n, int(mentions)) for type_, n, mentions in db.execute(query).fetchall()]


def count_changed(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many risers and newcomers there are."""
    query = "SELECT kind, count(*) FROM change WHERE kind IS NOT NULL GROUP BY kind"
    return dict(db.execute(query).fetchall())


def read_strongest_pairs(
    db: duckdb.DuckDBPyConnection, limit: int, min_log_likelihood: float
) -> list[Pair]:
    """Pairs that meet more often than chance, those with most evidence first."""
    query = (
        f"SELECT {_PAIR_COLUMNS} FROM pair WHERE npmi > 0 AND log_likelihood >= $least "
        "ORDER BY log_likelihood DESC, first, second LIMIT $limit"
    )
    rows = db.execute(query, {"least": min_log_likelihood, "limit": limit}).fetchall()
    return [Pair(*row) for row in rows]


def read_neighbours(
    db: duckdb.DuckDBPyConnection, entities: Collection[int], limit: int
) -> dict[int, list[tuple[str, int]]]:
    """For each entity the names it shares most articles with, and how many."""
    query = """
    WITH sides AS (
      SELECT first AS entity, second AS other, n_articles, npmi FROM pair
      UNION ALL SELECT second, first, n_articles, npmi FROM pair
    )
    SELECT sides.entity, name, sides.n_articles FROM sides JOIN entity ON other = entity.entity
    WHERE sides.entity IN (SELECT unnest($entities::INTEGER[])) AND npmi > 0
    QUALIFY row_number() OVER (
      PARTITION BY sides.entity ORDER BY sides.n_articles DESC, npmi DESC, other
    ) <= $limit
    ORDER BY sides.entity, sides.n_articles DESC, npmi DESC, other
    """
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    parameters = {"entities": list(entities), "limit": limit}
    for entity, name, n in db.execute(query, parameters).fetchall():
        found[entity].append((name, n))
    return found


def read_over_time(
    db: duckdb.DuckDBPyConnection, entities: Collection[int]
) -> dict[int, dict[date, int]]:
    """For each entity its articles by period; periods without one are left out."""
    query = (
        "SELECT entity, period, n_articles FROM over_time "
        "WHERE entity IN (SELECT unnest($entities::INTEGER[])) ORDER BY 1, 2"
    )
    found: dict[int, dict[date, int]] = defaultdict(dict)
    for entity, period, n in db.execute(query, {"entities": list(entities)}).fetchall():
        found[entity][period] = n
    return found


def read_variants(
    db: duckdb.DuckDBPyConnection, entities: Collection[int]
) -> dict[int, list[tuple[str, int, str]]]:
    """For each entity its spellings, mentions and rules, the most frequent first."""
    query = (
        "SELECT entity, text, n_mentions, rule FROM variant "
        "WHERE entity IN (SELECT unnest($entities::INTEGER[])) ORDER BY 1, 3 DESC, 2"
    )
    found: dict[int, list[tuple[str, int, str]]] = defaultdict(list)
    for entity, *variant in db.execute(query, {"entities": list(entities)}).fetchall():
        found[entity].append((variant[0], variant[1], variant[2]))
    return found


def read_passages(
    db: duckdb.DuckDBPyConnection, entities: Collection[int], limit: int
) -> dict[int, list[Passage]]:
    """For each entity one passage of each of its latest articles, the latest first."""
    found: dict[int, list[Passage]] = defaultdict(list)
    parameters = {"entities": list(entities), "limit": limit}
    for entity, *passage in db.execute(_PASSAGES, parameters).fetchall():
        found[entity].append(Passage(*passage))
    return found


def _entity_rows(
    db: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any]
) -> list[EntityRow]:
    rows: Sequence[tuple[Any, ...]] = db.execute(query, dict(parameters)).fetchall()
    return [EntityRow(*row) for row in rows]


_PAIR_COLUMNS = "first, second, n_articles, n_sentences, npmi, log_likelihood"
_SPOTTED = """
SELECT file_row_number AS article, unnest(mentions) AS m FROM stored
"""
_PASSAGES = f"""
WITH once AS (
  SELECT entity, article, min(start_char) AS start_char FROM mention
  WHERE entity IN (SELECT unnest($entities::INTEGER[])) GROUP BY ALL
),
latest AS (
  SELECT once.*, article.id, article.title, article.url, article.day
  FROM once JOIN article USING (article)
  QUALIFY row_number() OVER (
    PARTITION BY entity ORDER BY article.day DESC NULLS LAST, article
  ) <= $limit
)
SELECT entity, m.text, m.before, m.after, id, title, url, day
FROM latest JOIN ({_SPOTTED}) AS spotted
  ON latest.article = spotted.article AND latest.start_char = m.start_char
ORDER BY entity, day DESC NULLS LAST, latest.article
"""
_QUERIES = {
    "entities": """
      SELECT entity, type, name, is_attested, n_mentions, n_articles, n_variants,
        first_day, last_day, n_recent, n_earlier, ratio, low AS ratio_low, high AS ratio_high,
        p, q, kind AS change
      FROM entity LEFT JOIN change USING (entity) ORDER BY entity""",
    "variants": """
      SELECT entity, type, name, text, variant.n_mentions, rule
      FROM variant JOIN entity USING (entity) ORDER BY entity, variant.n_mentions DESC, text""",
    "mentions": f"""
      SELECT entity, entity.type, name, m.text AS text, article.id AS article_id, title, url, day,
        source, row, m.sentence AS sentence, m.start_char AS start_char, m.end_char AS end_char,
        m.score AS score, m.before AS before, m.after AS after
      FROM mention JOIN article USING (article) JOIN entity USING (entity)
      JOIN ({_SPOTTED}) AS spotted
        ON mention.article = spotted.article AND mention.start_char = m.start_char""",
    "counts_over_time": """
      SELECT entity, type, name, period, over_time.n_mentions, over_time.n_articles
      FROM over_time JOIN entity USING (entity) ORDER BY entity, period""",
    "cooccurrences": """
      SELECT first, f.type AS first_type, f.name AS first_name,
        second, s.type AS second_type, s.name AS second_name,
        pair.n_articles, n_sentences, npmi, log_likelihood
      FROM pair JOIN entity AS f ON first = f.entity JOIN entity AS s ON second = s.entity
      ORDER BY log_likelihood DESC, first, second""",
}
