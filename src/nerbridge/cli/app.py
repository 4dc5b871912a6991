"""The ``nerbridge`` command, and the edge where errors become messages."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Annotated, TextIO

import typer

from nerbridge import __version__
from nerbridge.cli.commands import LazyCommands
from nerbridge.cli.console import (
    hide_bars_of_libraries,
    print_as_utf8,
    print_note,
    print_result,
)
from nerbridge.cli.error_messages import DEBUG_VARIABLE, report_error
from nerbridge.errors import ModelWarning, OldNameWarning, ScriptWarning

app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Plain text: tables of rich take longer to import than everything else here.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print_result(f"nerbridge {__version__}")
        raise typer.Exit


def _remember_debug(wanted: bool) -> None:
    if wanted:
        os.environ[DEBUG_VARIABLE] = "1"


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            callback=_remember_debug,
            help=f"Show the traceback of an unexpected error (also {DEBUG_VARIABLE}=1).",
        ),
    ] = False,
) -> None:
    """Named-entity recognition for a language with almost no labelled data.

    Example: nerbridge run quickstart
    """


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong input, 130 interrupted."""
    # Before anything is printed, errors included.
    print_as_utf8()
    hide_bars_of_libraries()
    try:
        with warnings.catch_warnings():
            # The commands count what these warnings are about, and say it once themselves.
            warnings.simplefilter("ignore", ScriptWarning)
            warnings.showwarning = _show_warning
            app()
    except Exception as error:  # the edge: whatever happened, the user gets a message
        sys.exit(report_error(error))


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print nerbridge's own warnings as notes; other warnings as Python does."""
    if issubclass(category, (ModelWarning, OldNameWarning)):
        print_note(f"note: {message}")
    else:
        print_note(warnings.formatwarning(message, category, filename, lineno, line).rstrip())
