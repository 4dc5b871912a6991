"""Check that the files which a recipe reads from disk exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nerbridge.errors import RecipeError
from nerbridge.text.counts import count_of
from nerbridge.training.recipe import Recipe, is_on_disk


def check_places(recipe: Recipe, name: str | Path) -> None:
    """Check that the corpora of a recipe exist, except those that the recipe makes itself.

    Raises:
        RecipeError: with every missing corpus.
    """
    missing = list(_missing(recipe))
    if missing:
        told = "\n".join(f"  {key}: {place}: not found." for key, place in missing)
        n_missing = count_of(len(missing), "corpus or file was", "corpora or files were")
        raise RecipeError(
            f"{name}: the recipe has no mistakes, but {n_missing} not found:\n"
            f"{told}\nPut them there, or set data_root in the recipe (now {recipe.data_root}) or "
            "the environment variable that it reads. docs/data.md says how to obtain public "
            "corpora."
        )


def _missing(recipe: Recipe) -> Iterator[tuple[str, str]]:
    made = {made.path for made in recipe.pseudo_labels}
    for key, path in _paths(recipe):
        place = recipe.resolve_path(path)
        if path not in made and is_on_disk(place) and not Path(place).exists():
            yield key, place


def _paths(recipe: Recipe) -> Iterator[tuple[str, str]]:
    yield "target.path", recipe.target.path
    for number, source in enumerate(recipe.sources):
        yield f"sources.{number}.path", source.path
        if source.lexicon is not None:
            yield f"sources.{number}.lexicon", source.lexicon
    for number, made in enumerate(recipe.pseudo_labels):
        if not Path(recipe.resolve_path(made.path)).exists():
            yield from ((f"pseudo_labels.{number}.text", text) for text in made.text)
    for number, test_set in enumerate(recipe.test_sets):
        yield f"test_sets.{number}.path", test_set.path
