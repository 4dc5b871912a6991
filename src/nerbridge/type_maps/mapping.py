"""A map of entity types: where it comes from, and what it makes of the types of a model or corpus.

One meaning everywhere: a type that the map names gets its new name, or is dropped. PER, ORG, LOC
and the new names themselves pass unchanged. Any other type is an error, so that nothing is lost
or kept by accident. An empty map changes nothing and refuses nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from os import PathLike
from pathlib import Path

from nerbridge.errors import InputError
from nerbridge.labels import DEFAULT_TYPES, OUTSIDE

TypeMap = Mapping[str, str | None]
"""New name of a type; None drops it."""
TypeMapSpec = str | PathLike[str] | Sequence[str | PathLike[str]] | Mapping[str, str | None]
"""What `read_type_map` takes."""

MAP_NAMES = ("multiconer2", "fewnerd")
"""The maps in the package."""
OPTION = "--map-types"
_FOLDER = Path(__file__).parent
_SEPARATORS = ("\t", "=", ",", ": ")
_EXPECTED = (
    f"expected {' or '.join(MAP_NAMES)}, a file, or OLD=NEW, as in GPE=LOC (MISC=O drops a type)"
)


def read_type_map(spec: TypeMapSpec | None) -> dict[str, str | None]:
    """The map that one value or several values describe.

    Args:
        spec: ``multiconer2`` or ``fewnerd``; a file; ``OLD=NEW``; several of these, where a pair
            overrides what a file says and a later file overrides an earlier one; or a mapping.
            The new name ``O``, an empty one or None drops the type.

    Raises:
        InputError: no such map or file, a line or value that is no pair, or a type named twice.

    >>> read_type_map(["GPE=LOC", "MISC=O"])
    {'GPE': 'LOC', 'MISC': None}
    >>> read_type_map("multiconer2")["Medication/Vaccine"] is None
    True
    """
    if spec is None:
        return {}
    if isinstance(spec, Mapping):
        return {old: _target(new) for old, new in spec.items()}
    values = [spec] if isinstance(spec, str | PathLike) else list(spec)
    found: dict[str, str | None] = {}
    pairs: list[tuple[str, str | None, str]] = []
    for value in map(str, values):
        if value in MAP_NAMES:
            found |= _read_named(value)
        elif is_map_file(value):
            found |= _read_file(_find_file(value))
        else:
            pairs.append((*_read_pair(value), f"{OPTION} {value}"))
    return found | _unique(pairs)


def is_map_file(value: str) -> bool:
    """Whether one value of a map is the path of a file.

    >>> is_map_file("fewnerd"), is_map_file("GPE=LOC"), is_map_file("maps/mine.tsv")
    (False, False, True)
    """
    return value not in MAP_NAMES and ("=" not in value or Path(value).is_file())


def map_types(
    types: Iterable[str], type_map: TypeMap, place: str, allowed: Iterable[str] = ()
) -> dict[str, str | None]:
    """What becomes of every type: its name after the map, or None where it is dropped.

    Args:
        types: the types of a model or of a corpus.
        type_map: an empty one leaves all types as they are.
        place: the model or corpus, for the message.
        allowed: further types that pass unchanged.

    Raises:
        InputError: types that nothing names; the message lists all of them.

    >>> map_types(["Artist", "PER", "Food"], {"Artist": "PER", "Food": None}, "a model")
    {'Artist': 'PER', 'PER': 'PER', 'Food': None}
    """
    types = list(types)
    kept = kept_types(type_map, allowed)
    unnamed = [type_ for type_ in types if type_map and type_ not in type_map and type_ not in kept]
    if unnamed:
        raise InputError(f"{place}: {unnamed_message(unnamed)}")
    return {type_: type_map.get(type_, type_) for type_ in types}


def kept_types(type_map: TypeMap, allowed: Iterable[str] = ()) -> frozenset[str]:
    """The types that pass a map unchanged unless it names them."""
    return frozenset({*DEFAULT_TYPES, *allowed, *(new for new in type_map.values() if new)})


def unnamed_message(types: Sequence[str], shown: Sequence[str] | None = None) -> str:
    """That no map names these types, and how to name them; ``shown`` is how they are listed."""
    name = fitting_map(types)
    remedy = f"{OPTION} {name} names all of them. Or name each" if name else "Name each"
    return (
        f"no type map names {', '.join(shown or types)}; expected a new name for every type but "
        f"{', '.join(DEFAULT_TYPES)}. {remedy}: {OPTION} {types[0]}=O drops a type, {OPTION} "
        f"{types[0]}={types[0]} keeps it."
    )


def fitting_map(types: Iterable[str]) -> str | None:
    """The map of the package that names all these types but PER, ORG and LOC; None without one.

    >>> fitting_map(["OtherPER", "PER"]), fitting_map(["PER"]), fitting_map(["GPE"])
    ('multiconer2', None, None)
    """
    fine = set(types) - set(DEFAULT_TYPES)
    if not fine:
        return None
    return next((name for name in MAP_NAMES if fine <= _read_named(name).keys()), None)


def map_tags(tags: Iterable[str], targets: TypeMap) -> list[str]:
    """IOB2 tags with the types' new names; what is dropped becomes ``O``.

    >>> map_tags(["B-Artist", "I-Artist", "B-Food"], {"Artist": "PER", "Food": None})
    ['B-PER', 'I-PER', 'O']
    """
    found = []
    for tag in tags:
        prefix, _, type_ = tag.partition("-")
        new = targets.get(type_, type_)
        found.append(f"{prefix}-{new}" if type_ and new else OUTSIDE)
    return found


@cache
def _read_named(name: str) -> TypeMap:
    return _read_file(_FOLDER / f"{name}.tsv")


def _find_file(value: str) -> Path:
    path = Path(value).expanduser()
    if path.is_file():
        return path
    near = get_close_matches(value.lower(), MAP_NAMES, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise InputError(f"{OPTION} {value}: no such map and no such file; {_EXPECTED}.{hint}")


def _read_file(path: Path) -> dict[str, str | None]:
    """The pairs of a file: ``OLD``, a tab or ``=``, and ``NEW`` on each line; or a JSON object.

    Of other lists of pairs (commas, colons, spaces, flat TOML) it is plain what they mean, too.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected UTF-8 text.") from error
    if text.lstrip().startswith("{"):
        return _read_json(path, text)
    pairs = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith(("#", "[")):
            place = f"{path}:{number}"
            pairs.append((*_read_line(line.strip(), place), place))
    if not pairs:
        raise InputError(f"{path}: no pair of types found; expected lines such as GPE=LOC.")
    return _unique(pairs)


