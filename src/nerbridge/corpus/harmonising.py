"""Find entities of one corpus that other corpora do not label, such as pronouns and offices.

Annotation guidelines differ between corpora, and a model that learns from several learns them all.
A word that is outside of entities in most other places is probably not a name.
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

TaggedWords: TypeAlias = tuple[Sequence[str], Sequence[str]]

LEFT_OUT = "discordant_entities_left_out"
"""Name of the loss that counts the entities which harmonising drops."""
_MAX_COMPARED = 20_000
_N_EXAMPLES = 6
_MIN_SEEN = 5
_MOSTLY = 0.9
"""Share of a word's occurrences that must be outside of entities."""


@dataclass(frozen=True)
class WordUsage:
    """Counts of each word, in total and outside of entities, and all entities of several words."""

    seen: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    names: set[tuple[str, ...]] = field(default_factory=set)
    """Entities of several words."""

    def leaves_outside(self, words: Sequence[str]) -> bool:
        """Whether these words are not an entity in these sentences.

        Each word must occur at least five times, and nine in ten times outside of entities.
        """
        return tuple(words) not in self.names and all(map(self._is_outside, words))

    def _is_outside(self, word: str) -> bool:
        return self.seen[word] >= _MIN_SEEN and self.outside[word] >= _MOSTLY * self.seen[word]


def count_usage(sentences: Iterable[TaggedWords]) -> WordUsage:
    """Count the words of labelled sentences. All must be in one script."""
    usage = WordUsage()
    for words, tags in sentences:
        usage.seen.update(words)
        usage.outside.update(word for word, tag in zip(words, tags, strict=True) if tag == OUTSIDE)
        names = (tuple(words[s.start_word : s.end_word]) for s in tags_to_spans(tags))
        usage.names.update(name for name in names if len(name) > 1)
    return usage


def harmonise(
    words: Sequence[str], tags: Sequence[str], others: Mapping[str, WordUsage]
) -> tuple[str, ...]:
    """IOB2 tags without the entities that others leave outside.

    A longer name is kept if one of its words can be a name elsewhere: the other corpora need not
    contain the name.

    Args:
        words: words of a sentence.
        tags: tags of the sentence.
        others: by entity type, the word usage of the other corpora that label this type.

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
    """Entities of a corpus that the others leave outside, in up to 20,000 training sentences."""

    n_entities: int
    n_discordant: int
    examples: tuple[str, ...]
    """The most frequent of these entities as the model sees them, in descending frequency."""

    @property
    def share(self) -> float:
        """Share of the entities that the other corpora leave outside."""
        return self.n_discordant / max(self.n_entities, 1)


@dataclass(frozen=True)
class CorpusView:
    """Up to 20,000 training sentences of a corpus, in the script of the model."""

    corpus: Corpus
    script: str | None

    @cached_property
    def sentences(self) -> list[TaggedWords]:
        """Words in model form, and tags."""
        train = self.corpus.splits.get("train", ())[:_MAX_COMPARED]
        return [(words_to_model_form(s.words, self.script), s.tags) for s in train]

    @cached_property
    def usage(self) -> WordUsage:
        """How the corpus uses its words."""
        return count_usage(self.sentences)

    @cached_property
    def types(self) -> set[str]:
        """The types that the corpus labels. It is no evidence about other types."""
        return {tag[2:] for _, tags in self.sentences for tag in tags if tag != OUTSIDE}


def find_disagreement(
    corpora: Sequence[Corpus], scripts: Sequence[str | None]
) -> list[Disagreement]:
    """Compare the labels of each corpus with those of the other corpora of a training set.

    Args:
        corpora: corpora with training sentences.
        scripts: the script in which the words of each corpus are compared; None is as written.
    """
    views = list(map(CorpusView, corpora, scripts))
    return [_find_disagreement(view.sentences, _others(view, views)) for view in views]


def harmonise_corpora(
    corpora: Sequence[Corpus], scripts: Sequence[str | None], chosen: Sequence[bool]
) -> tuple[Corpus, ...]:
    """The corpora, the chosen ones without the entities that the others leave outside.

    Each is compared with the other corpora as they were read.

    Args:
        corpora: corpora that one model learns from.
        scripts: the script in which the words of each corpus are compared; None is as written.
        chosen: which corpora to harmonise. Test splits are not changed. ``losses`` counts the
            dropped entities (`LEFT_OUT`); ``sha256`` stays the hash of the corpus as read.
    """
    views = list(map(CorpusView, corpora, scripts))
    return tuple(
        _harmonise_corpus(view, _others(view, views)) if wanted else view.corpus
        for view, wanted in zip(views, chosen, strict=True)
    )


def _others(view: CorpusView, views: Sequence[CorpusView]) -> dict[str, WordUsage]:
    """The joint word usage of all other corpora that label a type, by type."""
    # A copy of the same corpus would agree with it in everything.
    others = [other for other in views if other.corpus.sha256 != view.corpus.sha256]
    found: dict[str, WordUsage] = {}
    summed: dict[tuple[int, ...], WordUsage] = {}
    for type_ in view.types:
        # Most types are labelled by the same corpora, so each sum is computed once.
        heard = tuple(i for i, other in enumerate(others) if type_ in other.types)
        if heard not in summed:
            summed[heard] = _add(others[i].usage for i in heard)
        found[type_] = summed[heard]
    return found


def _find_disagreement(
    sentences: Iterable[TaggedWords], others: Mapping[str, WordUsage]
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
        if name == "test"  # scores must stay comparable with those of others
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
