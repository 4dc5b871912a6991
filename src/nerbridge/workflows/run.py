"""An experiment from the recipe to the report: what ``nerbridge run`` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerbridge.evaluation.scores import Scores
from nerbridge.models.loading import find_model
from nerbridge.records import RunRecord, write_record
from nerbridge.training.recipe import Recipe
from nerbridge.training.recipe_files import change_recipe, read_recipe
from nerbridge.training.recipe_places import check_places
from nerbridge.workflows.derived_sources import check_sources, make_sources
from nerbridge.workflows.progress import Kept, Listener, Note, ignore

if TYPE_CHECKING:
    from pandas import DataFrame

    from nerbridge.training.run import Run


@dataclass(frozen=True)
class ScoreRow:
    """How one model of a run did on one test set.

    ``test_set`` is ``test`` for the recipe's own, else the name of a further one. Precision and
    recall are strict.
    """

    system: str
    seed: int
    test_set: str
    f1_strict: float
    precision: float
    recall: float
    f1_conll: float
    f1_leak_free: float | None
    n_sentences: int
    n_entities: int


@dataclass(frozen=True)
class RunResult:
    """A finished run. Its folder can be given to every function that takes a model."""

    folder: Path
    record: RunRecord
    """Everything that is known of the run, as ``record.json`` has it."""

    @property
    def report(self) -> Path:
        """The page of the report."""
        return self.folder / "report" / "index.html"

    @property
    def best_model(self) -> Path:
        """The adapted model of the seed with the best strict F1 on validation."""
        return find_model(self.folder).path

    @cached_property
    def scores(self) -> tuple[ScoreRow, ...]:
        """Scores of every system, seed and test set."""
        return tuple(
            _score_system(system.name, result.seed, name, scores)
            for system in self.record.systems
            for result in system.seeds
            for name, scores in {"test": result.test, **result.test_sets}.items()
        )

    def scores_frame(self) -> DataFrame:
        """`scores` as a DataFrame of pandas, a row each.

        Raises:
            ModuleNotFoundError: pandas is not installed.
        """
        from pandas import DataFrame

        return DataFrame([asdict(row) for row in self.scores])


@dataclass(frozen=True)
class RunPlan:
    """What a run would read. ``missing`` sources are made first; then nothing else is known yet."""

    recipe: Recipe
    missing: tuple[str, ...] = ()
    encoder: Mapping[str, Any] | None = None
    n_sentences: Mapping[str, Mapping[str, int]] | None = None
    """By corpus and split."""
    n_transfer_sentences: int | None = None


def run(
    recipe: str | Path | Recipe,
    *,
    seeds: Sequence[int] | None = None,
    output: str | Path | None = None,
    jobs: int | None = None,
    reuse: str | Path | None = None,
    validation_only: bool = False,
    command: str | None = None,
    listen: Listener = ignore,
    **overrides: Any,
) -> RunResult:
    """Run an experiment: baseline, zero-shot transfer, adapted; one report.

    A run that was killed or interrupted goes on where it stopped when it is called again.

    Args:
        recipe: the name of a shipped recipe, a recipe file, or a `Recipe`.
        seeds: in place of the recipe's.
        output: the run folder; None is ``runs/NAME``.
        jobs: seeds that run in parallel; None is as many as fit the machine.
        reuse: a run with the same sources and transfer, whose transferred models are taken.
        validation_only: score validation instead of test, to develop without the test set.
        command: what the record names as the command; None describes this call.
        listen: is told of every stage, and of what was lost on the way.
        **overrides: other values for keys of the recipe, with two underscores for the dot:
            ``transfer__epochs=3``, ``encoder__id="bundled:mini"``.

    Raises:
        RecipeError: the recipe has mistakes, or its corpora are not there.
        CorpusError: a corpus cannot be read, or lacks what the experiment needs.
        ModelError: the encoder cannot be loaded.
        RunError: the folder holds another run, or another process works in it.
        EnvironmentProblem: hub or disk fail, or a library is missing.
    """
    wanted = prepare_recipe(recipe, seeds, overrides, validation_only=validation_only)
    folder = run_folder(wanted) if output is None else Path(output)
    # Said before the sources are made: their models may train for hours, too.
    listen(Kept("Finished models are kept."))
    make_sources(wanted, jobs, listen)
    from nerbridge.training.experiment import run_experiment

    opened = _open(wanted, folder, listen)
    run_experiment(opened, listen, jobs, reuse=None if reuse is None else Path(reuse))
    listen(Note("writing the report …"))
    return RunResult(folder, _write_report(opened, command or _describe_call(wanted)))


def plan_run(
    recipe: str | Path | Recipe,
    *,
    seeds: Sequence[int] | None = None,
    validation_only: bool = False,
    listen: Listener = ignore,
    **overrides: Any,
) -> RunPlan:
    """Check recipe, corpora and encoder, and train nothing. Arguments and errors as of `run`."""
    wanted = prepare_recipe(recipe, seeds, overrides, validation_only=validation_only)
    if missing := check_sources(wanted):
        return RunPlan(wanted, tuple(missing))
    opened = _open(wanted, run_folder(wanted), listen)
    return RunPlan(
        wanted,
        encoder=opened.base.description,
        n_sentences={
            corpus.name: {split: len(part) for split, part in corpus.splits.items()}
            for corpus in opened.data.corpora
        },
        n_transfer_sentences=len(opened.data.source_train(wanted.seeds[0])),
    )


def prepare_recipe(
    recipe: str | Path | Recipe,
    seeds: Sequence[int] | None,
    overrides: Mapping[str, Any],
    *,
    validation_only: bool,
) -> Recipe:
    """The recipe as it is run: with other values, and with every corpus found.

    Args:
        recipe: as for `run`.
        seeds: in place of the recipe's.
        overrides: other values by their keys, with two underscores or a dot in them.
        validation_only: score validation instead of test.

    Raises:
        RecipeError: the recipe has mistakes, or a corpus is missing.
    """
    dotted = {key.replace("__", "."): value for key, value in overrides.items()}
    if isinstance(recipe, Recipe):
        wanted, place = change_recipe(recipe, dotted, seeds), recipe.name
    else:
        wanted, place = read_recipe(recipe, overrides=dotted, seeds=seeds), str(recipe)
    wanted = wanted.on_validation() if validation_only else wanted
    check_places(wanted, place)
    return wanted


def run_folder(recipe: Recipe) -> Path:
    """Where the run of a recipe is if nobody says otherwise; scored on validation, another one."""
    is_test = recipe.target.split == "test"
    return Path("runs") / (recipe.name + ("" if is_test else "-validation"))


def _open(recipe: Recipe, folder: Path, listen: Listener) -> Run:
    listen(Note(f"reading corpora and encoder of {recipe.name} …"))
    # torch is imported here, after the first words to the user.
    from nerbridge.training.run import open_run

    opened = open_run(recipe, folder)
    for advice in opened.data.advice:
        listen(Note(advice))
    return opened


def _write_report(opened: Run, command: str) -> RunRecord:
    from nerbridge.report.page import write_report
    from nerbridge.training.summary import build_record

    record = build_record(opened, command)
    write_record(record, opened.folder.path / "record.json")
    write_report(record, opened.folder.path / "report")
    return record


def _describe_call(recipe: Recipe) -> str:
    return f"nerbridge.run({recipe.name!r}, seeds={list(recipe.seeds)})"


def _score_system(system: str, seed: int, test_set: str, scores: Scores) -> ScoreRow:
    return ScoreRow(
        system=system,
        seed=seed,
        test_set=test_set,
        f1_strict=scores.f1_strict,
        precision=scores.precision_strict,
        recall=scores.recall_strict,
        f1_conll=scores.f1_conll,
        f1_leak_free=scores.f1_leak_free,
        n_sentences=scores.n_sentences,
        n_entities=scores.n_gold,
    )
