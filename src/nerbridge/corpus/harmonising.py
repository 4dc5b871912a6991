"""Where one corpus labels what the others leave outside: pronouns and offices as persons, say.

Guidelines differ from corpus to corpus, and a model that learns from several learns them all. How
often a word stands outside of entities elsewhere is evidence of whether it can be a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.labels import OUTSIDE, spans_to_tags, tags_to_spans
from nerbridge.text.model_input import words_to_model_form

Words: TypeAlias = Sequence[str]
Tags: TypeAlias = Sequence[str]
Labelled: TypeAlias = tuple[Words, Tags]

LEFT_OUT = "discordant_entities_left_out"
"""The loss that counts what harmonising cost."""
_MAX_COMPARED = 20_000
_N_EXAMPLES = 6
_MIN_SEEN = 5
_MOSTLY = 0.9
"""Of a word's occurrences, outside of entities."""


@dataclass(frozen=True)
class WordUsage:
    """How often each word stands anywhere and outside of entities, and all longer entities."""

    seen: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    names: set[tuple[str, ...]] = field(default_factory=set)
    """Entities of several words."""

    def leaves_outside(self, words: Words) -> bool:
        """Whether these words are no entity here, alone or together.

        That is so if each was seen five times at least, nine in ten of them outside.
        """
        return tuple(words) not in self.names and all(map(self._is_outside, words))

    def _is_outside(self, word: str) -> bool:
        return self.seen[word] >= _MIN_SEEN and self.outside[word] >= _MOSTLY * self.seen[word]


def count_usage(sentences: Iterable[Labelled]) -> WordUsage:
    """Of the words of labelled sentences, which are to be in one script."""
    usage = WordUsage()
    for words, tags in sentences:
        usage.seen.update(words)
        usage.outside.update(word for word, tag in zip(words, tags, strict=True) if tag == OUTSIDE)
        names = (tuple(words[s.start_word : s.end_word]) for s in tags_to_spans(tags))
        usage.names.update(name for name in names if len(name) > 1)
    return usage


def harmonise(words: Words, tags: Tags, others: Mapping[str, WordUsage]) -> tuple[str, ...]:
    """IOB2 tags without the entities that others leave outside.

    A longer name stays if one of its words can be a name elsewhere: the others need not know it.

    Args:
        words: of a sentence.
        tags: its tags.
        others: by entity type, how those use words that label entities of this type at all.

    >>> others = count_usage([(["তিনি", "ঢাকায়"], ["O", "B-LOC"])] * 5)
    >>> harmonise(["তিনি", "ঢাকায়"], ["B-PER", "B-LOC"], {"PER": others, "LOC": others})
    ('O', 'B-LOC')
    """
    kept = [
        span
        for span in tags_to_spans(tags)
        if span.type not in others
        or not others[span.type].leaves_outside(words[span.start_word : span.end_word])
    ]
    return tuple(spans_to_tags(kept, len(words)))


@dataclass(frozen=True)
class Disagreement:
    """What a corpus labels and the others leave outside, in up to 20,000 training sentences."""

    n_entities: int
    n_discordant: int
    examples: tuple[str, ...]
    """The most frequent, as the model sees them, the first the most frequent."""

    @property
    def share(self) -> float:
        """Of its entities."""
        return self.n_discordant / max(self.n_entities, 1)


@dataclass(frozen=True)
class CorpusView:
    """A corpus as the others hear it: up to 20,000 training sentences, in the model's script."""

    corpus: Corpus
    script: str | None

    @cached_property
    def sentences(self) -> list[Labelled]:
        """Words in model form, and tags."""
        train = self.corpus.splits.get("train", ())[:_MAX_COMPARED]
        return [(words_to_model_form(s.words, self.script), s.tags) for s in train]

    @cached_property
    def usage(self) -> WordUsage:
        """Of its words."""
        return count_usage(self.sentences)

    @cached_property
    def types(self) -> set[str]:
        """What it labels: of other types it has no say."""
        return {tag[2:] for _, tags in self.sentences for tag in tags if tag != OUTSIDE}


def find_disagreement(
    corpora: Sequence[Corpus], scripts: Sequence[str | None]
) -> list[Disagreement]:
    """How far each corpus stands alone among corpora that are to be learned from together.

    Args:
        corpora: with training sentences.
        scripts: in which words of each are compared; None as they are written.
    """
    views = list(map(CorpusView, corpora, scripts))
    return [_find_disagreement(view.sentences, _others(view, views)) for view in views]


def harmonise_corpora(
    corpora: Sequence[Corpus], scripts: Sequence[str | None], chosen: Sequence[bool]
) -> tuple[Corpus, ...]:
    """The corpora, each chosen one held against the others as they were read.

    Args:
        corpora: to be learned from together.
        scripts: in which words of each are compared; None as they are written.
        chosen: which are to be harmonised, test sentences apart. ``losses`` counts what that cost
            (`LEFT_OUT`); ``sha256`` stays that of what was read.
    """
    views = list(map(CorpusView, corpora, scripts))
    return tuple(
        _harmonise_corpus(view, _others(view, views)) if wanted else view.corpus
        for view, wanted in zip(views, chosen, strict=True)
    )


def _others(view: CorpusView, views: Sequence[CorpusView]) -> dict[str, WordUsage]:
    """By type, what all other corpora that label it say together; a copy is no other corpus."""
    others = [other for other in views if other.corpus.sha256 != view.corpus.sha256]
    found: dict[str, WordUsage] = {}
    summed: dict[tuple[int, ...], WordUsage] = {}
    for type_ in view.types:
        heard = tuple(i for i, other in enumerate(others) if type_ in other.types)
        if heard not in summed:
            summed[heard] = _add(others[i].usage for i in heard)
        found[type_] = summed[heard]
    return found


def _find_disagreement(
    sentences: Iterable[Labelled], others: Mapping[str, WordUsage]
) -> Disagreement:
    n_entities, alone = 0, Counter[str]()
    for words, tags in sentences:
        spans = tags_to_spans(tags)
        kept = set(tags_to_spans(harmonise(words, tags, others)))
        n_entities += len(spans)
        alone.update(
            " ".join(words[span.start_word : span.end_word]) for span in spans if span not in kept
        )
    examples = tuple(text for text, _ in alone.most_common(_N_EXAMPLES))
    return Disagreement(n_entities, alone.total(), examples)


def _harmonise_corpus(view: CorpusView, others: Mapping[str, WordUsage]) -> Corpus:
    corpus = view.corpus
    splits = {
        name: sentences
        if name == "test"
        else tuple(
            replace(sentence, tags=harmonise(words, sentence.tags, others))
            for sentence in sentences
            for words in [words_to_model_form(sentence.words, view.script)]
        )
        for name, sentences in corpus.splits.items()
    }
    n_gone = _count_entities(corpus.splits) - _count_entities(splits)
    return replace(corpus, splits=splits, losses={**corpus.losses, LEFT_OUT: n_gone})


def _add(usages: Iterable[WordUsage]) -> WordUsage:
    total = WordUsage()
    for usage in usages:
        total.seen.update(usage.seen)
        total.outside.update(usage.outside)
        total.names.update(usage.names)
    return total


def _count_entities(splits: Mapping[str, Sequence[Sentence]]) -> int:
    return sum(len(tags_to_spans(sentence.tags)) for part in splits.values() for sentence in part)
