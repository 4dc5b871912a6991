"""``nerbridge data split``: labelled files to train, validation and test splits."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nerbridge.cli.console import print_json, print_table
from nerbridge.cli.corpora import (
    ColumnsOption,
    OffsetsOption,
    RepairOption,
    SchemeOption,
    sizes_table,
)
from nerbridge.cli.options import JsonOption, MapTypesOption, QuietOption, read_map_option
from nerbridge.cli.progress import show_progress
from nerbridge.errors import InputError


def split_command(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="Labelled files; all their sentences are split."),
    ],
    output: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="Folder to write the splits to.")
    ],
    shares: Annotated[
        str,
        typer.Option(
            "--shares", metavar="A,B,C", help="Shares of train, validation and test; 0 for none."
        ),
    ] = "80,10,10",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the random split.")] = 0,
    cut_documents: Annotated[
        bool,
        typer.Option("--cut-documents", help="Allow sentences of one document in several splits."),
    ] = False,
    format: Annotated[str, typer.Option("--format", help="conll, jsonl, csv or parquet.")] = (
        "conll"
    ),
    scheme: SchemeOption = None,
    repair: RepairOption = False,
    columns: ColumnsOption = None,
    offsets: OffsetsOption = None,
    map_types: MapTypesOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Split labelled sentences into train, validation and test files.

    Duplicates are removed first, so that no sentence is in two splits. Documents that the file
    marks are kept whole. The same seed gives the same splits.

    Example: nerbridge data split train.jsonl --output corpora/mine
    """
    from nerbridge.workflows.corpora import count_splits
    from nerbridge.workflows.labelled import CorpusOptions
    from nerbridge.workflows.split import split

    options = CorpusOptions(scheme, repair, columns, offsets, read_map_option(map_types))
    with show_progress(quiet=quiet) as listen:
        written = split(
            files,
            output,
            shares=_read_shares(shares),
            seed=seed,
            keep_documents=not cut_documents,
            format=format,
            options=options,
            overwrite=overwrite,
            listen=listen,
        )
    sizes = count_splits(written.corpus)
    if as_json:
        rows = [asdict(size) for size in sizes]
        print_json({"splits": rows, "n_duplicates": written.n_duplicates, "seed": seed})
    else:
        print_table(sizes_table(sizes))


def _read_shares(text: str) -> list[float]:
    try:
        shares = [float(part) for part in text.split(",")]
    except ValueError:
        shares = []
    # Written as `not (…)`, which also refuses NaN.
    if len(shares) != 3 or not (min(shares) >= 0 and 0 < sum(shares) < float("inf")):
        raise InputError(
            f"--shares {text}: expected three numbers of 0 or more, for train, validation and "
            "test, such as 80,10,10."
        )
    return shares
