"""How probable each tag of each word was to the models that labelled a corpus.

A file beside ``train.conll``, made by ``nerbridge pseudo-label --soft``. What learns from it learns
where its teachers doubted, and not only which tag won.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from nerbridge.corpus.sentence import Corpus
from nerbridge.errors import CorpusError
from nerbridge.files import write_whole

PROBABILITIES_FILE = "probabilities.safetensors"
Rows: TypeAlias = NDArray[np.float16]
"""Of one sentence. Shape: (n_words, n_tags)."""
_TRAIN = "train"


def write_probabilities(
    folder: Path, corpus: Corpus, rows: Sequence[Rows], tags: Sequence[str]
) -> None:
    """Write those of a corpus's training sentences into its folder.

    Args:
        folder: of the corpus.
        corpus: as it is written there.
        rows: one for each training sentence.
        tags: names of the columns.

    Raises:
        EnvironmentProblem: the disk is full or the folder cannot be written.
    """
    about = {"tags": " ".join(tags), "corpus": corpus.sha256}
    content = {_TRAIN: np.concatenate(rows)}
    write_whole(folder / PROBABILITIES_FILE, lambda path: save_file(content, path, about))


def with_probabilities(corpus: Corpus, folder: str, tags: Sequence[str]) -> Corpus:
    """The corpus, each training sentence with its probabilities.

    Args:
        corpus: as it was read from the folder, all tags as they stand there. Its new ``sha256``
            covers the probabilities too.
        folder: where `write_probabilities` wrote.
        tags: what the columns must stand for, in order.

    Raises:
        CorpusError: the file is missing or damaged, or belongs to other sentences or tags.
    """
    path = Path(folder) / PROBABILITIES_FILE
    if not path.is_file():
        raise CorpusError(
            f"{path}: not there, but soft = true for this source. Make the corpus with "
            "`nerbridge pseudo-label --soft`, or leave soft out to learn its tags alone."
        )
    rows, about = _read(path)
    if about.get("corpus") != corpus.sha256:
        raise CorpusError(
            f"{path}: belongs to other sentences or tags than those read from {folder}; expected "
            "the corpus as `nerbridge pseudo-label --soft` wrote it. Make it again, take "
            "type_map away, or leave soft out."
        )
    if (found := about.get("tags", "")) != " ".join(tags):
        raise CorpusError(
            f"{path}: its tags are {found}, the recipe's {' '.join(tags)}; expected the same in "
            "the same order. Give the recipe the types of the models that labelled the corpus."
        )
    train = corpus.splits[_TRAIN]
    parts = np.split(rows, np.cumsum([len(sentence.words) for sentence in train])[:-1])
    softened = tuple(replace(s, probabilities=p) for s, p in zip(train, parts, strict=True))
    digest = hashlib.sha256(corpus.sha256.encode("ascii") + rows.tobytes()).hexdigest()
    return replace(corpus, splits={**corpus.splits, _TRAIN: softened}, sha256=digest)


def has_probabilities(corpus: Corpus) -> bool:
    """Whether its training sentences have them."""
    return any(sentence.probabilities is not None for sentence in corpus.splits.get(_TRAIN, ()))


def _read(path: Path) -> tuple[Rows, dict[str, str]]:
    try:
        with safe_open(path, "numpy") as file:
            return file.get_tensor(_TRAIN), file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise CorpusError(
            f"{path}: cannot be read ({error}); expected the file that `nerbridge pseudo-label "
            "--soft` wrote. Make the corpus again, or leave soft out."
        ) from error
