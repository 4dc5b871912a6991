"""JSON Lines, and JSON files that hold one list of records or records over several lines.

What a record can be: see `record_files`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nerbridge.corpus.files import read_text, write_text
from nerbridge.corpus.hf_records import find_tag_names
from nerbridge.corpus.layout import Layout
from nerbridge.corpus.raw import RawSplit
from nerbridge.corpus.record_files import Numbered, records_to_split
from nerbridge.corpus.sentence import Sentence
from nerbridge.errors import CorpusError

_SPACE = re.compile(r"[ \t\r\n]*")


def read_jsonl(path: Path, layout: Layout | None = None) -> RawSplit:
    """Read records of words and tags, or of text and spans; one record is one sentence.

    A text that nerbridge has tagged is divided into its sentences.

    Args:
        path: JSON objects, one behind another, or one JSON list of them.
        layout: names of tag ids (if None they are looked for beside the file), the fields of text
            and spans, the unit of offsets.

    Raises:
        CorpusError: not JSON, or a record in no known shape.
    """
    layout = layout or Layout()
    names = find_tag_names(path) if layout.tag_names is None else layout.tag_names
    return records_to_split(_records(path), str(path), names, layout)


def write_jsonl(path: Path, sentences: Iterable[Sentence]) -> None:
    """Write one ``{"tokens": […], "ner_tags": […]}`` a line, tags as names."""
    records = ({"tokens": sentence.words, "ner_tags": sentence.tags} for sentence in sentences)
    write_text(path, "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records))


def _records(path: Path) -> Iterator[Numbered]:
    values = list(_values(read_text(path), path))
    is_list = len(values) == 1 and isinstance(values[0][1], list) and not _is_pair(values[0][1])
    if is_list:
        yield from ((number, "record", one) for number, one in enumerate(values[0][1], start=1))
    else:
        yield from ((line, "line", value) for line, value in values)


def _is_pair(value: Any) -> bool:
    """``[text, {"entities": […]}]``, as spaCy takes it: one record, not a list of two."""
    return len(value) == 2 and isinstance(value[0], str)


def _values(text: str, path: Path) -> Iterator[tuple[int, Any]]:
    """Every JSON value with its line; each begins behind the one before, mostly on a new line."""
    decoder = json.JSONDecoder()
    line, end = 1, 0
    while True:
        start = _SPACE.match(text, end).end()  # type: ignore[union-attr]  # it matches anywhere
        line += text.count("\n", end, start)
        if start == len(text):
            return
        try:
            value, end = decoder.raw_decode(text, start)
        except (json.JSONDecodeError, RecursionError) as error:
            raise _not_json(path, line, error, is_list=text[start] == "[") from error
        yield line, value
        line += text.count("\n", start, end)


def _not_json(
    path: Path, line: int, error: json.JSONDecodeError | RecursionError, *, is_list: bool
) -> CorpusError:
    reason = "nested too deep"
    if isinstance(error, json.JSONDecodeError):
        # A record that is cut ends on its own line, not where the next one does not fit.
        reason, line = error.msg, error.lineno if is_list else line
    return CorpusError(
        f"{path}:{line}: not JSON ({reason}); expected one object a line, or one list of "
        "objects. If it is the last line, the file was cut: fetch it again."
    )
