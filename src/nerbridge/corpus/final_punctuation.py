"""Sentences without their final stop, as headlines, messages and forms have them.

A model that has met sentences only with a stop and titles only without one takes whatever has none
for a title, and finds a name in it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.labels import OUTSIDE

STOPS = frozenset("।॥৷.?!…|")
_GLUED = "।॥৷?!…|"
"""Those that never belong to the word before them, as the full stop of an abbreviation does."""


def leave_out_stops(corpus: Corpus, share: float) -> Corpus:
    """The corpus, without the final stop in about this share of its training sentences.

    Which sentences is a draw that is always the same. Those without a stop stay as they are.

    Args:
        corpus: hash and other splits are kept.
        share: from 0 (none) to 1 (all).
    """
    rng = random.Random(0)
    train = corpus.splits["train"]
    chosen = [rng.random() < share for _ in train]
    shortened = tuple(without_stop(s) if c else s for s, c in zip(train, chosen, strict=True))
    return replace(corpus, splits={**corpus.splits, "train": shortened})


def without_stop(sentence: Sentence) -> Sentence:
    """The sentence without its final stops; as it is, where nothing else would be left."""
    n = _n_before_stop(sentence.words, sentence.tags)
    last = sentence.words[n - 1]
    return replace(
        sentence,
        words=(*sentence.words[: n - 1], last.rstrip(_GLUED) or last),
        tags=sentence.tags[:n],
        probabilities=None if sentence.probabilities is None else sentence.probabilities[:n],
    )


def _n_before_stop(words: Sequence[str], tags: Sequence[str]) -> int:
    """How many words are left, at least one; a stop inside an entity is part of it."""
    n = len(words)
    while n > 1 and tags[n - 1] == OUTSIDE and STOPS.issuperset(words[n - 1]):
        n -= 1
    return n
