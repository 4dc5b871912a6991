"""Write corpora: one file per split. A file is written completely or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from nerbridge.corpus.conll import write_conll
from nerbridge.corpus.csv_table import write_csv
from nerbridge.corpus.jsonl import write_jsonl
from nerbridge.corpus.parquet import write_parquet
from nerbridge.corpus.raw import check_word
from nerbridge.corpus.reading import split_of
from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.errors import InputError
from nerbridge.labels import Scheme, convert_tags

_WRITERS: dict[str, Callable[[Path, Iterable[Sentence]], None]] = {
    "conll": write_conll,
    "jsonl": write_jsonl,
    "csv": write_csv,
    "parquet": write_parquet,
}
FORMATS = tuple(_WRITERS)

# Corpora of further endings are read, but not written.
_ENDINGS = {
    **dict.fromkeys((".conll", ".txt", ".tsv", ".iob2", ".iob", ".bio"), "conll"),
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}


def write_corpus(
    corpus: Corpus, folder: str | Path, format: str = "conll", *, scheme: Scheme = Scheme.IOB2
) -> list[Path]:
    """Write ``folder/train.conll`` and so on; gives the paths. Existing files are replaced.

    Raises:
        InputError: unknown format.
        CorpusError: a word that the format cannot hold.
        EnvironmentProblem: the disk is full or the folder cannot be written.
    """
    paths = []
    for split, sentences in corpus.splits.items():
        path = Path(folder) / f"{split}.{format}"
        write_sentences(path, sentences, format, scheme=scheme)
        paths.append(path)
    return paths


def write_sentences(
    path: str | Path,
    sentences: Iterable[Sentence],
    format: str = "conll",
    *,
    scheme: Scheme = Scheme.IOB2,
) -> None:
    """Write one file in the given format and scheme; errors as in `write_corpus`."""
    if format not in _WRITERS:
        raise InputError(
            f"format {format!r} is unknown; expected {', '.join(FORMATS)}. Choose one of them."
        )
    if scheme is not Scheme.IOB2:
        sentences = [_in_scheme(sentence, scheme) for sentence in sentences]
    _WRITERS[format](Path(path), [_check(sentence) for sentence in sentences])


def choose_files(corpus: Corpus, target: Path, format: str | None) -> tuple[dict[str, Path], str]:
    """The file of each split below or at ``target``, and their format."""
    suffix = target.suffix.lower()
    if target.is_dir() or (suffix not in _ENDINGS and not suffix[1:].isalpha()):
        format = format or "conll"
        return {split: target / f"{split}.{format}" for split in corpus.splits}, format
    if suffix not in _ENDINGS:
        raise InputError(
            f"{target}: nerbridge cannot write a file with the ending {suffix}; expected "
            f"{', '.join(_ENDINGS)}, or a folder. For a folder of this name, create it first."
        )
    if len(corpus.splits) != 1:
        raise InputError(
            f"{target}: {corpus.name} has {len(corpus.splits)} splits "
            f"({', '.join(corpus.splits)}), which do not fit into one file; expected a folder. "
            "Name a folder, or convert one file of the corpus."
        )
    by_suffix = _ENDINGS[suffix]
    if format not in (None, by_suffix):
        raise InputError(
            f"{target}: a file with this ending is read as {by_suffix}, but --format is {format}; "
            "expected the same format. Remove --format, or give OUT another ending."
        )
    return dict.fromkeys(corpus.splits, target), by_suffix


def check_files(paths: Collection[Path], *, overwrite: bool) -> None:
    """Check that no file is replaced unasked, and that no folder gets two files of one split."""
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


def _check(sentence: Sentence) -> Sentence:
    """Check that a reader would accept what is written."""
    for word in sentence.words:
        check_word(word, sentence.path, sentence.line)
    return sentence


def _in_scheme(sentence: Sentence, scheme: Scheme) -> Sentence:
    tags = convert_tags(sentence.tags, Scheme.IOB2, scheme)
    return Sentence(sentence.words, tuple(tags), sentence.path, sentence.line)
