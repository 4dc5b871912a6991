"""How probable each tag of each word was to the models that labelled a corpus.

A file beside ``train.conll``, made by ``nerbridge pseudo-label --soft``. What learns from it learns
where its teachers doubted, and not only which tag won.
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
    """Write those of a corpus's training sentences, which all have them, into its folder.

    Args:
        folder: of the corpus.
        corpus: as it is written there.
        tags: names of the columns.

    Raises:
        EnvironmentProblem: the disk is full or the folder cannot be written.
    """
    rows = [s.probabilities for s in corpus.splits[_TRAIN] if s.probabilities is not None]
    # In one string: safetensors writes several in an order that changes from run to run.
    about = json.dumps({"tags": " ".join(tags), _TRAIN: _hash_train(corpus)})
    # safetensors writes memory as it lies there, columns first if need be.
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
            f"{path}: not there, but soft = true for this source. Make the corpus with "
            "`nerbridge pseudo-label --soft`, or leave soft out to learn its tags alone."
        )
    rows, about = _read(path)
    if about.get(_TRAIN) != _hash_train(corpus):
        raise CorpusError(
            f"{path}: belongs to other sentences or tags than the training sentences of {place}; "
            "expected those that `nerbridge pseudo-label --soft` wrote. Make the corpus again, "
            "take type_map away, or leave soft out."
        )
    if (found := about.get("tags", "")) != " ".join(tags):
        raise CorpusError(
            f"{path}: its tags are {found}, the recipe's {' '.join(tags)}; expected the same in "
            "the same order. Give the recipe the types of the models that labelled the corpus."
        )
    train = corpus.splits[_TRAIN]
    ends = np.cumsum([len(sentence.words) for sentence in train])
    if rows.shape != (expected := (int(ends[-1]), len(tags))):
        raise CorpusError(
            f"{path}: {rows.shape[0]:,} rows of {rows.shape[-1]} numbers, expected {expected[0]:,} "
            f"of {expected[1]}, a row for each word. Make the corpus again, or leave soft out."
        )
    sums = rows.astype(np.float32).sum(axis=1)
    if len(odd := np.flatnonzero(~np.isclose(sums, 1, atol=_ROUNDING))):
        raise CorpusError(
            f"{path}: the probabilities of word {odd[0] + 1:,} sum to {sums[odd[0]]:.3g}, expected "
            "1; the file is damaged or was not written by `nerbridge pseudo-label --soft`. Make "
            "the corpus again, or leave soft out."
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
            "--soft` wrote. Make the corpus again, or leave soft out."
        ) from error
