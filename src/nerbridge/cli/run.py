"""``nerbridge run``: the whole experiment, with a report at its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerbridge.cli.console import (
    original_command,
    print_json,
    print_note,
    print_result,
    resume_hint,
)
from nerbridge.cli.options import JsonOption, QuietOption
from nerbridge.cli.progress import show_progress
from nerbridge.errors import InputError

if TYPE_CHECKING:
    from nerbridge.training.recipe import Recipe
    from nerbridge.training.run import Run


def run(
    recipe: Annotated[str, typer.Argument(help="A recipe file, or the name of a shipped recipe.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Run folder; default runs/NAME.")
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(help="Seeds instead of the recipe's, such as 13,21.")
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another value for a key: transfer.epochs=3. May be repeated."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Seeds at the same time; default: as many as fit the machine."),
    ] = None,
    reuse: Annotated[
        Path | None,
        typer.Option(help="Run with the same sources and transfer: take its transferred models."),
    ] = None,
    validation_only: Annotated[
        bool,
        typer.Option(
            "--validation-only", help="Score validation instead of test, to develop without it."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check recipe, corpora and encoder; train nothing.")
    ] = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run an experiment: baseline, zero-shot transfer, adapted; one report.

    Killed or interrupted, the same command goes on where it stopped.

    Example: nerbridge run quickstart --seeds 13,21 --output runs/first
    """
    from nerbridge.training.recipe_files import read_recipe
    from nerbridge.training.recipe_places import check_places

    wanted = read_recipe(recipe, overrides=overrides or (), seeds=_parse_seeds(seeds))
    wanted = wanted.on_validation() if validation_only else wanted
    check_places(wanted, recipe)
    is_test = wanted.target.split == "test"
    folder = output or Path("runs") / (wanted.name + ("" if is_test else "-validation"))
    with resume_hint(original_command()):
        _run(wanted, folder, jobs, reuse, dry_run=dry_run, json=json, quiet=quiet)


def _run(
    recipe: Recipe,
    folder: Path,
    jobs: int | None,
    reuse: Path | None,
    *,
    dry_run: bool,
    json: bool,
    quiet: bool,
) -> None:
    from nerbridge.workflows.derived_sources import check_sources, make_sources

    if dry_run and (missing := check_sources(recipe)):
        _describe_missing(recipe, missing, json=json)
        return
    with show_progress(quiet=quiet) as listen:
        make_sources(recipe, jobs, listen)
    print_note(f"reading corpora and encoder of {recipe.name} …", quiet=quiet)
    from nerbridge.records import write_record
    from nerbridge.report.page import write_report
    from nerbridge.training.experiment import run_experiment
    from nerbridge.training.run import open_run
    from nerbridge.training.summary import build_record

    opened = open_run(recipe, folder)
    if not quiet:
        for advice in opened.data.advice:
            print_note(advice)
    if dry_run:
        _describe(opened, json=json)
        return
    with show_progress(quiet=quiet) as listen:
        run_experiment(opened, listen, jobs, reuse=reuse)
    print_note("writing the report …", quiet=quiet)
    record = build_record(opened, original_command())
    write_record(record, folder / "record.json")
    write_report(record, folder / "report")
    if json:
        print_json(record.model_dump(mode="json", by_alias=True))
    else:
        print_result((folder / "report" / "table.md").read_text("utf-8"))
        print_result(f"report: {folder / 'report' / 'index.html'}")


def _parse_seeds(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(
            f"--seeds {text}: expected whole numbers with commas between, such as 13,21."
        ) from None


def _describe_missing(recipe: Recipe, missing: Sequence[str], *, json: bool) -> None:
    """What a dry run says where sources are to be made first."""
    if json:
        print_json({"recipe": recipe.name, "not_made_yet": missing})
        return
    print_result(f"{recipe.name}: no mistakes. Not made yet, and made first: {', '.join(missing)}")
    print_result("Nothing was trained (--dry-run).")


def _describe(opened: Run, *, json: bool) -> None:
    """What a dry run says: the recipe is fine, and this is what it would read."""
    recipe, experiment_data = opened.recipe, opened.data
    facts = {
        "recipe": recipe.name,
        "encoder": dict(opened.base.description),
        "seeds": list(recipe.seeds),
        "corpora": {
            corpus.name: {split: len(part) for split, part in corpus.splits.items()}
            for corpus in experiment_data.corpora
        },
        "transfer_sentences": len(experiment_data.source_train(recipe.seeds[0])),
    }
    if json:
        print_json(facts)
        return
    for key, value in facts.items():
        lines = value.items() if isinstance(value, dict) else [("", value)]
        for name, content in lines:
            print_result(f"{key:20}{name:20}{content}")
    print_result("Nothing was trained (--dry-run).")
