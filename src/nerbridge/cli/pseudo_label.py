"""``nerbridge pseudo-label``: raw text as training data, labelled by models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerbridge.cli.console import print_result
from nerbridge.cli.options import (
    FieldOption,
    InputFormatOption,
    MapTypesOption,
    QuietOption,
    ThreadsOption,
    read_map_option,
)
from nerbridge.cli.progress import show_progress


def pseudo_label(
    inputs: Annotated[
        list[str],
        typer.Argument(help="Raw text (.txt with one text per line, .jsonl, .csv …), or -"),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the corpus.")],
    model: Annotated[
        list[str],
        typer.Option(
            "--model",
            "-m",
            help="A model folder, bundled:as, or a hub id; repeat for several.",
        ),
    ],
    n: Annotated[
        int,
        typer.Option(
            "-n", min=1, help="Number of sentences to sample and label; only some are kept."
        ),
    ] = 24_000,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the sample.")] = 0,
    min_score: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Minimum score of every entity; default 0.5."),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(help="Corpus whose validation and test sentences are left out. Repeatable."),
    ] = None,
    soft: Annotated[
        bool,
        typer.Option(
            "--soft",
            help="Also keep unsure sentences with entities. Store tag probabilities, for a source "
            "with soft = true.",
        ),
    ] = False,
    neighbours: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Weight of words that the input uses in similar ways: 0 ignores them, 1 weighs "
            "them like the models.",
        ),
    ] = 0.0,
    input_format: InputFormatOption = None,
    field: FieldOption = "text",
    map_types: MapTypesOption = None,
    threads: ThreadsOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing corpus.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Label raw text with several models, and keep sentences of which their average is sure.

    Use the folder as a source in a recipe; its pseudo-labels.json records how it was made. Name the
    transferred models of all seeds of a run: a single model would teach its own errors. After an
    interruption, the same command resumes.

    Example: nerbridge pseudo-label news.txt -m runs/a/models/transfer-13 -m
    runs/a/models/transfer-21 --leave-out bundled:as --output build/pseudo-as
    """
    from nerbridge.workflows.pseudo_label import PseudoLabelOptions, read_held_out
    from nerbridge.workflows.pseudo_label import pseudo_label as label

    with show_progress(quiet=quiet) as listen:
        done = label(
            inputs,
            output,
            model,
            PseudoLabelOptions(n, seed, soft, neighbours, min_score),
            held_out=read_held_out(leave_out or ()),
            input_format=input_format,
            field=field,
            map_types=read_map_option(map_types),
            n_threads=threads,
            overwrite=overwrite,
            listen=listen,
        )
    print_result(str(done))
