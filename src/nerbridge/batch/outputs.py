"""What tagging writes, in six formats; every file of them is put together from whole shards."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from nerbridge.batch.formats import OutputFormat
from nerbridge.batch.records import ENTITIES, Record
from nerbridge.labels import OUTSIDE
from nerbridge.tagging.entity import Entity
from nerbridge.tagging.marked import break_lines
from nerbridge.tagging.page import make_article, mark_text, page_around
from nerbridge.text.words import split_words

SCORE_DIGITS = 4
ROW_COLUMNS = (
    "source",
    "row",
    *("type", "text", "start_char", "end_char", "start_word", "end_word", "score"),
)
PLACE = "place"

Tagged = tuple[Record, Sequence[Entity]]
Render = Callable[[Record, Sequence[Entity]], str]


class Writer(Protocol):
    """One output format."""

    @property
    def suffix(self) -> str:
        """The ending of the shards' names."""

    def write_shard(self, path: Path, tagged: Iterable[Tagged]) -> None:
        """Write some records and their entities into a new file."""

    def join(self, shards: Sequence[Path], path: Path) -> None:
        """Put shards together into a new file of the format."""


@dataclass(frozen=True)
class TextWriter:
    """A format made of text: what stands first, what a record becomes, what stands last."""

    suffix: str
    render: Render
    head: str = ""
    tail: str = ""

    def write_shard(self, path: Path, tagged: Iterable[Tagged]) -> None:
        """Write records without head and tail."""
        # Line breaks as they are: Windows would make two characters of each.
        with path.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(self.render(record, entities) for record, entities in tagged)

    def join(self, shards: Sequence[Path], path: Path) -> None:
        """Write head, shards and tail."""
        with path.open("wb") as stream:
            stream.write(self.head.encode("utf-8"))
            for shard in shards:
                with shard.open("rb") as part:
                    shutil.copyfileobj(part, stream)
            stream.write(self.tail.encode("utf-8"))


@dataclass(frozen=True)
class ParquetWriter:
    """One row per entity."""

    with_places: bool = False
    suffix: str = ".parquet"

    def write_shard(self, path: Path, tagged: Iterable[Tagged]) -> None:
        """Write a Parquet file."""
        arrow, schema = _arrow_schema(self.with_places)
        rows = [row for pair in tagged for row in entity_rows(*pair, with_places=self.with_places)]
        # Without rows, ``zip`` gives no columns, and the file needs them all the same.
        columns = list(zip(*rows, strict=True)) or [()] * len(schema.names)
        arrow.parquet.write_table(
            arrow.table(dict(zip(schema.names, columns, strict=True)), schema), path
        )

    def join(self, shards: Sequence[Path], path: Path) -> None:
        """Write one Parquet file; its row groups end where shards do."""
        from nerbridge.io.parquet import merge_tables, read_table

        arrow, schema = _arrow_schema(self.with_places)
        with arrow.parquet.ParquetWriter(path, schema) as writer:
            for table in merge_tables(map(read_table, shards)):
                writer.write_table(table)


def make_writer(
    format: OutputFormat,
    *,
    types: Sequence[str],
    title: str = "",
    with_colour: bool = False,
    with_places: bool = False,
) -> Writer:
    """The writer of a format.

    Args:
        format: which.
        types: the entity types there can be, in the order in which they get their colours.
        title: of the HTML page.
        with_colour: of ``text``: colours for a terminal.
        with_places: of ``csv`` and ``parquet``: a last column ``place``, where there are documents.
    """
    if format is OutputFormat.JSONL:
        return TextWriter(".jsonl", record_to_json)
    if format is OutputFormat.CSV:
        head = _csv_line(_row_columns(with_places))
        return TextWriter(".csv", partial(record_to_csv, with_places=with_places), head=head)
    if format is OutputFormat.CONLL:
        return TextWriter(".conll", record_to_conll)
    if format is OutputFormat.PARQUET:
        return ParquetWriter(with_places)
    if format is OutputFormat.HTML:
        head, tail = page_around(title, types)
        return TextWriter(".html", _with_colours(record_to_html, types), head, tail)
    from nerbridge.batch.terminal import record_to_text

    return TextWriter(".txt", _with_colours(record_to_text, types if with_colour else ()))


