"""Sources that a recipe says how to make: raw text that another recipe's models label."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nerbridge.batch.sources import STDIN, find_sources
from nerbridge.corpus.layout import Layout, parse_columns
from nerbridge.corpus.reading import read_raw_corpus
from nerbridge.errors import RecipeError, RunError
from nerbridge.training.recipe import PseudoLabelSettings, Recipe, TargetSettings, TestSetSettings
from nerbridge.training.recipe_files import read_recipe
from nerbridge.training.run_folder import differences
from nerbridge.workflows.progress import Listener, Note, ignore
from nerbridge.workflows.pseudo_label import (
    LABELLED,
    ORIGIN,
    PseudoLabelOptions,
    check_corpus_folder,
    pseudo_label,
)


def make_sources(recipe: Recipe, jobs: int | None = None, listen: Listener = ignore) -> None:
    """Make every source that is missing, and before it the models that label it.

    Args:
        recipe: its sources are made.
        jobs: seeds run in parallel, as in `nerbridge.training.experiment.run_experiment`.
        listen: told what is trained and labelled.

    Raises:
        NerbridgeError: as `check_sources`, or nothing is found in the text.
        RunError: a model that is to label finds nothing.
    """
    if any(_is_missing(recipe, settings) for settings in recipe.pseudo_labels):
        listen(Note(f"checking the derived sources of {recipe.name} …"))
    if check_sources(recipe):
        _make_sources(recipe, jobs, listen)


def check_sources(recipe: Recipe, *, made_for: tuple[str, ...] = ()) -> list[str]:
    """Folders of the sources that are missing, those of the labelling recipes first.

    If any is missing, all that can be wrong is checked now, before hours of training.

    Args:
        recipe: its sources are checked.
        made_for: names of the recipes that this one labels a source for.

    Raises:
        RecipeError: a recipe labels for itself.
        RunError: a source is there, but made otherwise than the recipe says.
        InputError: the text is not there, or the folder is in use.
        NerbridgeError: a corpus or the encoder of one of the recipes cannot be used.
    """
    # The recipes on the way here: one that comes again would label for itself without end.
    made_for, found = (*made_for, recipe.name), list[str]()
    missing = [settings for settings in recipe.pseudo_labels if _is_missing(recipe, settings)]
    for settings in recipe.pseudo_labels:
        labelling = read_recipe(settings.recipe)
        if labelling.name in made_for:
            raise RecipeError(
                f"pseudo_labels of {recipe.name}: {settings.recipe} labels the text, but needs the "
                f"source {settings.path} itself ({' → '.join((*made_for, labelling.name))}). Name "
                "another recipe."
            )
        if settings in missing:
            _check_labelling(recipe, settings)
            # A labelling recipe may itself need sources; these are made first.
            found += [*check_sources(labelling, made_for=made_for), str(_folder(recipe, settings))]
        else:
            _check_made_so(recipe, settings, labelling)
    if missing or len(made_for) > 1:
        _check_rest(recipe, [settings.path for settings in missing])
    return found


def _make_sources(recipe: Recipe, jobs: int | None, listen: Listener) -> None:
    for settings in recipe.pseudo_labels:
        if _is_missing(recipe, settings):
            labelling = read_recipe(settings.recipe)
            _make_sources(labelling, jobs, listen)
            models = _train(labelling, jobs, listen)
            options = PseudoLabelOptions(
                n=settings.n,
                seed=settings.seed,
                soft=_is_soft(recipe, settings),
                neighbours=settings.neighbours,
            )
            done = pseudo_label(
                _text(recipe, settings),
                _folder(recipe, settings),
                [str(model) for model in models],
                options,
                held_out=_held_out(recipe),
                listen=listen,
            )
            listen(Note(str(done)))


def _is_missing(recipe: Recipe, settings: PseudoLabelSettings) -> bool:
    return not (_folder(recipe, settings) / LABELLED).exists()


def _check_labelling(recipe: Recipe, settings: PseudoLabelSettings) -> None:
    find_sources(_text(recipe, settings))
    check_corpus_folder(_folder(recipe, settings), overwrite=False)
    _held_out(recipe)


def _check_rest(recipe: Recipe, missing: Sequence[str]) -> None:
    """Check all that a recipe needs, except the sources that are missing."""
    from nerbridge.training.data import load_data
    from nerbridge.training.run import check_precision, load_base

    check_precision(recipe)
    load_base(recipe)
    # Missing sources cannot be read yet.
    there = tuple(source for source in recipe.sources if source.path not in missing)
    if there:
        load_data(recipe.model_copy(update={"sources": there}))


def _folder(recipe: Recipe, settings: PseudoLabelSettings) -> Path:
    return Path(recipe.resolve_path(settings.path))


def _run_folder(recipe: Recipe) -> Path:
    return Path("runs") / recipe.name


def _train(recipe: Recipe, jobs: int | None, listen: Listener) -> list[Path]:
    """The transferred models of a recipe's run, trained where they are missing."""
    from nerbridge.training.experiment import train_transfers
    from nerbridge.training.run import open_run

    listen(Note(f"reading corpora and encoder of {recipe.name}, the labelling recipe …"))
    return train_transfers(open_run(recipe, _run_folder(recipe)), listen, jobs)


