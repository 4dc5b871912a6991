"""The files that a converted corpus is written to."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from nerbridge.errors import InputError

if TYPE_CHECKING:
    from nerbridge.corpus.sentence import Corpus

# Corpora of further endings are read, but not written.
_FORMATS = {
    **dict.fromkeys((".conll", ".txt", ".tsv", ".iob2", ".iob", ".bio"), "conll"),
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}


def choose_files(corpus: Corpus, target: Path, format: str | None) -> tuple[dict[str, Path], str]:
    """The file of each split below or at ``target``, and their format."""
    suffix = target.suffix.lower()
    if target.is_dir() or (suffix not in _FORMATS and not suffix[1:].isalpha()):
        format = format or "conll"
        return {split: target / f"{split}.{format}" for split in corpus.splits}, format
    if suffix not in _FORMATS:
        raise InputError(
            f"{target}: nerbridge cannot write a file with the ending {suffix}; expected "
            f"{', '.join(_FORMATS)}, or a folder. For a folder of this name, create it first."
        )
    if len(corpus.splits) != 1:
        raise InputError(
            f"{target}: {corpus.name} has {len(corpus.splits)} splits "
            f"({', '.join(corpus.splits)}), which do not fit into one file; expected a folder. "
            "Name a folder, or convert one file of the corpus."
        )
    by_suffix = _FORMATS[suffix]
    if format not in (None, by_suffix):
        raise InputError(
            f"{target}: a file with this ending is read as {by_suffix}, but --format is {format}; "
            "expected the same format. Remove --format, or give OUT another ending."
        )
    return dict.fromkeys(corpus.splits, target), by_suffix


def check_files(paths: Collection[Path], *, overwrite: bool) -> None:
    """Check that no file is replaced unasked, and that no folder gets two files of one split."""
    from nerbridge.corpus.reading import split_of

    if there := [str(path) for path in paths if path.exists() and not overwrite]:
        raise InputError(
            f"{', '.join(there)}: exists already; expected a new file. Choose another name, or "
            "replace it: --overwrite."
        )
    for path in paths:
        for other in path.parent.glob("*"):
            if other != path and split_of(path) and split_of(other) == split_of(path):
                raise InputError(
                    f"{path}: {other.name} holds the same split; nerbridge cannot read a folder "
                    "with both. Choose another folder, or move that file away."
                )
