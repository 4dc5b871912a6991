"""Tables of entities: one entity per row, as `nerbridge tag` and the page write them.

The page writes the sentence of each entity too. For `nerbridge tag` the texts are read again from
the files that the column ``source`` names; every entity must stand where its row says, so a file
that has changed since is noticed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nerbridge.corpus.annotation_exports import text_to_sentences
from nerbridge.corpus.files import read_text
from nerbridge.corpus.offsets import CharSpan, has_surface
from nerbridge.corpus.raw import RawSentence, RawSplit
from nerbridge.errors import CorpusError
from nerbridge.io.compressed import name_of_content
from nerbridge.io.delimited import read_delimited
from nerbridge.io.json_lines import parse_object
from nerbridge.io.lines import split_lines

_COLUMNS = ("type", "text", "start_char", "end_char")
_SENTENCE = ("sentence", "sentence_start_char")
_INSTEAD = "Write JSONL or CoNLL instead: nerbridge tag … --format conll."


def is_entity_table(header: Sequence[str]) -> bool:
    """Whether the columns are those of entities."""
    return set(_COLUMNS) <= set(header)


def read_entity_table(
    path: Path, header: Sequence[str], table: Iterable[Sequence[str]]
) -> RawSplit:
    """The sentences of the tagged files, with the entities of the table.

    Args:
        path: the table.
        header: the names of its columns.
        table: its rows as text; blank ones have no cells.

    Raises:
        CorpusError: a source is not there, has changed, or is not named (the page's download).
    """
    rows = [dict(zip(header, cells, strict=True)) for cells in table if cells]
    if set(_SENTENCE) <= set(header):
        return _read_beside(path, rows)
    if not {"source", "row"} <= set(header):
        raise CorpusError(
            f"{path}: a table of entities without their text; expected labelled sentences. "
            f"{_INSTEAD}"
        )
    by_source: dict[str, dict[int, list[CharSpan]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by_source[row["source"]][_number(row["row"], path)].append(_span(row, path))
    losses: Counter[str] = Counter()
    sentences = [
        sentence
        for source, spans in by_source.items()
        for sentence in _sentences(_find(source, path), spans, path, losses)
    ]
    return _split(sentences, path, losses)


def _read_beside(path: Path, rows: Iterable[Mapping[str, str]]) -> RawSplit:
    """The sentences in the rows of the entities. A table lacks sentences without entities."""
    by_sentence: dict[tuple[int, str], list[CharSpan]] = defaultdict(list)
    for row in rows:
        start, span = _number(row["sentence_start_char"], path), _span(row, path)
        moved = replace(span, start_char=span.start_char - start, end_char=span.end_char - start)
        if moved.start_char < 0 or not _holds(row["sentence"], [moved]):
            raise CorpusError(
                f"{path}: the sentence {row['sentence']!r:.50} does not hold {span.surface!r} "
                "at the offsets of its row; expected an unchanged table. Download it again."
            )
        by_sentence[start, row["sentence"]].append(moved)
    losses: Counter[str] = Counter()
    sentences = [
        sentence
        for number, ((_, text), spans) in enumerate(sorted(by_sentence.items()), start=1)
        for sentence in text_to_sentences(text, spans, str(path), number, "record", losses)
    ]
    return _split(sentences, path, losses)


def _split(sentences: Sequence[RawSentence], path: Path, losses: Counter[str]) -> RawSplit:
    if not sentences:
        raise CorpusError(f"{path}: a header but no entities; expected at least one. {_INSTEAD}")
    return RawSplit(tuple(sentences), +losses)


def _find(source: str, path: Path) -> Path:
    for one in (Path(source), path.parent / source, path.parent / Path(source).name):
        if one.is_file():
            return one
    raise CorpusError(
        f"{path}: the entities are from {source}, which does not exist; expected the tagged file, "
        f"to read its text. Put it there, or change to its folder. {_INSTEAD}"
    )


def _sentences(
    source: Path, spans: Mapping[int, Sequence[CharSpan]], path: Path, losses: Counter[str]
) -> Iterator[RawSentence]:
    texts = _texts_with(source, spans)
    if texts is None:
        raise CorpusError(
            f"{path}: {source} does not hold the entities at the offsets of the table; expected "
            "the "
            f"file that was tagged, unchanged: text, JSONL, CSV or CoNLL. {_INSTEAD}"
        )
    for number, text in texts.items():
        found = spans.get(number, ())
        yield from text_to_sentences(
            text, found, str(source), number, "record", losses, is_running=True
        )


def _texts_with(source: Path, spans: Mapping[int, Sequence[CharSpan]]) -> dict[int, str] | None:
    """The text of every record of the file, read so that all entities are in their places."""
    for texts in _readings(source):
        if all(_holds(texts.get(number), found) for number, found in spans.items()):
            return texts
    return None


def _readings(source: Path) -> Iterator[dict[int, str]]:
    """The texts that the records of the file may hold, one reading after the other.

    The table does not say which field or which lines `nerbridge tag` was told to read.
    """
    text = read_text(source)
    lines = [line.rstrip("\r\n") for line in split_lines(text)]
    suffix = Path(name_of_content(str(source))).suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        filled = ((n, line) for n, line in enumerate(lines, start=1) if line.strip())
        records = {n: parse_object(line, f"{source}:{n}") for n, line in filled}
        yield from _of_fields(records)
    elif suffix == ".csv":
        table = read_delimited(split_lines(text), str(source))
        rows = (cells for _, cells in table.records() if cells)
        yield from _of_fields(dict(enumerate(rows, start=1)))
    else:
        yield {1: text}
        yield {number: line for number, line in enumerate(lines, start=1) if line.strip()}


def _of_fields(records: Mapping[int, Mapping[str, Any]]) -> Iterator[dict[int, str]]:
    names = {name: None for record in records.values() for name in record}
    for name in ("text", *names):
        yield {
            n: record[name] for n, record in records.items() if isinstance(record.get(name), str)
        }


def _holds(text: str | None, spans: Iterable[CharSpan]) -> bool:
    return text is not None and all(
        span.end_char <= len(text) and has_surface(span, text) for span in spans
    )


def _span(row: Mapping[str, str], path: Path) -> CharSpan:
    start, end = _number(row["start_char"], path), _number(row["end_char"], path)
    return CharSpan(start, end, row["type"], row["text"])


def _number(cell: str, path: Path) -> int:
    if not cell.isdecimal():
        raise CorpusError(f"{path}: {cell!r} is not a number; expected an offset. Write it again.")
    return int(cell)
