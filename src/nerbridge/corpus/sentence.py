"""The unit of labelled data: one sentence of words and IOB2 tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Probabilities: TypeAlias = "NDArray[np.float32]"
"""Of the tags of a sentence's words. Shape: (n_words, n_tags)."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words and their IOB2 tags, one tag per word, and where they came from."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    path: str = ""
    line: int = 0
    probabilities: Probabilities | None = field(default=None, compare=False, repr=False)
    """Where models labelled it and said how sure they were."""
    document: str = field(default="", compare=False, repr=False)
    """The document that it stands in, where its file says so."""


@dataclass(frozen=True)
class Corpus:
    """Labelled sentences by split (``train``, ``validation``, ``test``).

    ``losses`` counts what reading cost: ``repaired_tags``, ``mapped_types``, ``dropped_empty`` …
    ``sha256`` is over words and tags of all splits as they were read; ``revision`` is the hub
    commit, if any; ``probabilities_sha256`` is over those of its training sentences, if any, and
    ``lexicon_sha256`` of the lexicon that replaced words in them.
    """

    name: str
    language: str
    splits: Mapping[str, tuple[Sentence, ...]]
    sha256: str
    losses: Mapping[str, int] = field(default_factory=dict)
    revision: str | None = None
    probabilities_sha256: str | None = None
    lexicon_sha256: str | None = None
