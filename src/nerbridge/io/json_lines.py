"""JSON: one object a line, or values of several lines one after another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from nerbridge.errors import InputError

_SPACE = re.compile(r"[ \t\r\n]*")


def parse_object(line: str, place: str) -> dict[str, Any]:
    """The record of one line.

    Raises:
        InputError: not a JSON object; NaN and infinities are no JSON.

    >>> parse_object('{"text": "অসম"}', "a.jsonl:1")
    {'text': 'অসম'}
    """
    try:
        value = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise InputError(
            f"{place}: not JSON ({reason}); expected one object a line. If it is the last line, "
            "the file was cut: fetch it again."
        ) from error
    if not isinstance(value, dict):
        raise InputError(
            f"{place}: {value!r:.60} is not a record; expected an object such as "
            '{"text": "…"}. Fix the line.'
        )
    return value


def iter_values(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """Every JSON value of a text with its line; a value may take several lines.

    Raises:
        InputError: something is not JSON; ``name`` is what the message calls the file.

    >>> [*iter_values('{"a": 1} [2]', "a.json")]
    [(1, {'a': 1}), (1, [2])]
    """
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
            raise _not_json(name, line, error, is_list=text[start] == "[") from error
        yield line, value
        line += text.count("\n", start, end)


def _not_json(
    name: str, line: int, error: json.JSONDecodeError | RecursionError, *, is_list: bool
) -> InputError:
    reason = "nested too deep"
    if isinstance(error, json.JSONDecodeError):
        # A record that is cut ends on its own line, not where the next one does not fit.
        reason, line = error.msg, error.lineno if is_list else line
    return InputError(
        f"{name}:{line}: not JSON ({reason}); expected one object a line, or one list of "
        "objects. If it is the last line, the file was cut: fetch it again."
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}")
