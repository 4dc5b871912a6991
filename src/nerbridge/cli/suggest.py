"""``nerbridge suggest``: the sentences most worth labelling."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from nerbridge.batch.sources import Progress, find_sources, refuse_own_output
from nerbridge.cli.console import print_note, print_result, track
from nerbridge.cli.options import (
    FieldOption,
    InputFormatOption,
    MapTypesOption,
    ModelOption,
    QuietOption,
    ThreadsOption,
    read_map_option,
)
from nerbridge.cli.unlabelled import Reading, say_what_was_left_out
from nerbridge.errors import InputError
from nerbridge.selection.formats import SuggestionFormat, suggestion_format_of


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
    seed: Annotated[int, typer.Option(min=0, help="Of the comparison of sentences.")] = 0,
    map_types: MapTypesOption = None,
    threads: ThreadsOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the output if there is one.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Find the sentences most worth labelling, and write them pre-labelled for a labelling tool.

    It chooses sentences that differ from each other, that probably contain entities, and of which
    the model is unsure. A recipe takes the export of the tool as it is.

    Example: nerbridge suggest news.jsonl --field body -n 100 --output tasks.json
    """
    type_map = read_map_option(map_types)
    sources = find_sources(inputs, input_format, output=output)
    refuse_own_output(sources, output)
    chosen = format or suggestion_format_of(output)
    if output.exists() and not overwrite:
        raise InputError(
            f"--output {output}: there already, perhaps with labels that somebody gave. Choose "
            "another name, or replace it: --overwrite."
        )
    from nerbridge.batch.records import read_records
    from nerbridge.selection.suggesting import suggest as suggest_sentences
    from nerbridge.selection.writing import write_suggestions
    from nerbridge.tagging.tagger import Tagger

    tagger = Tagger.load(model, n_threads=threads, map_types=type_map)
    progress, losses, reading = Progress(), Counter[str](), Reading()
    records = read_records(sources, field=field, progress=progress)
    sentences = track(reading.split(records), "Reading", quiet=quiet)
    found = suggest_sentences(tagger, sentences, n, seed=seed, losses=losses)
    n_read = reading.n_sentences
    say_what_was_left_out(losses, progress, quiet=quiet)
    if not found:
        raise InputError(
            f"{', '.join(inputs)}: {n_read:,} sentences, none fit to be labelled; expected "
            "running text of the model's language. Check the file and --field."
        )
    write_suggestions(output, found, chosen, model=tagger.name)
    if len(found) < n:
        print_note(
            f"{len(found):,} instead of the {n:,} asked for: no others are fit and unlike these",
            quiet=quiet,
        )
    print_result(f"{output}: {len(found):,} of {n_read:,} sentences, for {chosen}")
