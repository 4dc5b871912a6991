"""Read recipes from TOML, put other values into them, and report every mistake at once."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from nerbridge.errors import OldNameWarning, RecipeError
from nerbridge.training.recipe import SHIPPED, Recipe
from nerbridge.training.recipe_migration import MigratedSettings, migrate_settings
from nerbridge.training.recipe_mistakes import describe_mistakes

_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
_NO_OVERRIDES: Mapping[str, Any] = MappingProxyType({})
_WITH_VARIABLES = (("", "data_root"), ("encoder", "id"), ("encoder", "revision"))
"""Tables and keys of the values that may read environment variables."""


def shipped_recipes() -> list[str]:
    """Names of the recipes that come with nerbridge."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def find_recipe(name_or_path: str | Path) -> Path:
    """The file of a shipped recipe, or the file named.

    Raises:
        RecipeError: there is neither.
    """
    path = Path(name_or_path)
    shipped = SHIPPED / f"{name_or_path}.toml"
    if path.is_file():
        return path
    if path.suffix != ".toml" and shipped.is_file():
        return shipped
    raise RecipeError(
        f"{name_or_path}: no such recipe; expected a TOML file or one of "
        f"{', '.join(shipped_recipes())}."
    )


def read_recipe(
    name_or_path: str | Path,
    *,
    overrides: Mapping[str, Any] = _NO_OVERRIDES,
    seeds: Sequence[int] | None = None,
    as_written: bool = False,
) -> Recipe:
    """Read a recipe.

    Args:
        name_or_path: of a shipped recipe, or a file.
        overrides: other values by their keys, such as ``transfer.epochs``; applied in order.
        seeds: in place of the recipe's.
        as_written: keep variables and paths as they stand in the file, to show the recipe. Such a
            recipe holds no path of this machine and cannot be run.

    Raises:
        RecipeError: with every mistake and its place. Whether the settings fit together is checked
            only once each of them is valid.
    """
    path = find_recipe(name_or_path)
    try:
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not TOML: {error}. Fix the file at that place.") from error
    values, further = _override(migrate_settings(values), overrides, path)
    if seeds is not None:
        values["seeds"] = list(seeds)
    if not as_written:
        further += _put_in_variables(values)
        # After the variables: a folder whose name holds "${" must stay as it is.
        values.setdefault("data_root", str(path.parent))
        _find_beside(values.get("pseudo_labels"), path)
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        raise RecipeError(describe_mistakes(path, error.errors(), further)) from error
    if further:
        raise RecipeError(describe_mistakes(path, (), further))
    return recipe


def change_recipe(
    recipe: Recipe, overrides: Mapping[str, Any], seeds: Sequence[int] | None = None
) -> Recipe:
    """A recipe with other values, as `read_recipe` puts them in.

    Raises:
        RecipeError: the values are wrong, or one is ``script``, which only a recipe file has.
    """
    if "script" in overrides:
        raise RecipeError(
            f"{recipe.name}: the script of a recipe that has been read cannot be changed, because "
            "its corpora hold it already. Give the name or file of the recipe and the script."
        )
    values = recipe.to_dict() | ({} if seeds is None else {"seeds": list(seeds)})
    values, further = _override(MigratedSettings(values), overrides, Path(recipe.name))
    try:
        changed = Recipe.model_validate(values)
    except ValidationError as error:
        raise RecipeError(describe_mistakes(Path(recipe.name), error.errors(), further)) from error
    if further:
        raise RecipeError(describe_mistakes(Path(recipe.name), (), further))
    return changed


def parse_overrides(texts: Sequence[str]) -> dict[str, Any]:
    """Keys and values of ``--set``. A value that is not TOML is taken as text.

    >>> parse_overrides(["transfer.epochs=3", "encoder.id=bundled:mini"])
    {'transfer.epochs': 3, 'encoder.id': 'bundled:mini'}

    Raises:
        RecipeError: a text has no ``=``.
    """
    found: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise RecipeError(f"--set {text}: expected stage.key=value, such as transfer.epochs=3.")
        # The last value of a key counts, at its own place in the order: a later table could replace
        # an earlier value inside it.
        found.pop(key.strip(), None)
        found[key.strip()] = _parse_value(value.strip())
    return found


