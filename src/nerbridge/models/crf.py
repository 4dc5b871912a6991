"""The reference system: a linear-chain CRF on surface features.

It needs no pretraining, no GPU and about a minute on one core. The difference between its score and
that of an encoder is the gain of the encoder. Words are given in model form: languages in different
scripts share no feature."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import pycrfsuite

from nerbridge.errors import EnvironmentProblem, InputError, ModelError
from nerbridge.labels import LabelSet, Scheme, repair_tags
from nerbridge.models.folder import CRF_FILE
from nerbridge.models.manifest import Manifest, read_manifest
from nerbridge.models.word_model import Predictions
from nerbridge.text.model_input import words_to_model_form
from nerbridge.type_maps import TypeMap, map_types

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
        InputError: there are no words, or a sentence does not have one tag per word.
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
            f"{path}: no words to train a CRF on; expected labelled sentences. "
            "Check the training split of the corpus."
        )
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        trainer.train(str(partial))
        if not _is_whole(partial):  # crfsuite raises no error if it cannot write
            raise EnvironmentProblem(
                f"{path}: the CRF could not be written; expected a writable folder with free "
                "space. Free some space, or choose another output folder."
            )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


class CrfTagger:
    """The file that `train_crf` wrote, over words in model form.

    Raises:
        ModelError: the file is missing, half-written or not a CRF model.
    """

    def __init__(self, path: Path) -> None:
        if not _is_whole(path):
            raise ModelError(f"{path}: not a complete CRF model. Delete it and repeat the run.")
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


@dataclass(frozen=True)
class CrfModel:
    """A trained CRF as a `nerbridge.models.word_model.WordModel`: it has tags, but no logits."""

    folder: Path
    label_set: LabelSet
    script: str | None
    manifest: Manifest
    tagger: CrfTagger

    @property
    def name(self) -> str:
        """The folder, as the user wrote it."""
        return str(self.folder)

    @property
    def temperature(self) -> float:
        """1: without probabilities there is nothing to calibrate."""
        return 1.0

    def with_script(self, script: str | None) -> CrfModel:
        """The same model for words in another script; None for words in model form already."""
        return replace(self, script=script)

    def predict(self, sentences: Sequence[Sequence[str]]) -> Predictions:
        """The tags of every sentence."""
        return Predictions(self.tag_many(sentences), None)

    def tag_many(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Valid IOB2 tags of every sentence."""
        return self.tagger.tag_many(words_to_model_form(words, self.script) for words in sentences)


def load_crf(folder: Path, type_map: TypeMap) -> CrfModel:
    """Load the folder of a CRF.

    Raises:
        ModelError: the model is missing, half-written or not a CRF.
        InputError: the map changes a type: a CRF has no probabilities that could be added up.
    """
    manifest = read_manifest(folder)
    label_set = manifest.label_set
    mapped = map_types(label_set.types, type_map, str(folder))
    if any(old != new for old, new in mapped.items()):
        raise InputError(
            f"{folder}: the types of a CRF cannot be mapped; expected a map that leaves "
            f"{', '.join(label_set.types)} as they are. Train it on mapped types: type_map "
            "in the recipe."
        )
    return CrfModel(folder, label_set, manifest.script, manifest, CrfTagger(folder / CRF_FILE))


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
