"""What tagging writes, in six formats; every file of them is put together from whole shards."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from nerbridge.batch.formats import OutputFormat
from nerbridge.batch.records import ENTITIES, Record
from nerbridge.labels import OUTSIDE
from nerbridge.tagging.entity import Entity
from nerbridge.text.words import split_words

SCORE_DIGITS = 4
ROW_COLUMNS = (
    "source",
    "row",
    *("type", "text", "start_char", "end_char", "start_word", "end_word", "score"),
)

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


class ParquetWriter:
    """One row per entity."""

    suffix = ".parquet"

    def write_shard(self, path: Path, tagged: Iterable[Tagged]) -> None:
        """Write a Parquet file."""
        arrow, schema = _arrow_schema()
        rows = [row for record, entities in tagged for row in entity_rows(record, entities)]
        columns = list(zip(*rows, strict=True)) or [()] * len(ROW_COLUMNS)
        arrow.parquet.write_table(
            arrow.table(dict(zip(ROW_COLUMNS, columns, strict=True)), schema), path
        )

    def join(self, shards: Sequence[Path], path: Path) -> None:
        """Write one Parquet file, a row group per shard."""
        arrow, schema = _arrow_schema()
        with arrow.parquet.ParquetWriter(path, schema) as writer:
            for shard in shards:
                writer.write_table(arrow.parquet.read_table(shard))


def make_writer(
    format: OutputFormat, *, types: Sequence[str], title: str = "", with_colour: bool = False
) -> Writer:
    """The writer of a format.

    Args:
        format: which.
        types: the entity types there can be, in the order in which they get their colours.
        title: of the HTML page.
        with_colour: of ``text``: colours for a terminal.
    """
    if format is OutputFormat.JSONL:
        return TextWriter(".jsonl", record_to_json)
    if format is OutputFormat.CSV:
        return TextWriter(".csv", record_to_csv, head=_csv_line(ROW_COLUMNS))
    if format is OutputFormat.CONLL:
        return TextWriter(".conll", record_to_conll)
    if format is OutputFormat.PARQUET:
        return ParquetWriter()
    if format is OutputFormat.HTML:
        from nerbridge.batch.html import record_to_html
        from nerbridge.tagging.page import page_head, page_tail

        render = _with_colours(record_to_html, types)
        return TextWriter(".html", render, page_head(title, types), page_tail())
    from nerbridge.batch.terminal import record_to_text

    return TextWriter(".txt", _with_colours(record_to_text, types if with_colour else ()))


def record_to_json(record: Record, entities: Sequence[Entity]) -> str:
    """One line: the input's own fields as they stood there, then ``entities``.

    A text that came without fields is given ``source``, ``row`` and ``text`` (and ``tokens``).
    """
    found = json.dumps([_entity_fields(entity) for entity in entities], ensure_ascii=False)
    # Not parsed and written anew: numbers and escapes stay as the user wrote them.
    own = (record.fields or _make_fields(record)).strip()[1:-1].strip()
    return f'{{{own}{", " if own else ""}"{ENTITIES}": {found}}}\n'


def record_to_csv(record: Record, entities: Sequence[Entity]) -> str:
    """One line per entity; columns: ``ROW_COLUMNS``."""
    return "".join(_csv_line(row) for row in entity_rows(record, entities))


def record_to_conll(record: Record, entities: Sequence[Entity]) -> str:
    """Word, tab, IOB2 tag; a blank line behind every sentence."""
    tags = {}
    for entity in entities:
        tags[entity.start_word] = f"B-{entity.type}"
        for word in range(entity.start_word + 1, entity.end_word):
            tags[word] = f"I-{entity.type}"
    number = count()
    return "".join(
        "".join(f"{word}\t{tags.get(next(number), OUTSIDE)}\n" for word in sentence) + "\n"
        for sentence in _find_sentences(record)
    )


def entity_rows(record: Record, entities: Sequence[Entity]) -> Iterator[tuple[Any, ...]]:
    """One tuple per entity, in the order of ``ROW_COLUMNS``."""
    for entity in entities:
        yield (record.source, record.number, *_entity_fields(entity).values())


def _entity_fields(entity: Entity) -> dict[str, Any]:
    return {**entity.to_dict(), "score": round(entity.score, SCORE_DIGITS)}


def _make_fields(record: Record) -> str:
    fields: dict[str, Any] = {"source": record.source, "row": record.number}
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


def _arrow_schema() -> tuple[Any, Any]:
    from nerbridge.batch.tables import import_pyarrow

    arrow = import_pyarrow()
    import pyarrow.parquet  # noqa: F401 (makes arrow.parquet)

    kinds = {"source": arrow.string(), "type": arrow.string(), "text": arrow.string()}
    kinds["score"] = arrow.float64()
    return arrow, arrow.schema([(name, kinds.get(name, arrow.int64())) for name in ROW_COLUMNS])
