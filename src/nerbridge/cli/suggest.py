"""``nerbridge suggest``: the sentences most worth labelling."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerbridge.cli.console import print_result
from nerbridge.cli.options import (
    FieldOption,
    InputFormatOption,
    MapTypesOption,
    ModelOption,
    QuietOption,
    ThreadsOption,
    read_map_option,
)
from nerbridge.cli.progress import show_progress
from nerbridge.selection.formats import SuggestionFormat


def suggest(
    inputs: Annotated[
        list[str], typer.Argument(help="Unlabelled files (.txt, .jsonl, .csv, .parquet …), or -")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    model: ModelOption = "bundled:as",
    n: Annotated[int, typer.Option("-n", min=1, help="How many sentences to suggest.")] = 100,
    format: Annotated[
        SuggestionFormat | None,
        typer.Option(help="Default: .json Label Studio, .jsonl doccano, .conll CoNLL."),
    ] = None,
    input_format: InputFormatOption = None,
    field: FieldOption = "text",
    seed: Annotated[
        int, typer.Option(min=0, help="Random seed of the comparison of sentences.")
    ] = 0,
    map_types: MapTypesOption = None,
    threads: ThreadsOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing output.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Find the sentences most worth labelling, and write them pre-labelled for a labelling tool.

    The chosen sentences differ from each other, probably contain entities, and leave the model
    unsure. A recipe reads the export of the labelling tool unchanged.

    Example: nerbridge suggest news.jsonl --field body -n 100 --output tasks.json
    """
    from nerbridge.workflows.suggest import suggest as suggest_sentences
    from nerbridge.workflows.tag_files import TagOptions

    options = TagOptions(
        model=model,
        n_threads=threads,
        map_types=read_map_option(map_types),
        input_format=input_format,
        field=field,
    )
    with show_progress(quiet=quiet) as listen:
        done = suggest_sentences(
            inputs,
            output,
            options,
            n=n,
            format=format,
            seed=seed,
            overwrite=overwrite,
            listen=listen,
        )
    print_result(str(done))
