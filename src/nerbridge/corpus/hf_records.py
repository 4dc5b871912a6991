"""Records in the hub's form: a list of words and a list of tags, as ids or as names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from nerbridge.corpus.files import read_text
from nerbridge.corpus.raw import RawSentence, place, raw_sentence
from nerbridge.errors import CorpusError

WORD_COLUMNS = ("tokens", "words")
TAG_COLUMNS = ("ner_tags", "tags", "labels")
NAME_FILES = ("labels.txt", "labels.json", "features.json", "dataset_info.json")


def is_hub_form(record: Mapping[str, Any]) -> bool:
    """Whether the record has a column of words and one of tags."""
    return first_column(record, WORD_COLUMNS) is not None and (
        first_column(record, TAG_COLUMNS) is not None
    )


def first_column(columns: Mapping[str, Any] | Sequence[str], names: Sequence[str]) -> str | None:
    """The first of ``names`` among the columns.

    >>> first_column(["id", "tokens", "ner_tags"], TAG_COLUMNS)
    'ner_tags'
    """
    return next((name for name in names if name in columns), None)


def record_to_sentence(
    record: Mapping[str, Any],
    names: Sequence[str] | None,
    path: str,
    line: int,
    unit: Literal["line", "record"] = "line",
) -> RawSentence | None:
    """The sentence of one record; None if the record has no words.

    Args:
        record: has one of ``WORD_COLUMNS`` and one of ``TAG_COLUMNS``, both lists.
        names: name of every tag id; needed only where tags are ids.
        path: for messages.
        line: for messages.
        unit: for messages.

    Raises:
        CorpusError: a column is missing or no list, or an id has no name.
    """
    word_column = first_column(record, WORD_COLUMNS)
    tag_column = first_column(record, TAG_COLUMNS)
    where = place(path, line, unit)
    if word_column is None or tag_column is None:
        raise CorpusError(
            f"{where}: the columns are {', '.join(map(repr, record)) or 'missing'}; expected words "
            f"in {' or '.join(WORD_COLUMNS)} and tags in {', '.join(TAG_COLUMNS)}. Rename them."
        )
    words = _as_list(record[word_column], word_column, where)
    tags = _as_list(record[tag_column], tag_column, where)
    if not words and not tags:
        return None
    named = [_name_of(tag, names, tag_column, where) for tag in tags]
    return raw_sentence(words, named, path, line, unit)


def find_tag_names(path: Path) -> tuple[str, ...] | None:
    """Names of tag ids from a file beside ``path``; None if there is none.

    ``labels.txt``: one tag a line, in the order of the ids. ``labels.json``: a list of tags, or
    ``{"0": "O", …}``. ``features.json`` and ``dataset_info.json``: the hub's description of the
    columns, in which the tag column holds ``names``.

    Raises:
        CorpusError: the file is there but holds no names.
    """
    file = next((path.parent / name for name in NAME_FILES if (path.parent / name).is_file()), None)
    if file is None:
        return None
    text = read_text(file)
    if file.suffix == ".txt":
        return tuple(line.strip() for line in text.split("\n") if line.strip())
    try:
        names = tag_names_of(json.loads(text))
    except json.JSONDecodeError as error:
        raise CorpusError(
            f"{file}:{error.lineno}: not JSON ({error.msg}). Fix the file."
        ) from error
    if names is None:
        raise CorpusError(
            f"{file}: no names of tags found; expected a list such as "
            '["O", "B-PER", "I-PER"], or the hub\'s features with "names". '
            "Fix it, or pass tag_names=…"
        )
    return names


def tag_names_of(value: Any) -> tuple[str, ...] | None:
    """Tag names inside a description of the hub, wherever ``names`` stands in it.

    >>> tag_names_of({"features": {"ner_tags": {"feature": {"names": ["O", "B-PER"]}}}})
    ('O', 'B-PER')
    >>> tag_names_of({"0": "O", "1": "B-LOC"})
    ('O', 'B-LOC')
    """
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        return tuple(value)
    if not isinstance(value, dict):
        return None
    if value and all(isinstance(key, str) and key.isdecimal() for key in value):
        return tag_names_of([value[key] for key in sorted(value, key=int)])
    if "names" in value:
        return tag_names_of(value["names"])
    # Other columns, such as part of speech, may have names too, so the tag column is tried first.
    inner = ("features", *TAG_COLUMNS, "info", "feature", "sequence", "class_label")
    found = (tag_names_of(value[key]) for key in inner if isinstance(value.get(key), dict))
    return next((names for names in found if names), None)


def _as_list(value: Any, column: str, where: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise CorpusError(
            f"{where}: {column} is {value!r:.60}; expected a list, one entry per word. "
            "Fix this record."
        )
    return list(value)


def _name_of(tag: Any, names: Sequence[str] | None, column: str, where: str) -> Any:
    if not isinstance(tag, int) or isinstance(tag, bool):
        return tag
    if names is None:
        raise CorpusError(
            f"{where}: {column} holds ids ({tag}), but the names of the ids are missing. "
            f"Put {NAME_FILES[0]} (one tag per line, in the order of the ids) next to the file, or "
            "pass tag_names=…"
        )
    if not 0 <= tag < len(names):
        raise CorpusError(
            f"{where}: {column} holds the id {tag}; expected 0 to {len(names) - 1} "
            f"({', '.join(names)}). Fix the record or the list of names."
        )
    return names[tag]
