"""Options that several commands have, with the same name and meaning in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from nerbridge.batch.formats import InputFormat
from nerbridge.errors import InputError
from nerbridge.labels import Scheme

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
    str | None, typer.Option("--base", help="Where the base encoder of an adapter is now.")
]
InputFormatOption = Annotated[
    InputFormat | None,
    typer.Option("--input-format", help="Format of all inputs; default: by their endings."),
]
FieldOption = Annotated[
    str,
    typer.Option("--field", help="JSONL, CSV, Parquet: where the text is; a.b is b inside a."),
]
SchemeOption = Annotated[
    Scheme | None,
    typer.Option("--scheme", help="Tagging scheme of the files; recognised if not given."),
]
RepairOption = Annotated[
    bool, typer.Option("--repair", help="Turn invalid tags into valid ones, and count them.")
]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="OLD=NEW", help="Rename a type; OLD= drops it. Repeatable."),
]
TypesOption = Annotated[str | None, typer.Option("--types", help="Types to keep, such as PER,LOC.")]
ThreadsOption = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="Processor cores to use; default: all."),
]


def parse_map(mappings: Sequence[str] | None) -> dict[str, str | None]:
    """What ``--map`` says: the new name of each type, None to drop it.

    Raises:
        InputError: not of the form OLD=NEW, or a type twice.

    >>> parse_map(["GPE=LOC", "MISC="])
    {'GPE': 'LOC', 'MISC': None}
    """
    type_map: dict[str, str | None] = {}
    for mapping in mappings or ():
        old, equals, new = (part.strip() for part in mapping.partition("="))
        if not old or not equals:
            raise InputError(
                f"--map {mapping}: expected OLD=NEW, as in --map GPE=LOC, or OLD= to drop a type."
            )
        if old in type_map:
            raise InputError(f"--map {mapping}: {old} was named before; expected each type once.")
        type_map[old] = new or None
    return type_map
