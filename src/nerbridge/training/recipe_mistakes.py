"""What is wrong with a recipe, in words: a line for every mistake, with its place."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic_core import ErrorDetails

from nerbridge.text.counts import count_of
from nerbridge.training.recipe import Recipe

_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
_NO_TABLE = ("model_type", "dataclass_type")
_SEVERAL = ("sources", "test_sets", "pseudo_labels")
_MODULES = ("lora", "target_modules")
_LIST = '["…"]'
_LISTS = {
    "seeds": "[13, 21, 34]",
    "types": '["PER", "LOC"]',
    "tag_names": '["O", "B-PER"]',
    "text": '["a.txt"]',
}


def describe_mistakes(
    path: Path, mistakes: Sequence[ErrorDetails], further: Sequence[str] = ()
) -> str:
    """One line a mistake: place, what is wrong, what was found.

    Args:
        path: the recipe's file.
        mistakes: what the recipe's types refuse.
        further: mistakes that were found elsewhere, as sentences.
    """
    told = [*further, *(_describe(one) for one in mistakes if not _follows(one, mistakes))]
    lines = [f"{path}: {count_of(len(told), 'mistake')} in the recipe:"]
    lines += [f"  {mistake}" for mistake in told]
    lines.append("`nerbridge recipe show quickstart` prints every key with its default.")
    if mistakes and all(mistake["loc"] for mistake in mistakes):
        lines.append("Fix these first; nerbridge then checks whether the settings fit together.")
    return "\n".join(lines)


def _follows(mistake: ErrorDetails, others: Sequence[ErrorDetails]) -> bool:
    """Whether pydantic reports the same mistake a second time.

    It calls a list too short when it drops an invalid entry, and it reports a value that may be a
    list or a word once for each of the two.
    """
    place = mistake["loc"]
    if place[:2] == _MODULES:
        return mistake["type"] != "literal_error"
    return mistake["type"] == "too_short" and any(
        other["loc"][: len(place)] == place and other["loc"] != place for other in others
    )


def _describe(mistake: ErrorDetails) -> str:
    place, kind, found = mistake["loc"], mistake["type"], f", found {mistake['input']!r}"
    if place[:2] == _MODULES:
        place = _MODULES
        said = f'expected a list, such as ["query", "value"], or "all-linear"{found}'
    elif kind in _UNKNOWN:
        said = f"unknown key; {_suggest(place)}"
    elif kind in _NO_TABLE or (kind == "tuple_type" and place[-1] in _SEVERAL):
        said = _expect_table(str(place[0]), mistake["input"])
    elif kind == "tuple_type":
        said = f"expected a list, such as {_LISTS.get(str(place[-1]), _LIST)}{found}"
    elif kind in ("missing", "value_error"):
        said = mistake["msg"].removeprefix("Value error, ")
    else:
        said = mistake["msg"] + found
    return f"{'.'.join(map(str, place)) or 'recipe'}: {said}"


def _expect_table(name: str, found: Any) -> str:
    """The message for missing brackets or brackets of the wrong kind."""
    if name in _SEVERAL:
        shown = f"[{name}]" if isinstance(found, dict) else repr(found)
        return f"expected a table in double brackets, [[{name}]], for each; found {shown}"
    shown = f"[[{name}]]" if isinstance(found, list) else repr(found)
    return f"expected one table in single brackets, [{name}]; found {shown}"


def _suggest(place: Sequence[str | int]) -> str:
    """The most similar key, or all keys of the table."""
    table: Any = Recipe
    if len(place) > 1:
        table = Recipe.model_fields[str(place[0])].annotation
        table = get_args(table)[0] if get_origin(table) is tuple else table
    keys = list(inspect.signature(table).parameters)
    if near := get_close_matches(str(place[-1]), keys, n=1):
        return f"did you mean {near[0]}?"
    return f"expected one of {', '.join(keys)}"
