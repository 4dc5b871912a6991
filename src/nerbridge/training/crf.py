"""The reference row: a linear-chain CRF on surface features.

No pretraining, no GPU, about a minute of one core. What an encoder scores beyond it is what the
encoder buys. Words are given in model form: languages in different scripts share no feature.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pycrfsuite

from nerbridge.errors import EnvironmentProblem, InputError, ModelError
from nerbridge.labels import Scheme, repair_tags

C1 = 0.0
C2 = 1.0
MAX_ITERATIONS = 80

_MAX_AFFIX = 4
_MAX_ENDING = 3
_MIN_STEM = 3
_OUTSIDE_SENTENCE = "<s>"
_MAX_COUNTED = 10


def train_crf(sentences: Iterable[tuple[Sequence[str], Sequence[str]]], path: Path) -> None:
    """Train on (words, IOB2 tags) and write the model to ``path``, whole or not at all.

    The same sentences in the same order give the same file.

    Raises:
        InputError: there is nothing to train on, or a sentence has not one tag per word.
        EnvironmentProblem: the model could not be written.
    """
    trainer = pycrfsuite.Trainer(
        algorithm="lbfgs",
        params={"c1": C1, "c2": C2, "max_iterations": MAX_ITERATIONS},
        verbose=False,
    )
    n_words = 0
    for index, (words, tags) in enumerate(sentences):
        if len(words) != len(tags):
            raise InputError(
                f"sentence {index}: found {len(tags)} tags, expected {len(words)}, one per word. "
                "Read the corpus again."
            )
        trainer.append(_sentence_features(words), list(tags))
        n_words += len(words)
    if n_words == 0:
        raise InputError(
            f"{path}: found no words to train a CRF on, expected labelled sentences. "
            "Check the training split of the corpus."
        )
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        trainer.train(str(partial))
        if not _is_whole(partial):  # crfsuite says nothing when it cannot write
            raise EnvironmentProblem(
                f"{path}: the CRF could not be written, expected a writable folder with free "
                "space. Make room, or choose another output folder."
            )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


class CrfTagger:
    """A trained CRF, read from the file that :func:`train_crf` wrote.

    Raises:
        ModelError: the file is missing, half-written or not a CRF model.
    """

    def __init__(self, path: Path) -> None:
        if not _is_whole(path):
            raise ModelError(
                f"{path}: found no complete CRF model. Run the stage that trains it again."
            )
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open(str(path))

    def tag_many(self, sentences: Iterable[Sequence[str]]) -> list[list[str]]:
        """Valid IOB2 tags for the words of every sentence.

        Where the CRF chooses an ``I-`` tag that continues nothing, an entity begins.
        """
        return [
            repair_tags(self._tagger.tag(_sentence_features(words)), Scheme.IOB2)[0]
            for words in sentences
        ]


def _is_whole(path: Path) -> bool:
    """Whether the file is a CRF model of the size its own header gives.

    crfsuite maps the file into memory and trusts it: a cut one would crash the process.
    """
    try:
        with path.open("rb") as file:
            header = file.read(8)
        return header[:4] == b"lCRF" and int.from_bytes(header[4:], "little") == path.stat().st_size
    except FileNotFoundError:
        return False


def _sentence_features(words: Sequence[str]) -> list[list[str]]:
    """Names of the features that are on, for every word of a sentence."""
    return [list(_word_features(words, index)) for index in range(len(words))]


def _word_features(words: Sequence[str], index: int) -> Iterator[str]:
    word = words[index]
    yield "bias"
    yield f"sentence_length={min(len(words), _MAX_COUNTED)}"
    yield f"word_length={min(len(word), _MAX_COUNTED)}"
    yield f"shape={_shape(word)}"
    if index == 0:
        yield "first"
    yield from _stem_features(word)
    for offset in (-2, -1, 0, 1, 2):
        position = index + offset
        neighbour = words[position] if 0 <= position < len(words) else _OUTSIDE_SENTENCE
        yield f"{offset}:word={neighbour}"
        if abs(offset) <= 1:
            for length in range(1, _MAX_AFFIX + 1):
                yield f"{offset}:prefix{length}={neighbour[:length]}"
                yield f"{offset}:suffix{length}={neighbour[-length:]}"


def _stem_features(word: str) -> Iterator[str]:
    """The word without its last characters, none to three: case endings differ by language."""
    yield f"stem={word}"
    for n_cut in range(1, _MAX_ENDING + 1):
        if len(word) - n_cut >= _MIN_STEM:
            yield f"stem={word[:-n_cut]}"


def _shape(word: str) -> str:
    """Kinds of characters in order, repeats once: ``A`` Latin, ``a`` other letters, ``0``, ``.``.

    >>> _shape("COVID-১৯")
    'A.0'
    """
    return "".join(kind for kind, _ in groupby(map(_character_kind, word)))


def _character_kind(character: str) -> str:
    if character.isdecimal():
        return "0"
    if character.isascii():
        return "A" if character.isalpha() else "."
    return "a" if unicodedata.category(character)[0] in "LM" else "."
