"""``nerbridge data split``: labelled files to train, validation and test splits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerbridge.cli.console import print_json, print_note, print_table
from nerbridge.cli.corpora import (
    ColumnsOption,
    OffsetsOption,
    RepairOption,
    SchemeOption,
    count_splits,
    print_losses,
    stats_table,
)
from nerbridge.cli.options import JsonOption, MapTypesOption, QuietOption, read_map_option
from nerbridge.errors import InputError

_SPLITS = ("train", "validation", "test")


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
    """Divide labelled sentences into train, validation and test files.

    Duplicates are removed first, so that no sentence is in two splits. Documents are not divided if
    the file marks them. The same seed gives the same splits.

    Example: nerbridge data split train.jsonl --output corpora/mine
    """
    from nerbridge.corpus import read_corpus, write_sentences
    from nerbridge.corpus.reading import build_corpus
    from nerbridge.corpus.splitting import divide_sentences

    by_split = dict(zip(_SPLITS, _read_shares(shares), strict=True))
    paths = {split: output / f"{split}.{format}" for split, share in by_split.items() if share}
    _check_output(output, list(paths.values()), overwrite=overwrite)
    type_map, sentences = read_map_option(map_types), []
    for file in files:
        corpus = read_corpus(
            file,
            scheme=scheme,
            repair=repair,
            type_map=type_map,
            columns=columns,
            offsets=offsets,
        )
        print_losses(corpus, quiet=quiet)
        sentences += [sentence for split in corpus.splits.values() for sentence in split]
    parts = divide_sentences(sentences, by_split, seed=seed, keep_documents=not cut_documents)
    for split, path in paths.items():
        write_sentences(path, parts.splits[split], format)
    rows = count_splits(build_corpus(output.resolve().name, "und", parts.splits))
    if as_json:
        print_json({"splits": rows, "n_duplicates": parts.n_duplicates, "seed": seed})
    else:
        print_table(stats_table(rows))
    if parts.n_duplicates:
        print_note(
            f"duplicates left out: {parts.n_duplicates:,} (labelled differently: "
            f"{parts.n_conflicts:,}; the last labels are kept)",
            quiet=quiet,
        )
    for stale in _other_parts(output, set(paths.values())):
        print_note(
            f"{stale}: left as it was. If it comes from another division of the same sentences, "
            f"some of them stand in the new parts too; nerbridge data audit {output} counts them.",
            quiet=quiet,
        )
    if parts.n_documents and not cut_documents:
        print_note(f"documents kept whole: {parts.n_documents:,}", quiet=quiet)


def _other_parts(folder: Path, written: set[Path]) -> list[Path]:
    """Files of parts that got no share now: of a division before, or a test set of its own."""
    from nerbridge.corpus.reading import split_of

    return sorted(path for path in folder.iterdir() if path not in written and split_of(path))


def _read_shares(text: str) -> list[float]:
    try:
        shares = [float(part) for part in text.split(",")]
    except ValueError:
        shares = []
    if len(shares) != len(_SPLITS) or not (min(shares) >= 0 and 0 < sum(shares) < float("inf")):
        raise InputError(
            f"--shares {text}: expected three numbers of 0 or more, for train, validation and "
            "test, such as 80,10,10."
        )
    return shares


def _check_output(folder: Path, paths: list[Path], *, overwrite: bool) -> None:
    """Refuse a file as the folder, files that are there, and further files of the same split."""
    from nerbridge.cli.converted_files import check_files

    if folder.exists() and not folder.is_dir():
        raise InputError(f"--output {folder}: a file is there; expected a folder. Name another.")
    check_files(paths, overwrite=overwrite)
