"""All scores of one set of predictions against one labelled split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from nerbridge.errors import InputError
from nerbridge.evaluation.counts import (
    check_same_shape,
    count_spans,
    counts_to_f1,
    read_all_spans,
    read_spans,
)
from nerbridge.evaluation.matching import Match, match_entities, mention_of
from nerbridge.labels import OUTSIDE, Mention, Span

LENGTHS = ("1", "2", "3", "4+")

TagsBySentence = Sequence[Sequence[str]]
WordsBySentence = Sequence[Sequence[str]]
Spans = list[list[Span]]


@dataclass(frozen=True, slots=True)
class TypeScore:
    """Strict scores of one group of entities (a type, a length). Of nothing, all are 0."""

    precision: float
    recall: float
    f1: float
    n_gold: int
    n_predicted: int
    n_correct: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one set of predictions. Plain values only: ``dataclasses.asdict`` is JSON.

    ``*_strict`` and everything derived from entities use the strict reading, ``f1_conll`` the
    lenient one (see :mod:`nerbridge.evaluation.counts`). All are micro averages over types.

    Attributes:
        f1_leak_free: strict F1 on the sentences not marked as leaked. None if leaks were not
            looked for, or no sentence is left.
        n_leaked: sentences marked as leaked; None if leaks were not looked for.
        per_length: by number of words: precision over predicted, recall over gold entities of
            that length.
        recall_seen: recall of the gold mentions whose exact words carry the same type somewhere
            in the training sentences. None if there are none, or ``known`` was not given.
        recall_unseen: the same for all other gold mentions.
        n_seen: number of such gold mentions; None if ``known`` was not given.
        n_boundary_errors: right type, wrong words. This and the next four: each entity is counted
            once, as defined in :mod:`nerbridge.evaluation.matching`.
        n_type_errors: right words, wrong type.
        n_boundary_and_type_errors: words overlap, but neither they nor the type are right.
        n_missed: gold entities without any overlapping prediction of their own.
        n_spurious: predicted entities without any overlapping gold entity of their own.
        confusion: ``confusion[gold type][predicted type]`` over matched entities, whether or not
            their boundaries agree; ``"O"`` stands for no entity (missed, spurious).
        counts: strict true positives, false positives, false negatives per sentence, over all
            types. Shape: (n_sentences, 3).
    """

    n_sentences: int
    n_words: int
    n_gold: int
    n_predicted: int
    n_correct: int
    precision_strict: float
    recall_strict: float
    f1_strict: float
    f1_conll: float
    f1_leak_free: float | None
    n_leaked: int | None
    per_type: dict[str, TypeScore]
    per_length: dict[str, TypeScore]
    recall_seen: float | None
    recall_unseen: float | None
    n_seen: int | None
    n_unseen: int | None
    n_boundary_errors: int
    n_type_errors: int
    n_boundary_and_type_errors: int
    n_missed: int
    n_spurious: int
    confusion: dict[str, dict[str, int]]
    counts: list[list[int]]


def score_predictions(
    words: WordsBySentence,
    gold: TagsBySentence,
    predicted: TagsBySentence,
    types: Sequence[str],
    *,
    known: Set[Mention] | None = None,
    leaked: Sequence[bool] | None = None,
) -> Scores:
    """Score predicted tags against gold tags, sentence by sentence.

    Args:
        words: the words of every sentence.
        gold: their gold IOB2 tags.
        predicted: their predicted tags, which may be invalid IOB2.
        types: all entity types; others are an error.
        known: the `find_mentions` of the training sentences, in the same form (script) as
            ``words``.
        leaked: per sentence, whether it was also in training.

    Raises:
        InputError: lengths differ, a tag is malformed, or a type is not in ``types``.
    """
    check_same_shape(gold, words, "words")
    check_same_shape(gold, predicted, "predicted tags")
    gold_spans = read_all_spans(gold, types)
    predicted_spans = read_all_spans(predicted, types)
    counts = count_spans(gold_spans, predicted_spans, types)
    overall = _counts_to_score(counts.sum(axis=(0, 1)))
    matches = list(chain.from_iterable(map(match_entities, gold_spans, predicted_spans)))
    kinds = Counter(match.kind for match in matches)
    n_leaked, f1_leak_free = _score_leaks(counts, leaked)
    n_seen, n_unseen, recall_seen, recall_unseen = _score_seen(
        words, gold_spans, predicted_spans, known
    )
    return Scores(
        n_sentences=len(gold),
        n_words=sum(map(len, gold)),
        n_gold=overall.n_gold,
        n_predicted=overall.n_predicted,
        n_correct=overall.n_correct,
        precision_strict=overall.precision,
        recall_strict=overall.recall,
        f1_strict=overall.f1,
        f1_conll=_score_conll(gold, predicted, types),
        f1_leak_free=f1_leak_free,
        n_leaked=n_leaked,
        per_type={
            type_: _counts_to_score(of_type)
            for type_, of_type in zip(types, counts.sum(axis=0), strict=True)
        },
        per_length=_score_groups(gold_spans, predicted_spans, _length_group, LENGTHS),
        recall_seen=recall_seen,
        recall_unseen=recall_unseen,
        n_seen=n_seen,
        n_unseen=n_unseen,
        n_boundary_errors=kinds["boundary"],
        n_type_errors=kinds["type"],
        n_boundary_and_type_errors=kinds["boundary_and_type"],
        n_missed=kinds["missed"],
        n_spurious=kinds["spurious"],
        confusion=_count_confusion(matches, types),
        counts=counts.sum(axis=1).tolist(),
    )


