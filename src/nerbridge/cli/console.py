"""What every command prints, and where: results on stdout, everything else on stderr.

A command that is asked for JSON prints the JSON on stdout and nothing else there, so that its
output can be piped. ``--quiet`` silences notes and progress, never results and errors.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated, TypeVar

import typer

Item = TypeVar("Item")

QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print results and errors only, no progress.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the result as one line of JSON on stdout.")
]


def print_result(text: str) -> None:
    """Print what the user asked for, on stdout."""
    typer.echo(text)


def print_json(value: object) -> None:
    """Print one line of JSON on stdout, letters as they are.

    Raises ``ValueError`` for NaN and infinity, which JSON does not have.
    """
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


def print_note(text: str, *, quiet: bool = False) -> None:
    """Tell the user something beside the result, on stderr, unless ``quiet``."""
    if not quiet:
        typer.echo(text, err=True)


def print_error(message: str, *, label: str = "error:") -> None:
    """Print ``error: message`` on stderr, the label in red where stderr is a terminal."""
    typer.secho(label, fg=typer.colors.RED, bold=True, nl=False, err=True)
    typer.echo(f" {message}", err=True)


def track(
    items: Iterable[Item], description: str, *, total: int | None = None, quiet: bool = False
) -> Iterator[Item]:
    """Yield ``items`` under a progress bar on stderr.

    No bar where ``quiet`` or where stderr is not a terminal (a log file wants lines, not bars).
    """
    if quiet or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track as rich_track

    console = Console(stderr=True)
    yield from rich_track(items, description, total=total, console=console, transient=True)