def record_to_json(record: Record, entities: Sequence[Entity]) -> str:
    """One line: the input's own fields as they stood there, then ``entities``.

    A text that came without fields is given ``source``, ``row`` and ``text`` (and ``tokens``); a
    document also ``kind``, ``segments`` and ``notices``, and each of its entities ``place``.
    """
    fields = [_entity_fields(entity) | _place_fields(record, entity) for entity in entities]
    found = json.dumps(fields, ensure_ascii=False)
    # Not parsed and written anew: numbers and escapes stay as the user wrote them.
    own = (record.fields or _make_fields(record)).strip()[1:-1].strip()
    return f'{{{own}{", " if own else ""}"{ENTITIES}": {found}}}\n'


def record_to_html(record: Record, entities: Sequence[Entity], types: Sequence[str]) -> str:
    """One text, with the place it was found at; of a document, paragraph by paragraph."""
    if record.document is not None:
        from nerbridge.documents.annotated import document_to_html

        return document_to_html(record.document, entities, types)
    shown = mark_text(break_lines(record.text), entities, types)
    return make_article(f"{record.source} · {record.number}", shown)


def record_to_csv(record: Record, entities: Sequence[Entity], *, with_places: bool = False) -> str:
    """One line per entity; columns: ``ROW_COLUMNS``, and ``place`` if asked for."""
    rows = entity_rows(record, entities, with_places=with_places)
    return "".join(_csv_line(row) for row in rows)


def record_to_conll(record: Record, entities: Sequence[Entity]) -> str:
    """Word, tab, IOB2 tag; a blank line behind every sentence.

    The words of a document are those that the model read: divided words are whole.
    """
    if record.document is not None:
        record, entities = _as_read(record, entities)
    tags = {}
    for entity in entities:
        tags[entity.start_word] = f"B-{entity.type}"
        for word in range(entity.start_word + 1, entity.end_word):
            tags[word] = f"I-{entity.type}"
    # Entities count words over the whole record, not within a sentence.
    number = count()
    return "".join(
        "".join(f"{word}\t{tags.get(next(number), OUTSIDE)}\n" for word in sentence) + "\n"
        for sentence in _find_sentences(record)
    )


def entity_rows(
    record: Record, entities: Sequence[Entity], *, with_places: bool = False
) -> Iterator[tuple[Any, ...]]:
    """One tuple per entity, in the order of ``ROW_COLUMNS``, and the place if asked for."""
    for entity in entities:
        row = (record.source, record.number, *_entity_fields(entity).values())
        yield (*row, _place_fields(record, entity).get(PLACE)) if with_places else row


def _entity_fields(entity: Entity) -> dict[str, Any]:
    return {**entity.to_dict(), "score": round(entity.score, SCORE_DIGITS)}


def _place_fields(record: Record, entity: Entity) -> dict[str, str]:
    if record.document is None:
        return {}
    return {PLACE: record.document.place_of(entity.start_char)}


def _as_read(record: Record, entities: Sequence[Entity]) -> tuple[Record, list[Entity]]:
    """A document's text and entities as the model read them."""
    from nerbridge.documents.reflow import as_read

    if record.document is None:
        return record, list(entities)
    text, found = as_read(record.document, entities)
    return Record(record.source, record.number, text), found


def _row_columns(with_places: bool) -> tuple[str, ...]:
    return (*ROW_COLUMNS, PLACE) if with_places else ROW_COLUMNS


def _make_fields(record: Record) -> str:
    fields: dict[str, Any] = {"source": record.source, "row": record.number}
    if record.document is not None:
        described = record.document.to_dict()
        del described["name"]
        return json.dumps(fields | described, ensure_ascii=False)
    if record.words is not None:
        fields["tokens"] = record.words
    return json.dumps({**fields, "text": record.text}, ensure_ascii=False)


def _csv_line(cells: Iterable[Any]) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue()


def _find_sentences(record: Record) -> Iterator[Sequence[str]]:
    if record.words is not None:
        yield record.words
        return
    from nerbridge.text.sentences import iter_sentences

    for ranges in iter_sentences(record.text, split_words(record.text)):
        yield [record.text[start:end] for start, end in ranges]


def _with_colours(
    render: Callable[[Record, Sequence[Entity], Sequence[str]], str], types: Sequence[str]
) -> Render:
    return lambda record, entities: render(record, entities, types)


def _arrow_schema(with_places: bool) -> tuple[Any, Any]:
    from nerbridge.io.parquet import import_pyarrow

    arrow = import_pyarrow()

    kinds = {"source": arrow.string(), "type": arrow.string(), "text": arrow.string()}
    kinds |= {"score": arrow.float64(), PLACE: arrow.string()}
    columns = _row_columns(with_places)
    return arrow, arrow.schema([(name, kinds.get(name, arrow.int64())) for name in columns])
