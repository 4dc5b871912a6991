"""Places on somebody's machine, which mean nothing to others and tell them more than they should.

Everything here is by the look of a text; no file is looked for.
"""

from __future__ import annotations

import re
from typing import Any

# A path from the root, the home or the current folder, on any system.
_PATH = re.compile(r"(?:/\w|~[\w-]*[\\/]|\.{1,2}[\\/]|[A-Za-z]:[\\/]|\\\\\w|file:)[^\n]*")
# In running text only what is surely one: "and/or", "/ day" and addresses are none.
_ROOTS = (
    "home|Users|root|tmp|var|opt|mnt|media|srv|data|work|scratch|content|kaggle|Volumes|private"
)
_PATH_IN_TEXT = re.compile(
    rf"(?<![\w./:-])(?:/(?:{_ROOTS})/|[A-Za-z]:[\\/](?!/)|file:/)[^\s`\"')]*"
)


def find_paths(value: Any) -> list[str]:
    """Paths among the texts of a JSON value, each once, in order; names of fields are no texts.

    >>> find_paths({"base": {"id": "/home/me/encoder"}, "corpora": ["../as", "owner/name"]})
    ['/home/me/encoder', '../as']
    """
    return list(dict.fromkeys(text for text in _texts(value) if _PATH.fullmatch(text)))


def without_paths(value: Any) -> Any:
    """The same JSON value with every path shortened to its last part.

    >>> without_paths({"base": "/home/me/encoder", "seed": 13})
    {'base': 'encoder', 'seed': 13}
    """
    if isinstance(value, str):
        return re.split(r"[\\/]", value.rstrip("\\/"))[-1] if _PATH.fullmatch(value) else value
    if isinstance(value, dict):
        return {name: without_paths(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_paths(inner) for inner in value]
    return value


def find_path_in_text(text: str) -> tuple[int, str] | None:
    """Line (from 1) and path of the first path in running text, else None.

    >>> find_path_in_text("One or both.\\nIt lies in `/home/me/encoder`.")
    (2, '/home/me/encoder')
    >>> find_path_in_text("It lies in C:/Users/me/encoder.")
    (1, 'C:/Users/me/encoder.')
    >>> find_path_in_text("km/h, https://example.org/home/me and/or") is None
    True
    """
    found = _PATH_IN_TEXT.search(text)
    return None if found is None else (text.count("\n", 0, found.start()) + 1, found[0])


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return []
