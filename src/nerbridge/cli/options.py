"""Options that several commands have, with the same name and meaning in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from nerbridge.batch.formats import InputFormat

if TYPE_CHECKING:
    from nerbridge.type_maps import TypeMap

QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print results and errors only, no progress.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the result as one line of JSON on stdout.")
]
ModelOption = Annotated[
    str, typer.Option("--model", "-m", help="bundled:as, a model or run folder, or a hub id.")
]
BaseOption = Annotated[
    str | None,
    typer.Option("--base", help="Current folder or hub id of an adapter's base encoder."),
]
InputFormatOption = Annotated[
    InputFormat | None,
    typer.Option("--input-format", help="Format of all inputs; default: by their endings."),
]
FieldOption = Annotated[
    str,
    typer.Option(
        "--field",
        "--text",
        help="JSONL, CSV, Parquet: field with the text; a.b is the field b inside a.",
    ),
]
"""Both names in every command; of `nerbridge analyse`, with fields of many kinds, --text first."""
TypesOption = Annotated[str | None, typer.Option("--types", help="Types to keep, such as PER,LOC.")]
ThreadsOption = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="Processor cores to use; default: all."),
]
MapTypesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map-types",
        metavar="MAP",
        help="New names of entity types: multiconer2, fewnerd, a file, or OLD=NEW. O drops a type. "
        "Repeatable.",
    ),
]
OldMapOption = Annotated[list[str] | None, typer.Option("--map", hidden=True)]
"""The old name of `--map-types`; the version after 0.2 removes it."""


def read_map_option(map_types: Sequence[str] | None, old: Sequence[str] | None = None) -> TypeMap:
    """What ``--map-types`` says, and ``--map``, of which a notice says its new name.

    Raises:
        InputError: no such map or file, or no pair of types.
    """
    from nerbridge.cli.console import print_note
    from nerbridge.type_maps import read_type_map

    if old:
        print_note("--map is called --map-types now; the next version removes the old name.")
    return read_type_map([*(map_types or ()), *(old or ())])


def split_names(text: str) -> list[str]:
    """The names in a list with commas, such as ``PER,LOC``."""
    return [name.strip() for name in text.split(",")]
