"""JSON Lines, and JSON files that hold one list of records.

A record is in the hub's form (see `hub_form`) or a text with spans (see `span_form`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from nerbridge.corpus.files import read_text, write_text
from nerbridge.corpus.hub_form import find_tag_names, is_hub_form, record_to_sentence
from nerbridge.corpus.raw import RawSentence, RawSplit, place
from nerbridge.corpus.sentence import Sentence
from nerbridge.corpus.span_form import record_to_text, text_to_sentence
from nerbridge.errors import CorpusError

Unit = Literal["line", "record"]


def read_jsonl(path: Path, tag_names: Sequence[str] | None = None) -> RawSplit:
    """Read records of words and tags, or of text and spans; one record is one sentence.

    Args:
        path: one JSON object a line, or one JSON list of objects.
        tag_names: names of tag ids; if None they are looked for beside the file.

    Raises:
        CorpusError: not JSON, or a record in no known shape.
    """
    losses: Counter[str] = Counter()
    names = find_tag_names(path) if tag_names is None else tag_names
    sentences = []
    for line, unit, record in _records(path):
        sentence = _read_record(record, names, str(path), line, unit, losses)
        if sentence is not None:
            sentences.append(sentence)
    if not sentences:
        lost = ", ".join(f"{name}: {n}" for name, n in losses.items()) or "no records"
        raise CorpusError(
            f"{path}: no labelled sentence ({lost}); expected at least one. "
            "Check that the export holds finished annotations."
        )
    return RawSplit(tuple(sentences), losses)


def write_jsonl(path: Path, sentences: Iterable[Sentence]) -> None:
    """Write one ``{"tokens": […], "ner_tags": […]}`` a line, tags as names."""
    records = ({"tokens": sentence.words, "ner_tags": sentence.tags} for sentence in sentences)
    write_text(path, "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records))


def _read_record(
    record: Any,
    names: Sequence[str] | None,
    path: str,
    line: int,
    unit: Unit,
    losses: Counter[str],
) -> RawSentence | None:
    where = place(path, line, unit)
    if not isinstance(record, dict):
        raise CorpusError(
            f"{where}: {record!r:.60} stands where a record should; expected an object with "
            "tokens and ner_tags, or text and spans. Export the file again."
        )
    if is_hub_form(record) and "text" not in record:
        sentence = record_to_sentence(record, names, path, line, unit)
        losses["dropped_empty"] += sentence is None
        return sentence
    found = record_to_text(record, where, losses)
    return None if found is None else text_to_sentence(*found, path, line, where, losses)


def _records(path: Path) -> Iterator[tuple[int, Unit, Any]]:
    text = read_text(path)
    if text.lstrip().startswith("["):
        records = _parse(text, path, 1)
        yield from ((number, "record", record) for number, record in enumerate(records, start=1))
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, "line", _parse(line, path, number)


def _parse(text: str, path: Path, first_line: int) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line = first_line + (error.lineno - 1 if isinstance(error, json.JSONDecodeError) else 0)
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
        raise CorpusError(
            f"{path}:{line}: not JSON ({reason}); expected one object a line, or one list of "
            "objects. If it is the last line, the file was cut: fetch it again."
        ) from error