def _read_json(path: Path, text: str) -> dict[str, str | None]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}). Correct it at that place.") from error
    if not all(isinstance(new, str | None) for new in value.values()):
        raise InputError(f'{path}: expected one new name for each type, as in {{"GPE": "LOC"}}.')
    return {old: _target(new) for old, new in value.items()}


def _read_line(line: str, place: str) -> tuple[str, str | None]:
    separator = next((found for found in _SEPARATORS if found in line), None)
    parts = [part.strip().strip("\"'") for part in line.split(separator, maxsplit=1)]
    if len(parts) < 2 or not parts[0] or re.search(r"[\s=]", parts[1]):
        raise InputError(
            f"{place}: {line!r} is no pair of types; expected OLD, a tab or =, and NEW, as in "
            "GPE=LOC (O drops a type)."
        )
    return parts[0], _target(parts[1])


def _read_pair(value: str) -> tuple[str, str | None]:
    old, _, new = (part.strip() for part in value.partition("="))
    if not old or "=" in new:
        raise InputError(
            f"{OPTION} {value}: not one pair of types; {_EXPECTED}. Repeat the option for more."
        )
    return old, _target(new)


def _target(new: str | None) -> str | None:
    return None if new is None or new.strip() in ("", OUTSIDE) else new.strip()


def _unique(pairs: Iterable[tuple[str, str | None, str]]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for old, new, place in pairs:
        if old in found:
            raise InputError(f"{place}: {old} was named before; expected each type once.")
        found[old] = new
    return found