def find_mentions(words: WordsBySentence, tags: TagsBySentence) -> frozenset[Mention]:
    """The different entities of sentences, each as its type and words.

    >>> find_mentions([["New", "Delhi", "today"]], [["B-LOC", "I-LOC", "O"]])
    frozenset({('LOC', 'New', 'Delhi')})
    """
    pairs = zip(words, tags, strict=True)
    return frozenset(mention_of(sentence, span) for sentence, t in pairs for span in read_spans(t))


def _counts_to_score(counts: NDArray[np.int64]) -> TypeScore:
    """Score of one (tp, fp, fn)."""
    tp, fp, fn = (int(count) for count in counts)
    return TypeScore(
        precision=tp / max(tp + fp, 1),
        recall=tp / max(tp + fn, 1),
        f1=float(counts_to_f1(counts)),
        n_gold=tp + fn,
        n_predicted=tp + fp,
        n_correct=tp,
    )


def _score_conll(gold: TagsBySentence, predicted: TagsBySentence, types: Sequence[str]) -> float:
    counts = count_spans(
        read_all_spans(gold, types, "conll"), read_all_spans(predicted, types, "conll"), types
    )
    return float(counts_to_f1(counts.sum(axis=(0, 1))))


def _score_leaks(
    counts: NDArray[np.int64], leaked: Sequence[bool] | None
) -> tuple[int | None, float | None]:
    """Number of leaked sentences, and strict F1 on the others."""
    if leaked is None:
        return None, None
    if len(leaked) != len(counts):
        raise InputError(
            f"found {len(leaked)} leak flags, expected {len(counts)}, one per sentence. "
            "Audit the split that is scored."
        )
    kept = counts[~np.asarray(leaked, dtype=bool)]
    f1 = float(counts_to_f1(kept.sum(axis=(0, 1)))) if len(kept) else None
    return len(counts) - len(kept), f1


def _length_group(span: Span) -> str:
    return LENGTHS[min(span.end_word - span.start_word, len(LENGTHS)) - 1]


def _score_groups(
    gold: Spans, predicted: Spans, group: Callable[[Span], str], groups: Sequence[str]
) -> dict[str, TypeScore]:
    """Scores by a property of the entity itself, which both gold and predicted entities have."""
    n_gold = Counter(map(group, chain.from_iterable(gold)))
    n_predicted = Counter(map(group, chain.from_iterable(predicted)))
    n_correct = Counter(map(group, _correct_spans(gold, predicted)))
    return {
        name: _counts_to_score(
            np.array(
                [
                    n_correct[name],
                    n_predicted[name] - n_correct[name],
                    n_gold[name] - n_correct[name],
                ]
            )
        )
        for name in groups
    }


def _correct_spans(gold: Spans, predicted: Spans) -> Iterable[Span]:
    pairs = zip(gold, predicted, strict=True)
    return chain.from_iterable(set(g) & set(p) for g, p in pairs)


def _score_seen(
    words: WordsBySentence, gold: Spans, predicted: Spans, known: Set[Mention] | None
) -> tuple[int | None, int | None, float | None, float | None]:
    """Number of gold mentions seen and not seen in training, and the recall of each."""
    if known is None:
        return None, None, None, None
    n_gold: Counter[bool] = Counter()
    n_correct: Counter[bool] = Counter()
    for sentence, gold_spans, predicted_spans in zip(words, gold, predicted, strict=True):
        for span in gold_spans:
            is_seen = mention_of(sentence, span) in known
            n_gold[is_seen] += 1
            n_correct[is_seen] += span in predicted_spans
    recall = {key: n_correct[key] / n_gold[key] if n_gold[key] else None for key in (True, False)}
    return n_gold[True], n_gold[False], recall[True], recall[False]


def _count_confusion(matches: Iterable[Match], types: Sequence[str]) -> dict[str, dict[str, int]]:
    names = (*types, OUTSIDE)
    confusion = {gold: dict.fromkeys(names, 0) for gold in names}
    for match in matches:
        gold = match.gold.type if match.gold else OUTSIDE
        predicted = match.predicted.type if match.predicted else OUTSIDE
        confusion[gold][predicted] += 1
    return confusion
