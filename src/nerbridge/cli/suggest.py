"""``nerbridge suggest``: the sentences most worth labelling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerbridge.batch.formats import InputFormat
from nerbridge.batch.sources import Progress, find_sources, refuse_own_output
from nerbridge.cli.console import QuietOption, print_note, print_result, track
from nerbridge.errors import InputError
from nerbridge.selection.formats import SuggestionFormat, suggestion_format_of

if TYPE_CHECKING:
    from nerbridge.batch.records import Record
    from nerbridge.selection.suggesting import Sentence


def suggest(
    inputs: Annotated[
        list[str], typer.Argument(help="Unlabelled files (.txt, .jsonl, .csv, .parquet …), or -")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    model: Annotated[
        str, typer.Option("--model", "-m", help="bundled:as, a model or run folder, or a hub id.")
    ] = "bundled:as",
    n: Annotated[
        int, typer.Option("-n", min=1, max=10_000, help="How many sentences to suggest.")
    ] = 100,
    format: Annotated[
        SuggestionFormat | None,
        typer.Option(help="Default: .json Label Studio, .jsonl doccano, .conll CoNLL."),
    ] = None,
    input_format: Annotated[
        InputFormat | None, typer.Option(help="Format of all inputs; default: by their endings.")
    ] = None,
    field: Annotated[
        str, typer.Option(help="JSONL, CSV, Parquet: where the text is; a.b is b inside a.")
    ] = "text",
    seed: Annotated[int, typer.Option(min=0, help="Of the comparison of sentences.")] = 0,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Processor cores to use; default: all.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the output if there is one.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Find the sentences most worth labelling, and write them pre-labelled for a labelling tool.

    Taken are sentences that the model is unsure of, that seem to hold entities, and that are unlike
    each other. What the tool exports goes into a recipe as it is.

    Example: nerbridge suggest news.jsonl --field body -n 100 --output tasks.json
    """
    sources = find_sources(inputs, input_format)
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

    tagger = Tagger.load(model, n_threads=threads)
    progress, losses = Progress(), Counter[str]()
    records = read_records(sources, field=field, progress=progress)
    sentences = track(_split(records, losses), "Reading", quiet=quiet)
    found = suggest_sentences(tagger, sentences, n, seed=seed, losses=losses)
    n_read = losses.pop("sentences")
    _say_what_was_left_out(losses, progress, quiet=quiet)
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


def _split(records: Iterable[Record], losses: Counter[str]) -> Iterator[Sentence]:
    from nerbridge.selection.suggesting import Sentence, split_text

    losses["sentences"] = 0
    for record in records:
        if record.words is not None:
            found: Iterable[Sentence] = [
                Sentence(record.source, record.number, record.text, record.words, True)
            ]
        else:
            found = split_text(record.source, record.number, record.text)
        for sentence in found:
            losses["sentences"] += 1
            yield sentence


def _say_what_was_left_out(losses: Counter[str], progress: Progress, *, quiet: bool) -> None:
    for counts, name in ((progress.remarks, "input"), (losses, "left out")):
        said = [f"{what}: {n:,}" for what, n in counts.items() if n]
        if said:
            print_note(f"{name}: {'; '.join(said)}", quiet=quiet)
