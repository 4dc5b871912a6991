"""Write corpora: one file per split. A file is written completely or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from nerbridge.corpus.conll import write_conll
from nerbridge.corpus.csv_table import write_csv
from nerbridge.corpus.jsonl import write_jsonl
from nerbridge.corpus.parquet import write_parquet
from nerbridge.corpus.raw import check_word
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


def _check(sentence: Sentence) -> Sentence:
    """Check that a reader would accept what is written."""
    for word in sentence.words:
        check_word(word, sentence.path, sentence.line)
    return sentence


def _in_scheme(sentence: Sentence, scheme: Scheme) -> Sentence:
    tags = convert_tags(sentence.tags, Scheme.IOB2, scheme)
    return Sentence(sentence.words, tuple(tags), sentence.path, sentence.line)
