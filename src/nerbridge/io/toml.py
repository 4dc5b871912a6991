"""TOML: how settings are written; ``tomllib`` of the standard library reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import tomli_w

# So long that tomli-w never writes a table with it on one line, where no comment could stand.
_NOT_SET = "\ue000" * 100
_NOT_SET_LINE = re.compile(rf'^(.+) = "{_NOT_SET}"$', re.M)


def to_toml(values: Mapping[str, Any]) -> str:
    """Settings as TOML; a key without a value stands as a comment, since TOML has no null.

    In a table inside a table, such as a ``type_map``, None is written as an empty text.

    >>> print(to_toml({"name": "x", "base": None, "adapt": {"epochs": 3}}))
    name = "x"
    # base is not set
    <BLANKLINE>
    [adapt]
    epochs = 3
    """
    text = tomli_w.dumps({key: _with_marks(value, depth=0) for key, value in values.items()})
    return _NOT_SET_LINE.sub(r"# \1 is not set", text).strip()


def _with_marks(value: Any, depth: int) -> Any:
    if value is None:
        return _NOT_SET if depth < 2 else ""
    if isinstance(value, Mapping):
        return {key: _with_marks(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_with_marks(inner, depth) for inner in value]
    return value