def fingerprint_settings(recipe: Recipe) -> dict[str, Any]:
    """The settings that decide the result of a seed.

    Names, paths and the list of seeds are not among them. How a source was made is not either: the
    hash of its contents stands for it.
    """
    values = recipe.to_dict()
    for key in ("name", "description", "seeds", "data_root", "pseudo_labels"):
        del values[key]
    # Earlier versions recorded ["query", "value"] as the default. PEFT chooses the same layers for
    # a
    # BERT if none are named, so the runs of those versions have the same fingerprint and resume.
    values["lora"]["target_modules"] = values["lora"]["target_modules"] or ["query", "value"]
    return values


def migrate_fingerprint(settings: Any) -> Any:
    """The `fingerprint_settings` of an earlier version under the keys of this one.

    A key that the earlier version did not have gets its default, which must be the behaviour of
    that version. Anything but a recipe is returned unchanged.
    """
    if not isinstance(settings, dict):
        return settings
    migrated = migrate_settings(settings)
    if migrated.mistakes:
        return {**migrated.values, "removed keys": migrated.mistakes}
    try:
        recipe = Recipe.model_validate({"name": "earlier", **migrated.values})
    except ValidationError:
        return settings
    return fingerprint_settings(recipe)


def recipe_sha256(recipe: Recipe) -> str:
    """Hash of the settings that decide the outcome of a seed."""
    values = json.dumps(fingerprint_settings(recipe), sort_keys=True)
    return hashlib.sha256(values.encode()).hexdigest()


def _override(
    migrated: MigratedSettings, overrides: Mapping[str, Any], path: Path
) -> tuple[dict[str, Any], list[str]]:
    """The values with the overrides, and the mistakes in old keys. Old names give a warning."""
    for key, value in overrides.items():
        _apply(migrated, key, value)
    for notice in migrated.notices:
        message = f"{path}: {notice} nerbridge 0.3.0 will refuse the old key."
        warnings.warn(message, OldNameWarning, stacklevel=3)
    return migrated.values, migrated.mistakes


def _apply(migrated: MigratedSettings, key: str, value: Any) -> None:
    """Set one value, given under a key of this version or an earlier one."""
    parts = key.split(".")
    if not all(parts):
        raise RecipeError(f"override {key!r}: expected stage.key, such as transfer.epochs.")
    nested: Any = value
    for part in reversed(parts):
        nested = {part: nested}
    # An override is migrated like a file, so that old keys work on the command line too.
    given = migrate_settings(nested)
    migrated.notices += [f"override: {notice}" for notice in given.notices]
    migrated.mistakes += [f"override {mistake}" for mistake in given.mistakes]
    if not _put(migrated.values, given.values, len(parts)):
        raise RecipeError(
            f"override {key!r}: part of the key is a value, not a table; expected a key such as "
            "transfer.epochs."
        )


def _put(values: dict[str, Any], given: dict[str, Any], depth: int) -> bool:
    """Put the one value of ``given``, ``depth`` keys deep, into ``values``; false if it cannot."""
    for key, inner in given.items():
        if depth == 1:
            values[key] = inner
            continue
        place = values.setdefault(key, {})
        if not isinstance(place, dict) or not _put(place, inner, depth - 1):
            return False
    return True


def _parse_value(text: str) -> Any:
    """A TOML value if it is one, else the text itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _put_in_variables(values: dict[str, Any]) -> Iterator[str]:
    """Put in the environment variables that a recipe reads, in place.

    Yields what is wrong with each of them, one sentence a variable.
    """
    for table, key in _WITH_VARIABLES:
        place = values.get(table) if table else values
        text = place.get(key) if isinstance(place, dict) else None
        if isinstance(place, dict) and isinstance(text, str):
            yield from _unset_variables(f"{table}.{key}".lstrip("."), text)
            place[key] = _VARIABLE.sub(lambda found: os.environ.get(found[1]) or found[2], text)


def _unset_variables(key: str, text: str) -> Iterator[str]:
    for name, default in _VARIABLE.findall(text):
        if not (os.environ.get(name) or default):
            yield (
                f"{key}: {text!r} reads the environment variable {name}, which is not set. "
                f"Set it, or give a default: ${{{name}:-value}}."
            )


def _find_beside(pseudo_labels: Any, path: Path) -> None:
    """Prefix the recipe files that ``pseudo_labels`` names with the folder of this recipe."""
    for made in pseudo_labels if isinstance(pseudo_labels, list) else ():
        name = made.get("recipe") if isinstance(made, dict) else None
        if isinstance(name, str) and name.endswith(".toml"):
            made["recipe"] = str(path.parent / name)
