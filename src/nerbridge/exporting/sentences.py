"""Where an export gets its sentences: to compare, to validate, to see which pieces are in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

from nerbridge.corpus.reading import read_corpus
from nerbridge.errors import CorpusError, ModelError
from nerbridge.exporting.parity import ValidationSentences
from nerbridge.models.manifest import TrainingCorpus
from nerbridge.text.sentences import split_sentences
from nerbridge.text.words import split_words

BUNDLED = "bundled:as"
PLAIN_SUFFIXES = (".txt", ".text")

SentenceWords = Sequence[str]


def read_words(specs: Iterable[str]) -> Iterator[SentenceWords]:
    """Words of every sentence of labelled corpora (all splits) and of plain text (``.txt``).

    Raises:
        CorpusError: if one cannot be read, or holds nothing.
    """
    for spec in specs:
        found = _plain_text(Path(spec)) if spec.endswith(PLAIN_SUFFIXES) else _labelled(spec)
        first = next(found, None)
        if first is None:
            raise CorpusError(f"{spec}: no words; expected sentences of the model's language.")
        yield from chain([first], found)


def _labelled(spec: str) -> Iterator[SentenceWords]:
    for split in read_corpus(spec, repair=True).splits.values():
        for sentence in split:
            yield sentence.words


def _plain_text(path: Path) -> Iterator[SentenceWords]:
    try:
        with path.open(encoding="utf-8") as file:
            for line in file:
                for start, end in split_sentences(line):
                    yield [line[start + a : start + b] for a, b in split_words(line[start:end])]
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: cannot be read as UTF-8 text ({error}).") from error


def parity_sentences(
    sentences: Iterable[SentenceWords], n: int, max_subwords: int
) -> list[SentenceWords]:
    """The first ``n`` sentences, and one made of all of them, longer than three windows if it can.

    The others go through the model in one padded batch, this one in windows.
    """
    found = [list(words) for words in islice(sentences, n) if words]
    joined = [word for words in found for word in words]
    return [*found, joined[: 3 * max_subwords + 1]]


def bundled_sentences() -> Iterator[SentenceWords]:
    """Validation and test sentences from the wheel."""
    splits = read_corpus(BUNDLED).splits
    for sentence in (*splits["validation"], *splits["test"]):
        yield sentence.words


def find_validation(
    asked: str | None, corpora: Mapping[str, TrainingCorpus], types: Sequence[str]
) -> ValidationSentences:
    """Labelled validation sentences: those asked for, else those the model was chosen on.

    ``corpora`` are those that the model learned from. One that cannot be read under its name, or
    has changed, is not taken. If none is left, the bundled sentences are compared without labels.

    Raises:
        CorpusError: if the corpus asked for cannot be read, or its types are not the model's.
        ModelError: if it has no validation split and more than one other.
    """
    if asked is not None:
        return _validation_of(asked, types)
    for name, learned in corpora.items():
        try:
            corpus = read_corpus(name, repair=True)
        except CorpusError:
            continue
        # The same name may stand for other sentences by now.
        if corpus.sha256 == learned.sha256 and "validation" in corpus.splits:
            return _validation_of(name, types)
    words = [sentence.words for sentence in read_corpus(BUNDLED).splits["validation"]]
    return ValidationSentences(BUNDLED, words, None)


def _validation_of(spec: str, types: Sequence[str]) -> ValidationSentences:
    splits = read_corpus(spec, repair=True, allowed_types=types).splits
    split = splits.get("validation") or (next(iter(splits.values())) if len(splits) == 1 else None)
    if not split:
        raise ModelError(
            f"{spec}: no validation split; found {', '.join(splits)}. Name the file to use."
        )
    return ValidationSentences(spec, [s.words for s in split], [s.tags for s in split])
