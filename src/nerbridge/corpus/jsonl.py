"""JSON Lines, and JSON files that hold one list of records or records over several lines.

What a record can be: see `record_files`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nerbridge.corpus.files import read_text, write_text
from nerbridge.corpus.hf_records import find_tag_names
from nerbridge.corpus.layout import Layout
from nerbridge.corpus.raw import RawSplit
from nerbridge.corpus.record_files import Numbered, records_to_split
from nerbridge.corpus.sentence import Sentence
from nerbridge.errors import CorpusError, InputError
from nerbridge.io.json_lines import iter_values


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
    try:
        values = list(iter_values(read_text(path), str(path)))
    except InputError as error:
        raise CorpusError(str(error)) from error
    is_list = len(values) == 1 and isinstance(values[0][1], list) and not _is_pair(values[0][1])
    if is_list:
        yield from ((number, "record", one) for number, one in enumerate(values[0][1], start=1))
    else:
        yield from ((line, "line", value) for line, value in values)


def _is_pair(value: Any) -> bool:
    """``[text, {"entities": […]}]``, as spaCy takes it: one record, not a list of two."""
    return len(value) == 2 and isinstance(value[0], str)
