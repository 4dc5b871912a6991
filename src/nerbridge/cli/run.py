"""``nerbridge run``: the whole experiment, with a report at its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerbridge.cli.console import original_command, print_json, print_result
from nerbridge.cli.options import JsonOption, QuietOption
from nerbridge.cli.progress import show_progress
from nerbridge.errors import InputError

if TYPE_CHECKING:
    from nerbridge.workflows.run import RunPlan


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
        typer.Option("--set", help="Override a recipe key, such as transfer.epochs=3. Repeatable."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Seeds run in parallel; default: as many as fit the machine."),
    ] = None,
    reuse: Annotated[
        Path | None,
        typer.Option(
            help="Earlier run with the same sources and transfer stage. Its transferred models "
            "are reused."
        ),
    ] = None,
    validation_only: Annotated[
        bool,
        typer.Option(
            "--validation-only", help="Score the validation split, to keep the test split unseen."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check recipe, corpora and encoder; train nothing.")
    ] = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run an experiment: baseline, zero-shot transfer, adapted; one report.

    After an interruption, the same command resumes.

    Example: nerbridge run quickstart --seeds 13,21 --output runs/first
    """
    from nerbridge.training.recipe_files import parse_overrides
    from nerbridge.workflows.run import plan_run, prepare_recipe
    from nerbridge.workflows.run import run as run_recipe

    values = parse_overrides(overrides or ())
    wanted = prepare_recipe(recipe, _parse_seeds(seeds), values, validation_only=validation_only)
    with show_progress(quiet=quiet) as listen:
        if dry_run:
            _print_plan(plan_run(wanted, listen=listen), json=json)
            return
        result = run_recipe(
            wanted, output=output, jobs=jobs, reuse=reuse, command=original_command(), listen=listen
        )
    if json:
        print_json(result.record.model_dump(mode="json", by_alias=True))
    else:
        print_result((result.folder / "report" / "table.md").read_text("utf-8"))
        print_result(f"report: {result.report}")


def _parse_seeds(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(
            f"--seeds {text}: expected whole numbers separated by commas, such as 13,21."
        ) from None


def _print_plan(plan: RunPlan, *, json: bool) -> None:
    """What a dry run says: the recipe has no mistakes, and what the run would read or make."""
    name = plan.recipe.name
    facts = {
        "recipe": name,
        "encoder": dict(plan.encoder or {}),
        "seeds": list(plan.recipe.seeds),
        "corpora": dict(plan.n_sentences or {}),
        "transfer_sentences": plan.n_transfer_sentences,
    }
    if json:
        print_json({"recipe": name, "not_made_yet": plan.missing} if plan.missing else facts)
        return
    if plan.missing:
        print_result(
            f"{name}: no mistakes. These sources are missing, and the run creates them first: "
            f"{', '.join(plan.missing)}"
        )
    else:
        for key, value in facts.items():
            lines = value.items() if isinstance(value, dict) else [("", value)]
            for inner, content in lines:
                print_result(f"{key:20}{inner:20}{content}")
    print_result("Nothing was trained (--dry-run).")
