"""Options that several commands have, with the same name and meaning in each."""

from __future__ import annotations

from typing import Annotated

import typer

from nerbridge.batch.formats import InputFormat

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
    typer.Option(
        "--field", "--text", help="JSONL, CSV, Parquet: where the text is; a.b is b inside a."
    ),
]
"""Both names in every command; of `nerbridge analyse`, with fields of many kinds, --text first."""
TypesOption = Annotated[str | None, typer.Option("--types", help="Types to keep, such as PER,LOC.")]
ThreadsOption = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="Processor cores to use; default: all."),
]
