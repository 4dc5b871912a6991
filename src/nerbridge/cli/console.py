"""What every command prints, and where: results on stdout, everything else on stderr.

A command that is asked for JSON prints the JSON on stdout and nothing else there, so that its
output can be piped. ``--quiet`` silences notes and progress, never results and errors.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Literal

import typer

from nerbridge.platforms import quote_command

if TYPE_CHECKING:
    from rich.table import Table


_AS_CODE = "nerbridge.as_code"
_FIRST_BYTE, _LAST_BYTE = 0xDC80, 0xDCFF
"""How Python keeps bytes of a file name that it cannot decode."""


def print_as_utf8() -> None:
    """Let this process print UTF-8, whatever the locale says: a console of Windows has few letters.

    What is no letter, such as half of one, is printed as its code; a file name that Python could
    not decode is printed byte by byte, as it is.
    """
    codecs.register_error(_AS_CODE, _print_as_code)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=_AS_CODE)


def hide_bars_of_libraries() -> None:
    """Keep the hub's libraries from drawing progress bars where nobody watches them.

    In a log each step of a bar is a line of its own. ``--quiet`` hides them, too. The libraries
    read the variables when they are imported.
    """
    if sys.stderr.isatty() and not {"-q", "--quiet"} & set(sys.argv):
        return
    for name in ("HF_HUB_DISABLE_PROGRESS_BARS", "HF_DATASETS_DISABLE_PROGRESS_BARS"):
        os.environ.setdefault(name, "1")


def _print_as_code(error: UnicodeError) -> tuple[str | bytes, int]:
    # A handler may also be asked while decoding, where there is nothing to print.
    if not isinstance(error, UnicodeEncodeError):
        raise error
    point = ord(error.object[error.start])
    if _FIRST_BYTE <= point <= _LAST_BYTE:
        return bytes([point - _FIRST_BYTE + 0x80]), error.start + 1
    return f"\\u{point:04x}", error.start + 1


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


def print_notes(texts: Iterable[str], *, quiet: bool = False) -> None:
    """Tell the user several things, a line each."""
    for text in texts:
        print_note(text, quiet=quiet)


def print_error(message: str, *, label: str = "error:") -> None:
    """Print ``error: message`` on stderr, the label in red where stderr is a terminal."""
    typer.secho(label, fg=typer.colors.RED, bold=True, nl=False, err=True)
    typer.echo(f" {message}", err=True)


def original_command(*, without: Collection[str] = ()) -> str:
    """The command as the user gave it, to be shown; ``without`` some options."""
    return quote_command(["nerbridge", *(word for word in sys.argv[1:] if word not in without)])


def new_table(first: str, *others: str, justify: Literal["left", "right"] = "left") -> Table:
    """A table with a column for each name; ``justify`` is of all but the first."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify=justify, overflow="fold")
    return table


def print_table(table: Table) -> None:
    """A table, on stdout."""
    from rich.console import Console

    # Names of types, files and people are data: square brackets in them are no markup.
    Console(markup=False, highlight=False).print(table)
