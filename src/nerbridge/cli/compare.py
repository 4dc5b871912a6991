"""``nerbridge compare``: several finished runs beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerbridge.cli.console import print_json, print_result
from nerbridge.cli.options import JsonOption, QuietOption
from nerbridge.cli.progress import show_progress

if TYPE_CHECKING:
    from nerbridge.report.comparison import Comparison

_WIDTH_OF_FILES = 140
"""Characters of a line where the output is not a terminal."""


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN",
            help="Folders of finished runs, or their record.json; RUN:SYSTEM selects one system.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="DIR", help="Also write a page and tables to DIR."),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Compare runs system by system, with paired tests where the test set is the same.

    To compare systems with different names, give RUN:SYSTEM for every run.

    Example: nerbridge compare runs/paper runs/assamese --output comparison
    Example: nerbridge compare runs/assamese-one-round:adapt runs/assamese-joint:transfer
    """
    from nerbridge.report.comparison import comparison_to_dict
    from nerbridge.workflows.compare import compare as compare_runs

    with show_progress(quiet=quiet) as listen:
        comparison = compare_runs(runs, output=output, listen=listen)
    if as_json:
        print_json(comparison_to_dict(comparison))
    else:
        _print_tables(comparison)


def _print_tables(comparison: Comparison) -> None:
    from rich.console import Console

    from nerbridge.report.comparison import comparison_tables, describe_limits
    from nerbridge.report.tables import table_to_rich

    console = Console()
    # In a file or pipe rich assumes 80 columns, and would fold the tables.
    if not console.is_terminal:
        console.width = _WIDTH_OF_FILES
    for table in comparison_tables(comparison):
        console.print(table_to_rich(table))
    for reason in describe_limits(comparison):
        print_result(reason)
