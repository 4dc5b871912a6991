"""The formats that suggestions are written in, and the file endings that tell them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from nerbridge.errors import InputError


class SuggestionFormat(StrEnum):
    """What suggestions can be written as."""

    LABEL_STUDIO = "label-studio"
    DOCCANO = "doccano"
    CONLL = "conll"
    JSONL = "jsonl"


_ENDINGS = {
    ".json": SuggestionFormat.LABEL_STUDIO,
    ".jsonl": SuggestionFormat.DOCCANO,
    ".conll": SuggestionFormat.CONLL,
}


def suggestion_format_of(output: Path) -> SuggestionFormat:
    """The format that a file's ending tells.

    Raises:
        InputError: it tells none.

    >>> str(suggestion_format_of(Path("tasks.json")))
    'label-studio'
    """
    if output.suffix.lower() not in _ENDINGS:
        raise InputError(
            f"--output {output}: the ending does not tell the format; expected one of "
            f"{', '.join(_ENDINGS)}. Rename it, or add --format {'|'.join(SuggestionFormat)}."
        )
    return _ENDINGS[output.suffix.lower()]
