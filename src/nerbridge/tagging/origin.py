"""Where a tagger came from, so that another process can load the same one again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PATHS = ("model", "base")


@dataclass(frozen=True)
class Origin:
    """The arguments of `Tagger.load`, their paths absolute: another process has another folder.

    ``name`` is what the model is called. ``fingerprint`` tells a changed model folder from the old
    one: a process keeps what it has loaded, and datasets keeps results.
    """

    arguments: Mapping[str, Any]
    name: str
    fingerprint: str

    def __hash__(self) -> int:
        # The arguments are a dictionary, which has no hash; `lru_cache` needs one.
        return hash((self.name, self.fingerprint))


def to_origin(arguments: Mapping[str, Any], name: str, folder: Path) -> Origin:
    """The origin of a tagger.

    Args:
        arguments: those of `Tagger.load`, by name.
        name: what the model is called.
        folder: where its files were found.
    """
    portable = {
        key: _to_absolute(value) if key in _PATHS else _to_plain(value)
        for key, value in arguments.items()
    }
    return Origin(portable, name, _fingerprint(folder))


def _to_absolute(place: str | Path | None) -> str | Path | None:
    """A path that is there, as an absolute one; other names stay as they are."""
    if place is None or not str(place):
        return place
    path = Path(place).expanduser()
    return str(path.absolute()) if path.exists() else place


def _to_plain(value: Any) -> Any:
    """An iterable may be read only once: as a tuple."""
    is_single = isinstance(value, str | Mapping) or not isinstance(value, Iterable)
    return value if is_single else tuple(value)


def _fingerprint(folder: Path) -> str:
    stats = sorted((path.name, path.stat()) for path in folder.iterdir() if path.is_file())
    # Size and time instead of the content: to hash a large model takes too long.
    facts = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
    return hashlib.sha256(repr(facts).encode("utf-8")).hexdigest()[:16]
