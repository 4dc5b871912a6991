"""The most frequent wrong entities, with a sentence to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nerbridge.evaluation.counts import check_same_shape, read_spans
from nerbridge.evaluation.matching import Match, MatchKind, match_entities, mention_of
from nerbridge.labels import Span

_Group = tuple[MatchKind, tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ErrorExample:
    """One error and how often it was made.

    Attributes:
        kind: what is wrong, as in :mod:`nerbridge.evaluation.matching`.
        words: the first sentence it was made in.
        gold: the gold entity, or empty if it is spurious.
        predicted: the predicted entity, or empty if it was missed.
        count: how often it was made: same kind, same words and type on either side.
    """

    kind: MatchKind
    words: tuple[str, ...]
    gold: tuple[Span, ...]
    predicted: tuple[Span, ...]
    count: int


def frequent_errors(
    words: Sequence[Sequence[str]],
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    n: int,
) -> list[ErrorExample]:
    """The ``n`` most frequent errors, most frequent first, then in order of appearance.

    Errors are the same if kind, type and words of the gold and of the predicted entity are.

    >>> [error] = frequent_errors([["Tezpur"]], [["B-LOC"]], [["O"]], n=1)
    >>> error.kind, error.count, error.gold
    ('missed', 1, (Span(start_word=0, end_word=1, type='LOC'),))

    Raises:
        InputError: lengths differ, or a tag is malformed.
    """
    check_same_shape(gold, words, "words")
    check_same_shape(gold, predicted, "predicted tags")
    counts: Counter[_Group] = Counter()
    first: dict[_Group, tuple[int, Match]] = {}
    for index, sentence in enumerate(words):
        for match in match_entities(read_spans(gold[index]), read_spans(predicted[index])):
            if match.kind != "correct":
                group = _group(sentence, match)
                counts[group] += 1
                first.setdefault(group, (index, match))
    return [
        _example(words[first[group][0]], first[group][1], count)
        for group, count in counts.most_common(n)
    ]


def _group(words: Sequence[str], match: Match) -> _Group:
    gold, predicted = (
        () if span is None else mention_of(words, span) for span in (match.gold, match.predicted)
    )
    return match.kind, gold, predicted


def _example(words: Sequence[str], match: Match, count: int) -> ErrorExample:
    gold = () if match.gold is None else (match.gold,)
    predicted = () if match.predicted is None else (match.predicted,)
    return ErrorExample(match.kind, tuple(words), gold, predicted, count)
