"""Where one corpus labels what all others leave outside: pronouns and offices as persons, say.

Guidelines differ from corpus to corpus, and a model that learns from several learns them all. How
often a word stands outside of entities elsewhere is evidence of whether it can be a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.labels import OUTSIDE, spans_to_tags, tags_to_spans
from nerbridge.text.model_form import words_to_model_form

Words: TypeAlias = Sequence[str]
Tags: TypeAlias = Sequence[str]

_MIN_SEEN = 5
_MOSTLY = 0.9
"""Of a word's occurrences, outside of entities."""


@dataclass(frozen=True)
class Usage:
    """How often each word stands anywhere, and how often outside of every entity."""

    seen: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)

    def is_outside(self, word: str) -> bool:
        """Whether it was seen five times at least, nine in ten of them outside."""
        return self.seen[word] >= _MIN_SEEN and self.outside[word] >= _MOSTLY * self.seen[word]


def count_usage(sentences: Iterable[tuple[Words, Tags]]) -> Usage:
    """Of the words of labelled sentences, which are to be in one script."""
    usage = Usage()
    for words, tags in sentences:
        usage.seen.update(words)
        usage.outside.update(word for word, tag in zip(words, tags, strict=True) if tag == OUTSIDE)
    return usage


def harmonise(words: Words, tags: Tags, usage: Usage) -> tuple[str, ...]:
    """IOB2 tags without the entities all of whose words others leave outside.

    A name that contains such a word stays as it is, for the others need not know that name.

    >>> others = count_usage([(["তিনি", "ঢাকায়"], ["O", "B-LOC"])] * 5)
    >>> harmonise(["তিনি", "ঢাকায়"], ["B-PER", "B-LOC"], others)
    ('O', 'B-LOC')
    """
    kept = [
        span
        for span in tags_to_spans(tags)
        if not all(map(usage.is_outside, words[span.start_word : span.end_word]))
    ]
    return tuple(spans_to_tags(kept, len(words)))


def harmonise_corpora(
    corpora: Sequence[Corpus], scripts: Sequence[str | None], chosen: Sequence[bool]
) -> tuple[Corpus, ...]:
    """The corpora, each chosen one held against the training sentences of all others.

    Args:
        corpora: to be learned from together.
        scripts: in which words of each are compared; None as they are written.
        chosen: which are to be harmonised. ``losses["harmonised_entities"]`` counts what that
            cost; ``sha256`` stays that of what was read.
    """
    if not any(chosen):
        return tuple(corpora)
    usages = [
        count_usage(_as_compared(corpus.splits.get("train", ()), script))
        for corpus, script in zip(corpora, scripts, strict=True)
    ]
    return tuple(
        _harmonise_corpus(corpus, script, _add(usages[:i] + usages[i + 1 :])) if wanted else corpus
        for i, (corpus, script, wanted) in enumerate(zip(corpora, scripts, chosen, strict=True))
    )


def _harmonise_corpus(corpus: Corpus, script: str | None, others: Usage) -> Corpus:
    splits = {
        name: tuple(
            replace(sentence, tags=harmonise(words, tags, others))
            for sentence, (words, tags) in zip(
                sentences, _as_compared(sentences, script), strict=True
            )
        )
        for name, sentences in corpus.splits.items()
    }
    n_gone = _count_entities(corpus.splits) - _count_entities(splits)
    return replace(corpus, splits=splits, losses={**corpus.losses, "harmonised_entities": n_gone})


def _as_compared(
    sentences: Iterable[Sentence], script: str | None
) -> Iterator[tuple[list[str], tuple[str, ...]]]:
    for sentence in sentences:
        yield words_to_model_form(sentence.words, script), sentence.tags


def _add(usages: Iterable[Usage]) -> Usage:
    total = Usage()
    for usage in usages:
        total.seen.update(usage.seen)
        total.outside.update(usage.outside)
    return total


def _count_entities(splits: Mapping[str, Sequence[Sentence]]) -> int:
    return sum(len(tags_to_spans(sentence.tags)) for part in splits.values() for sentence in part)
