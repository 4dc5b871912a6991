"""Probabilities of each tag of each word, from the models that labelled a corpus.

``nerbridge pseudo-label --soft`` writes them to a file next to ``train.conll``. A model that learns
from them also learns where its teachers were unsure, not only the most probable tags.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from nerbridge.corpus.reading import hash_splits
from nerbridge.corpus.sentence import Corpus, Probabilities
from nerbridge.errors import CorpusError
from nerbridge.files import write_bytes

PROBABILITIES_FILE = "probabilities.safetensors"
_TRAIN, _ABOUT = "train", "about"
_ROUNDING = 0.01


def write_probabilities(folder: Path, corpus: Corpus, tags: Sequence[str]) -> None:
    """Write the probabilities of a corpus's training sentences into its folder.

    Args:
        folder: the folder of the corpus.
        corpus: the corpus as written there. All its training sentences have probabilities.
        tags: names of the columns.

    Raises:
        EnvironmentProblem: the disk is full or the folder cannot be written.
    """
    rows = [s.probabilities for s in corpus.splits[_TRAIN] if s.probabilities is not None]
    # One string, because safetensors writes several in an order that changes from run to run.
    about = json.dumps({"tags": " ".join(tags), _TRAIN: _hash_train(corpus)})
    # safetensors writes the memory of an array as it is, so a transposed array would be garbled.
    together = np.ascontiguousarray(np.concatenate(rows), dtype=np.float16)
    content = save({_TRAIN: together}, {_ABOUT: about})
    write_bytes(folder / PROBABILITIES_FILE, content)


def with_probabilities(corpus: Corpus, place: str, tags: Sequence[str]) -> Corpus:
    """The corpus, each training sentence with its probabilities.

    Args:
        corpus: as it was read, with all tags as they stand there.
        place: the folder where `write_probabilities` wrote, or the training file in it.
        tags: what the columns must stand for, in order.

    Raises:
        CorpusError: the file is missing or damaged, or belongs to other sentences or tags.
    """
    path = (Path(place).parent if Path(place).is_file() else Path(place)) / PROBABILITIES_FILE
    if not path.is_file():
        raise CorpusError(
            f"{path}: this file is missing, but soft = true for this source. Make the corpus with "
            "`nerbridge pseudo-label --soft`, or remove soft to learn only its tags."
        )
    rows, about = _read(path)
    if about.get(_TRAIN) != _hash_train(corpus):
        raise CorpusError(
            f"{path}: this file does not fit the sentences and tags of the training split of "
            f"{place}; "
            "expected those that `nerbridge pseudo-label --soft` wrote. Make the corpus again, "
            "remove type_map, or remove soft."
        )
    if (found := about.get("tags", "")) != " ".join(tags):
        raise CorpusError(
            f"{path}: its tags are {found}, but the recipe has {' '.join(tags)}; expected the same "
            "tags in the same order. Give the recipe the types of the models that labelled the "
            "corpus."
        )
    train = corpus.splits[_TRAIN]
    ends = np.cumsum([len(sentence.words) for sentence in train])
    if rows.shape != (expected := (int(ends[-1]), len(tags))):
        raise CorpusError(
            f"{path}: {rows.shape[0]:,} rows of {rows.shape[-1]} numbers, expected {expected[0]:,} "
            f"of {expected[1]}, one row per word. Make the corpus again, or remove soft."
        )
    sums = rows.astype(np.float32).sum(axis=1)
    if len(odd := np.flatnonzero(~np.isclose(sums, 1, atol=_ROUNDING))):
        raise CorpusError(
            f"{path}: the probabilities of word {odd[0] + 1:,} sum to {sums[odd[0]]:.3g}, expected "
            "1. The file is damaged, or `nerbridge pseudo-label --soft` did not write it. Make "
            "the corpus again, or remove soft."
        )
    parts = np.split(rows.astype(np.float32), ends[:-1])
    softened = tuple(replace(s, probabilities=p) for s, p in zip(train, parts, strict=True))
    return replace(
        corpus,
        splits={**corpus.splits, _TRAIN: softened},
        probabilities_sha256=hashlib.sha256(rows.tobytes()).hexdigest(),
    )


def _hash_train(corpus: Corpus) -> str:
    return hash_splits({_TRAIN: corpus.splits[_TRAIN]})


def _read(path: Path) -> tuple[Probabilities, dict[str, str]]:
    try:
        with safe_open(path, "numpy") as file:
            about = json.loads((file.metadata() or {}).get(_ABOUT, "{}"))
            return file.get_tensor(_TRAIN), about
    except (SafetensorError, OSError, ValueError) as error:
        raise CorpusError(
            f"{path}: cannot be read ({error}); expected the file that `nerbridge pseudo-label "
            "--soft` wrote. Make the corpus again, or remove soft."
        ) from error