def _is_soft(recipe: Recipe, settings: PseudoLabelSettings) -> bool:
    return any(source.soft for source in recipe.sources if source.path == settings.path)


def _text(recipe: Recipe, settings: PseudoLabelSettings) -> list[str]:
    return [recipe.resolve_path(path) for path in settings.text]


def _scored_on(recipe: Recipe) -> list[TargetSettings | TestSetSettings]:
    return [recipe.target, *recipe.test_sets]


def _held_out(recipe: Recipe) -> dict[str, list[Sequence[str]]]:
    """Validation and test sentences of every corpus that the recipe is scored on, by its place."""
    splits: dict[str, set[str]] = {}
    raw = {}
    for corpus in _scored_on(recipe):
        place = recipe.resolve_path(corpus.path)
        splits.setdefault(place, {"validation", "test"}).add(corpus.split)
        layout = Layout(corpus.tag_names, parse_columns(corpus.columns), corpus.offsets)
        raw[place] = read_raw_corpus(place, layout).splits
    return {
        place: [
            s.words
            for split in sorted(wanted & raw[place].keys())
            for s in raw[place][split].sentences
        ]
        for place, wanted in splits.items()
    }


def _check_made_so(recipe: Recipe, settings: PseudoLabelSettings, labelling: Recipe) -> None:
    folder = _folder(recipe, settings)
    models = [f"transfer-{seed}" for seed in labelling.seeds]
    wanted = {
        "models": [str(_run_folder(labelling) / "models" / model) for model in models],
        "n": settings.n,
        "seed": settings.seed,
        "neighbours": settings.neighbours,
        "soft": _is_soft(recipe, settings),
    }
    found = _made_so(folder)
    # Text from standard input has no name that could be compared.
    if STDIN not in found["text"]:
        wanted["text"] = [Path(text).name for text in settings.text]
    else:
        del found["text"]
    left_out = {Path(corpus).name for corpus in found.pop("left out")}
    scored_on = {Path(recipe.resolve_path(c.path)).name for c in _scored_on(recipe)}
    changes = list(differences(found, wanted))
    if not_left_out := sorted(scored_on - left_out):
        changes.append(f"sentences of {', '.join(not_left_out)} were not left out")
    if changes:
        raise RunError(
            f"{folder}: the settings of this source differ from {recipe.name}: "
            f"{'; '.join(changes)}. Remove the folder to create it again, or name another path."
        )


def _made_so(folder: Path) -> dict[str, Any]:
    """How a source was made, of what a recipe may say about it."""
    path = folder / ORIGIN
    try:
        origin = json.loads(path.read_text("utf-8"))
        return {
            "models": [model["name"] for model in origin["models"]],
            "text": [Path(given["path"]).name for given in origin["inputs"]],
            # Older files know only how many sentences were drawn.
            "n": origin.get("n", origin["n_drawn"]),
            "seed": origin["seed"],
            "neighbours": origin["neighbours"]["weight"],
            "soft": origin["soft"],
            "left out": list(origin["left_out"]["corpora"]),
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{path}: cannot be read ({error!r}); expected the settings that `nerbridge "
            f"pseudo-label` writes. Remove {folder} to create it again, or remove pseudo_labels "
            "from the recipe."
        ) from error
