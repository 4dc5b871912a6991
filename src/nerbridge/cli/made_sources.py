"""Sources that a recipe says how to make: raw text that another recipe's models label."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerbridge.cli.console import print_note
from nerbridge.cli.pseudo_label import LABELLED, ORIGIN, label_text
from nerbridge.cli.stages import show_stages
from nerbridge.errors import RecipeError, RunError

if TYPE_CHECKING:
    from nerbridge.training.recipe import PseudoLabelSettings, Recipe


def missing_sources(recipe: Recipe) -> list[str]:
    """Folders of the sources that are yet to be made."""
    folders = [_folder(recipe, settings) for settings in recipe.pseudo_labels]
    return [str(folder) for folder in folders if not (folder / LABELLED).exists()]


def make_sources(
    recipe: Recipe, jobs: int | None, *, quiet: bool, made_for: tuple[str, ...] = ()
) -> None:
    """Make every source that is not there, and before it the models that label it.

    Args:
        recipe: whose sources.
        jobs: seeds at a time, as in `nerbridge.training.experiment.run_experiment`.
        quiet: tell nothing while it lasts.
        made_for: names of the recipes that this one labels a source for.

    Raises:
        RecipeError: a recipe labels for itself.
        RunError: a source is there, but made otherwise than the recipe says.
        InputError: the text cannot be read, or nothing is found in it.
    """
    made_for = (*made_for, recipe.name)
    for settings in recipe.pseudo_labels:
        labelling = _labelling_recipe(settings)
        if labelling.name in made_for:
            raise RecipeError(
                f"pseudo_labels of {recipe.name}: {settings.recipe} labels the text, and needs the "
                f"source {settings.path} itself ({' → '.join((*made_for, labelling.name))}). Name "
                "another recipe."
            )
        if (_folder(recipe, settings) / LABELLED).exists():
            _check_made_so(recipe, settings, labelling)
            continue
        make_sources(labelling, jobs, quiet=quiet, made_for=made_for)
        models = _train(labelling, jobs, quiet=quiet)
        print_note(label_source(recipe, settings, models, quiet=quiet), quiet=quiet)


def _labelling_recipe(settings: PseudoLabelSettings) -> Recipe:
    from nerbridge.training.recipe_files import read_recipe

    return read_recipe(settings.recipe)


def _folder(recipe: Recipe, settings: PseudoLabelSettings) -> Path:
    return Path(recipe.place_of(settings.path))


def _run_folder(recipe: Recipe) -> Path:
    return Path("runs") / recipe.name


def _train(recipe: Recipe, jobs: int | None, *, quiet: bool) -> list[Path]:
    """The transferred models of a recipe's run, trained if need be."""
    print_note(f"reading corpora and encoder of {recipe.name}, which labels …", quiet=quiet)
    from nerbridge.training.experiment import train_transfers
    from nerbridge.training.run import open_run

    with show_stages(quiet=quiet) as listen:
        return train_transfers(open_run(recipe, _run_folder(recipe)), listen, jobs)


def label_source(
    recipe: Recipe, settings: PseudoLabelSettings, models: list[Path], *, quiet: bool
) -> str:
    """Label the text of a source with the models; in a line, what came of it."""
    return label_text(
        [recipe.place_of(path) for path in settings.text],
        _folder(recipe, settings),
        [str(model) for model in models],
        n=settings.n,
        seed=settings.seed,
        soft=_is_soft(recipe, settings),
        neighbours=settings.neighbours,
        leave_out=list(_scored_on(recipe)),
        quiet=quiet,
    )


def _is_soft(recipe: Recipe, settings: PseudoLabelSettings) -> bool:
    return any(source.soft for source in recipe.sources if source.path == settings.path)


def _scored_on(recipe: Recipe) -> Iterator[str]:
    """Each corpus that the recipe is scored on, once."""
    corpora = (recipe.target, *recipe.also)
    yield from dict.fromkeys(recipe.place_of(corpus.path) for corpus in corpora)


def _check_made_so(recipe: Recipe, settings: PseudoLabelSettings, labelling: Recipe) -> None:
    from nerbridge.training.run_folder import differences

    folder = _folder(recipe, settings)
    models = [f"transfer-{seed}" for seed in labelling.seeds]
    wanted = {
        "models": [str(_run_folder(labelling) / "models" / model) for model in models],
        "n": settings.n,
        "seed": settings.seed,
        "neighbours": settings.neighbours,
        "soft": _is_soft(recipe, settings),
    }
    if changes := list(differences(_made_so(folder), wanted)):
        raise RunError(
            f"{folder}: this source was made otherwise than {recipe.name} says: "
            f"{'; '.join(changes)}. Remove the folder to make it anew, or name another path."
        )


def _made_so(folder: Path) -> dict[str, Any]:
    """How a source was made, of what a recipe may say about it."""
    path = folder / ORIGIN
    try:
        origin = json.loads(path.read_text("utf-8"))
        return {
            "models": [model["name"] for model in origin["models"]],
            "n": origin.get("n", origin["n_drawn"]),
            "seed": origin["seed"],
            "neighbours": origin["neighbours"]["weight"],
            "soft": origin["soft"],
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{path}: does not say how {folder} was made ({error!r}); expected what `nerbridge "
            "pseudo-label` writes. Remove the folder to make it anew, or take pseudo_labels out of "
            "the recipe."
        ) from error
