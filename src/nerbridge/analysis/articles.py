"""Articles and what was found in them, as one Parquet file: a row per article, mentions inside.

It is written by the shards of `nerbridge.batch.shards`, so a killed job goes on where it was, and
it remembers the job that made it, so that the same command need not tag again.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from nerbridge.analysis.dates import Order, read_date
from nerbridge.batch.outputs import SCORE_DIGITS, Tagged
from nerbridge.batch.records import Record, read_records
from nerbridge.batch.sources import Progress, Source
from nerbridge.errors import InputError
from nerbridge.io.fields import find_field
from nerbridge.io.parquet import merge_tables, read_table
from nerbridge.tagging.entity import Entity
from nerbridge.text.sentences import iter_sentences
from nerbridge.text.words import split_words

CONTEXT_CHARS = 90
"""Of the text before and behind a mention, so much is kept for its passage."""
_PEEK = 100
_JOB_KEY = b"nerbridge_job"

_MENTION = pyarrow.struct(
    [
        ("type", pyarrow.string()),
        ("text", pyarrow.string()),
        ("start_char", pyarrow.int64()),
        ("end_char", pyarrow.int64()),
        ("score", pyarrow.float64()),
        ("sentence", pyarrow.int32()),
        ("before", pyarrow.string()),
        ("after", pyarrow.string()),
    ]
)
SCHEMA = pyarrow.schema(
    [
        ("source", pyarrow.string()),
        ("row", pyarrow.int64()),
        ("id", pyarrow.string()),
        ("title", pyarrow.string()),
        ("url", pyarrow.string()),
        ("date_order", pyarrow.string()),
        ("date", pyarrow.date32()),
        ("date_swapped", pyarrow.date32()),
        ("text_hash", pyarrow.binary(16)),
        ("is_empty", pyarrow.bool_()),
        ("mentions", pyarrow.list_(_MENTION)),
    ]
)


@dataclass(frozen=True, slots=True)
class ArticleFields:
    """Which field of a record holds what; ``a.b`` is b inside a."""

    text: str
    date: str | None = None
    title: str | None = None
    id: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class ArticleWriter:
    """Shards of articles with their mentions, for `nerbridge.batch.job.tag_to_parts`.

    ``job`` is what the file depends on; it is kept in it.
    """

    fields: ArticleFields
    job: Mapping[str, Any]
    suffix: str = ".parquet"

    def write_shard(self, path: Path, tagged: Iterable[Tagged]) -> None:
        """One row per article, with passages."""
        rows = [article_to_row(record, entities, self.fields) for record, entities in tagged]
        table = pyarrow.Table.from_pylist(rows, schema=SCHEMA)
        pyarrow.parquet.write_table(table, path, compression="zstd")

    def join(self, shards: Sequence[Path], path: Path) -> None:
        """One file, whose row groups end where shards do, the job in its metadata."""
        schema = SCHEMA.with_metadata({_JOB_KEY: json.dumps(self.job).encode()})
        with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            for table in merge_tables(map(read_table, shards)):
                writer.write_table(table.cast(schema))


def read_job(path: Path) -> dict[str, Any] | None:
    """The job that made a file of articles; None if there is no such file, or it names none."""
    try:
        metadata = pyarrow.parquet.read_schema(path).metadata or {}
    except (OSError, pyarrow.ArrowException):
        return None
    found = json.loads(metadata[_JOB_KEY]) if _JOB_KEY in metadata else None
    return found if isinstance(found, dict) else None


def article_to_row(
    record: Record, entities: Sequence[Entity], fields: ArticleFields
) -> dict[str, Any]:
    """A row of `SCHEMA`."""
    values = json.loads(record.fields or "{}")
    read = read_date(_find(values, fields.date))
    found_id = _as_text(_find(values, fields.id))
    return {
        "source": record.source,
        "row": record.number,
        "id": found_id or f"{record.source}:{record.number}",
        "title": _as_text(_find(values, fields.title)),
        "url": _as_text(_find(values, fields.url)),
        "date_order": str(read.order),
        "date": read.day,
        "date_swapped": read.swapped,
        # Copies of an article often differ in white space alone.
        "text_hash": hashlib.blake2b(
            " ".join(record.text.split()).encode(), digest_size=16
        ).digest(),
        "is_empty": not record.text.strip(),
        "mentions": list(_mentions(record.text, entities)),
    }


def check_fields(sources: Sequence[Source], fields: ArticleFields) -> None:
    """Refuse fields that none of the first records has, before hours are spent on tagging.

    Raises:
        InputError: such a field, dates none of which can be read, or no record at all.
    """
    known: dict[str, None] = {}
    dates: list[object] = []
    missing = {name: option for option, name in asdict(fields).items() if name is not None}
    # A progress of its own: the same records are read again to be tagged.
    for record in islice(read_records(sources, field=fields.text, progress=Progress()), _PEEK):
        values = json.loads(record.fields or "{}")
        known |= dict.fromkeys(values)
        missing = {name: o for name, o in missing.items() if _find(values, name) is None}
        dates.append(_find(values, fields.date))
    place = ", ".join(source.name for source in sources)
    if not known:
        raise InputError(f"{place}: no article in it; expected one record or more. Check the file.")
    for name, option in missing.items():
        without = " If there are no dates: --date ''." if option == "date" else ""
        raise InputError(
            f"{place}: no field {name!r} with a value in the first records; found "
            f"{', '.join(map(repr, known)):.200}. Name the right one: --{option} NAME.{without}"
        )
    _check_dates(dates, fields.date, place)


def _check_dates(values: Sequence[object], name: str | None, place: str) -> None:
    """Refuse a field in which no date can be read."""
    orders = {read_date(value).order: value for value in values}
    if Order.UNREADABLE in orders and orders.keys() <= {Order.MISSING, Order.UNREADABLE}:
        raise InputError(
            f"{place}: field {name!r} holds no date in the first records, but "
            f"{orders[Order.UNREADABLE]!r:.40}; expected such as 2026-03-09. Name the right one: "
            "--date NAME. If there are no dates: --date ''."
        )


def _mentions(text: str, entities: Sequence[Entity]) -> Iterator[dict[str, Any]]:
    if not entities:
        return
    starts = [words[0][0] for words in iter_sentences(text, split_words(text))]
    for entity in entities:
        yield {
            "type": entity.type,
            "text": entity.text,
            "start_char": entity.start_char,
            "end_char": entity.end_char,
            "score": round(entity.score, SCORE_DIGITS),
            "sentence": bisect_right(starts, entity.start_char),
            "before": _last_words(text[: entity.start_char]),
            "after": _first_words(text[entity.end_char :]),
        }


def _last_words(text: str) -> str:
    """The end of a text, from a word's start, on one line."""
    part = text[-CONTEXT_CHARS:]
    if len(part) < len(text) and not text[-len(part) - 1].isspace():
        part = part.partition(" ")[2]
    # The page sets passage and mention side by side: the space between them must stay.
    space = " " if part[-1:].isspace() else ""
    return ("…" if len(part.strip()) < len(text.strip()) else "") + " ".join(part.split()) + space


def _first_words(text: str) -> str:
    """The start of a text, to a word's end, on one line."""
    part = text[:CONTEXT_CHARS]
    if len(part) < len(text) and not text[len(part)].isspace():
        part = part.rpartition(" ")[0]
    space = " " if part[:1].isspace() else ""
    return space + " ".join(part.split()) + ("…" if len(part.strip()) < len(text.strip()) else "")


def _find(values: Mapping[str, Any], name: str | None) -> Any:
    try:
        return None if name is None else find_field(values, name)
    except KeyError:
        return None


def _as_text(value: Any) -> str | None:
    return None if value is None or isinstance(value, dict | list) else str(value)
