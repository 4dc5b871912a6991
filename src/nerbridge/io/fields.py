"""Fields of a record by their name, also inside other fields."""

from __future__ import annotations

import math
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import date, time
from typing import Any

_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
"""Control characters that no text holds."""


def find_field(record: Mapping[str, Any], field: str) -> Any:
    """The value; None where it is null, or where a field that it is inside of is null.

    ``a.b`` means field b inside field a, unless there is a field of just that name.

    Raises:
        KeyError: there is no such field.

    >>> find_field({"page": {"body": "অসম"}}, "page.body"), find_field({"page": None}, "page.body")
    ('অসম', None)
    """
    value: Any = record
    for key in (field,) if field in record else field.split("."):
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise KeyError(key)
        value = value[key]
    return value


def bytes_to_text(value: bytes) -> str | None:
    """What the bytes say in UTF-8; None if they are no text.

    Impala, Hive and old versions of Spark write strings to Parquet as bytes.

    >>> bytes_to_text("অসম".encode()), bytes_to_text(b"\\x89PNG")
    ('অসম', None)
    """
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _NO_TEXT.search(text) else text


def value_to_json(value: Any) -> Any:
    """A value of a row as JSON knows it.

    Bytes become text if they are text in UTF-8, else base64. Dates, decimals and the like become
    text, NaN and infinities become None.

    >>> value_to_json([b"abc", b"\\xff", float("nan")])
    ['abc', '/w==', None]
    """
    if isinstance(value, dict):
        return {str(key): value_to_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [value_to_json(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        text = bytes_to_text(value)
        return b64encode(value).decode("ascii") if text is None else text
    if isinstance(value, date | time):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int) else str(value)
