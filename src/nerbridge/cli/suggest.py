"""``nerbridge suggest``: the sentences most worth labelling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerbridge.batch.sources import Progress, find_sources, refuse_own_output
from nerbridge.cli.console import print_note, print_result, track
from nerbridge.cli.options import (
    FieldOption,
    InputFormatOption,
    ModelOption,
    QuietOption,
    ThreadsOption,
)
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
    model: ModelOption = "bundled:as",
    n: Annotated[int, typer.Option("-n", min=1, help="How many sentences to suggest.")] = 100,
    format: Annotated[
        SuggestionFormat | None,
        typer.Option(help="Default: .json Label Studio, .jsonl doccano, .conll CoNLL."),
    ] = None,
    input_format: InputFormatOption = None,
    field: FieldOption = "text",
    seed: Annotated[int, typer.Option(min=0, help="Of the comparison of sentences.")] = 0,
    threads: ThreadsOption = None,
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
    progress, losses, reading = Progress(), Counter[str](), Reading()
    records = read_records(sources, field=field, progress=progress)
    sentences = track(reading.split(records), "Reading", quiet=quiet)
    found = suggest_sentences(tagger, sentences, n, seed=seed, losses=losses)
    n_read = reading.n_sentences
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


@dataclass
class Reading:
    """The sentences of the input, counted as they are read."""

    n_sentences: int = 0

    def split(self, records: Iterable[Record]) -> Iterator[Sentence]:
        """The sentences of texts; what comes as words is one already."""
        from nerbridge.selection.suggesting import Sentence, split_text

        for record in records:
            if record.words is not None:
                found: Iterable[Sentence] = [
                    Sentence(record.source, record.number, record.text, record.words, True)
                ]
            else:
                found = split_text(record.source, record.number, record.text)
            for sentence in found:
                self.n_sentences += 1
                yield sentence


def _say_what_was_left_out(losses: Counter[str], progress: Progress, *, quiet: bool) -> None:
    for counts, name in ((progress.remarks, "input"), (losses, "left out")):
        said = [f"{what}: {n:,}" for what, n in counts.items() if n]
        if said:
            print_note(f"{name}: {'; '.join(said)}", quiet=quiet)
