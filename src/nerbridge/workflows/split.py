"""Labelled files to training, validation and test files: what ``nerbridge data split`` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nerbridge.corpus.reading import SPLITS, build_corpus, split_of
from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.corpus.splitting import divide_sentences
from nerbridge.corpus.writing import check_files, write_sentences
from nerbridge.errors import InputError
from nerbridge.workflows.labelled import DEFAULT_OPTIONS, CorpusOptions, note_losses
from nerbridge.workflows.progress import Listener, Note, ignore


@dataclass(frozen=True)
class SplitCorpus:
    """The splits as they were written, and how many sentences were left out as duplicates."""

    corpus: Corpus
    paths: Mapping[str, Path]
    n_duplicates: int


def split(
    files: Sequence[str | Path],
    output: str | Path,
    *,
    shares: Sequence[float] = (80, 10, 10),
    seed: int = 0,
    keep_documents: bool = True,
    format: str = "conll",
    options: CorpusOptions = DEFAULT_OPTIONS,
    overwrite: bool = False,
    listen: Listener = ignore,
) -> SplitCorpus:
    """Divide labelled sentences into train, validation and test files that share no sentence.

    Args:
        files: labelled files; the sentences of all their splits are divided.
        output: the folder of the new files.
        shares: of train, validation and test; a share of 0 writes no file.
        seed: the same seed gives the same splits.
        keep_documents: whether the sentences of a document stay in one split.
        format: conll, jsonl, csv or parquet.
        options: how the files are read.
        overwrite: replace files that exist.
        listen: is told what was repaired or left out, and which files are not touched.

    Raises:
        InputError: a file exists, or there are fewer documents or sentences than splits.
        CorpusError: a file cannot be read.
    """
    output, by_split = Path(output), dict(zip(SPLITS, shares, strict=True))
    paths = {name: output / f"{name}.{format}" for name, share in by_split.items() if share}
    if output.exists() and not output.is_dir():
        raise InputError(
            f"--output {output}: found a file, expected a folder. Choose another folder."
        )
    check_files(list(paths.values()), overwrite=overwrite)
    sentences: list[Sentence] = []
    for file in files:
        corpus = options.read(file)
        note_losses(corpus, listen)
        sentences += [sentence for part in corpus.splits.values() for sentence in part]
    parts = divide_sentences(sentences, by_split, seed=seed, keep_documents=keep_documents)
    for name, path in paths.items():
        write_sentences(path, parts.splits[name], format)
    if parts.n_duplicates:
        listen(
            Note(
                f"duplicates left out: {parts.n_duplicates:,} (labelled differently: "
                f"{parts.n_conflicts:,}; the last labels are kept)"
            )
        )
    # A file of an earlier division may hold sentences that are in another split now.
    for other in _other_splits(output, set(paths.values())):
        listen(
            Note(
                f"{other}: not changed. If it comes from another split of the same sentences, the "
                f"new files may repeat some of them. Count them with: nerbridge data audit {output}"
            )
        )
    if parts.n_documents and keep_documents:
        listen(Note(f"documents kept whole: {parts.n_documents:,}"))
    written = build_corpus(output.resolve().name, "und", parts.splits)
    return SplitCorpus(written, paths, parts.n_duplicates)


def _other_splits(folder: Path, written: set[Path]) -> list[Path]:
    """Files of splits without a share now: of a division before, or a test set of its own."""
    return sorted(path for path in folder.iterdir() if path not in written and split_of(path))
