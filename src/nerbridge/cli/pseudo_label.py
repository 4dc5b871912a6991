"""``nerbridge pseudo-label``: raw text as training data, labelled by models."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nerbridge import __version__
from nerbridge.batch.sources import Progress, describe_inputs, find_sources
from nerbridge.cli.console import print_note, print_result, track
from nerbridge.cli.options import FieldOption, InputFormatOption, QuietOption, ThreadsOption
from nerbridge.cli.unlabelled import Reading, say_what_was_left_out
from nerbridge.errors import InputError
from nerbridge.files import write_text

_FILE, _ORIGIN = "train.conll", "pseudo-labels.json"


def pseudo_label(
    inputs: Annotated[
        list[str], typer.Argument(help="Raw text (.txt, .jsonl, .csv, .parquet …), or -")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the corpus.")],
    model: Annotated[
        list[str],
        typer.Option("--model", "-m", help="A model that labels; several know more than one."),
    ],
    n: Annotated[int, typer.Option("-n", min=1, help="Sentences to draw.")] = 24_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw.")] = 0,
    min_score: Annotated[
        float, typer.Option(min=0, max=1, help="How probable every entity must be.")
    ] = 0.5,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(help="A corpus whose validation and test sentences are not to be trained on."),
    ] = None,
    input_format: InputFormatOption = None,
    field: FieldOption = "text",
    threads: ThreadsOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the corpus if there is one.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Label raw text with several models and keep what they are together sure of.

    The folder goes into a recipe as one more source; pseudo-labels.json in it says how it was made.
    Name the transferred models of all seeds of a run: one alone would teach its own mistakes.

    Example: nerbridge pseudo-label news.txt -m runs/a/models/transfer-13 -m
    runs/a/models/transfer-21 --leave-out bundled:as --output pseudo/as
    """
    _check_output(output, overwrite=overwrite)
    sources = find_sources(inputs, input_format)
    from nerbridge.batch.records import read_records
    from nerbridge.corpus.reading import read_corpus
    from nerbridge.corpus.writing import write_sentences
    from nerbridge.selection.pseudo_labels import (
        MAX_WORDS,
        Sureness,
        Teachers,
        draw,
        leave_out_known,
    )
    from nerbridge.selection.pseudo_labels import pseudo_label as label_sentences
    from nerbridge.selection.suggesting import leave_out_unfit
    from nerbridge.tagging.tagger import Tagger

    known = [
        sentence
        for corpus in map(read_corpus, leave_out or ())
        for split, sentences in corpus.splits.items()
        if split != "train"
        for sentence in sentences
    ]
    teachers = Teachers([Tagger.load(name, n_threads=threads).model for name in model])
    progress, losses, reading = Progress(), Counter[str](), Reading()
    records = read_records(sources, field=field, progress=progress)
    unlabelled = track(reading.split(records), "Reading", quiet=quiet)
    fit = leave_out_unfit(unlabelled, teachers.script, losses, max_words=MAX_WORDS)
    sureness = Sureness(entity=min_score)
    drawn = draw(leave_out_known(fit, known, losses), n, seed)
    labelled = label_sentences(
        teachers,
        track(drawn, "Labelling", total=len(drawn), quiet=quiet),
        sureness,
        losses=losses,
    )
    say_what_was_left_out(losses, progress, quiet=quiet)
    if not labelled:
        raise InputError(
            f"{', '.join(inputs)}: {reading.n_sentences:,} sentences, in none of which the models "
            "are sure of an entity. Check that it is text of their language, and --field."
        )
    origin = {
        "nerbridge": __version__,
        "models": [teacher.name for teacher in teachers.models],
        "inputs": describe_inputs(sources),
        "left_out": list(leave_out or ()),
        "n_drawn": len(drawn),
        "seed": seed,
        "sureness": asdict(sureness),
    }
    write_sentences(output / _FILE, labelled)
    write_text(output / _ORIGIN, json.dumps(origin, ensure_ascii=False, indent=1) + "\n")
    entities = Counter(tag[2:] for s in labelled for tag in s.tags if tag.startswith("B-"))
    print_note(", ".join(f"{n:,} {type_}" for type_, n in sorted(entities.items())), quiet=quiet)
    print_result(
        f"{output / _FILE}: {len(labelled):,} sentences of {reading.n_sentences:,}, "
        f"{len(drawn):,} drawn"
    )


def _check_output(output: Path, *, overwrite: bool) -> None:
    """Refuse, before hours of labelling, a folder that cannot be one or is in use."""
    there = next(path for path in (output, *output.absolute().parents) if path.exists())
    if not there.is_dir():
        raise InputError(f"--output {output}: {there} is a file, expected a folder. Name another.")
    if (output / _FILE).exists() and not overwrite:
        raise InputError(
            f"--output {output}: there is a {_FILE} already. Choose another folder, or replace it: "
            "--overwrite."
        )
