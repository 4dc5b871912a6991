"""Sentences without their final punctuation, as in headlines, messages and forms.

A model may learn from sentences that always end in a stop and from titles that never do. It then
takes every text without a stop for a title, and finds a name in it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.labels import OUTSIDE

STOPS = frozenset("।॥৷.?!…|")
_GLUED = "।॥৷?!…|"
"""Stops that never belong to the word before them, unlike the full stop of an abbreviation."""


def drop_final_punctuation(corpus: Corpus, share: float) -> Corpus:
    """The corpus, without final punctuation in about this share of its training sentences.

    The random sample of sentences is always the same. Sentences without a stop stay as they are.

    Args:
        corpus: hash and other splits are kept.
        share: from 0 (none) to 1 (all).
    """
    rng = random.Random(0)
    train = corpus.splits["train"]
    chosen = [rng.random() < share for _ in train]
    shortened = tuple(
        without_final_punctuation(s) if is_chosen else s
        for s, is_chosen in zip(train, chosen, strict=True)
    )
    return replace(corpus, splits={**corpus.splits, "train": shortened})


def without_final_punctuation(sentence: Sentence) -> Sentence:
    """The sentence without its final stops, or unchanged if it holds nothing else."""
    n = _n_before_stop(sentence.words, sentence.tags)
    last = sentence.words[n - 1]
    return replace(
        sentence,
        words=(*sentence.words[: n - 1], last.rstrip(_GLUED) or last),
        tags=sentence.tags[:n],
        probabilities=None if sentence.probabilities is None else sentence.probabilities[:n],
    )


def _n_before_stop(words: Sequence[str], tags: Sequence[str]) -> int:
    """The number of words without the final stops, at least one. A stop in an entity is kept."""
    n = len(words)
    while n > 1 and tags[n - 1] == OUTSIDE and STOPS.issuperset(words[n - 1]):
        n -= 1
    return n
