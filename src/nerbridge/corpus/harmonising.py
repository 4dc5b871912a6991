"""Where one corpus labels what all others leave outside: pronouns and offices as persons, say.

Guidelines differ from corpus to corpus, and a model that learns from several learns them all. How
often a word stands outside of entities elsewhere is evidence of whether it can be a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.labels import OUTSIDE, spans_to_tags, tags_to_spans
from nerbridge.text.model_form import words_to_model_form

Words: TypeAlias = Sequence[str]
Tags: TypeAlias = Sequence[str]
Labelled: TypeAlias = tuple[Words, Tags]

_MAX_COMPARED = 20_000
_N_EXAMPLES = 6
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


def count_usage(sentences: Iterable[Labelled]) -> Usage:
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


@dataclass(frozen=True)
class Discord:
    """What a corpus labels and the others leave outside, in up to 20,000 training sentences."""

    n_entities: int
    n_discordant: int
    examples: tuple[str, ...]
    """The most frequent, as the model sees them, the first the most frequent."""

    @property
    def share(self) -> float:
        """Of its entities."""
        return self.n_discordant / max(self.n_entities, 1)


def find_discord(corpora: Sequence[Corpus], scripts: Sequence[str | None]) -> list[Discord]:
    """How far each corpus stands alone among corpora that are to be learned from together.

    Args:
        corpora: with training sentences.
        scripts: in which words of each are compared; None as they are written.
    """
    compared = [
        _to_compare(corpus, script) for corpus, script in zip(corpora, scripts, strict=True)
    ]
    usages = list(map(count_usage, compared))
    return [
        _find_discord(sentences, _add(usages[:i] + usages[i + 1 :]))
        for i, sentences in enumerate(compared)
    ]


def harmonise_corpora(
    corpora: Sequence[Corpus], scripts: Sequence[str | None], chosen: Sequence[bool]
) -> tuple[Corpus, ...]:
    """The corpora, each chosen one held against the others, up to 20,000 sentences of each.

    Args:
        corpora: to be learned from together.
        scripts: in which words of each are compared; None as they are written.
        chosen: which are to be harmonised. ``losses["harmonised_entities"]`` counts what that
            cost; ``sha256`` stays that of what was read.
    """
    if not any(chosen):
        return tuple(corpora)
    usages = [
        count_usage(_to_compare(corpus, script))
        for corpus, script in zip(corpora, scripts, strict=True)
    ]
    return tuple(
        _harmonise_corpus(corpus, script, _add(usages[:i] + usages[i + 1 :])) if wanted else corpus
        for i, (corpus, script, wanted) in enumerate(zip(corpora, scripts, chosen, strict=True))
    )


def _find_discord(sentences: Iterable[Labelled], others: Usage) -> Discord:
    n_entities, alone = 0, Counter[str]()
    for words, tags in sentences:
        spans = tags_to_spans(tags)
        kept = set(tags_to_spans(harmonise(words, tags, others)))
        n_entities += len(spans)
        alone.update(
            " ".join(words[span.start_word : span.end_word]) for span in spans if span not in kept
        )
    examples = tuple(text for text, _ in alone.most_common(_N_EXAMPLES))
    return Discord(n_entities, alone.total(), examples)


def _harmonise_corpus(corpus: Corpus, script: str | None, others: Usage) -> Corpus:
    splits = {
        name: tuple(
            replace(sentence, tags=harmonise(words, sentence.tags, others))
            for sentence in sentences
            for words in [words_to_model_form(sentence.words, script)]
        )
        for name, sentences in corpus.splits.items()
    }
    n_gone = _count_entities(corpus.splits) - _count_entities(splits)
    return replace(corpus, splits=splits, losses={**corpus.losses, "harmonised_entities": n_gone})


def _to_compare(corpus: Corpus, script: str | None) -> list[Labelled]:
    train = corpus.splits.get("train", ())[:_MAX_COMPARED]
    return [(words_to_model_form(sentence.words, script), sentence.tags) for sentence in train]


def _add(usages: Iterable[Usage]) -> Usage:
    total = Usage()
    for usage in usages:
        total.seen.update(usage.seen)
        total.outside.update(usage.outside)
    return total


def _count_entities(splits: Mapping[str, Sequence[Sentence]]) -> int:
    return sum(len(tags_to_spans(sentence.tags)) for part in splits.values() for sentence in part)
