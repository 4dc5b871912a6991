"""Which predicted entity answers which gold entity, and what is wrong with it.

Every gold and every predicted entity of a sentence is used once, in this order:

1. ``correct``: same words, same type.
2. ``type``: same words, another type.
3. ``boundary``: words overlap, same type.
4. ``boundary_and_type``: words overlap, another type.
5. What is left: a gold entity is ``missed``, a predicted one ``spurious``.

In steps 3 and 4 the pair sharing most words goes first; ties go to the leftmost gold entity, then
to the leftmost predicted one. So two predictions inside one gold entity are one boundary error and
one spurious entity. It follows that::

    n_gold      = correct + type + boundary + boundary_and_type + missed
    n_predicted = correct + type + boundary + boundary_and_type + spurious
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from nerbridge.labels import Mention, Span

MatchKind = Literal["correct", "type", "boundary", "boundary_and_type", "missed", "spurious"]


@dataclass(frozen=True, slots=True)
class Match:
    """A gold entity and its prediction; one of them is None where the other stands alone."""

    kind: MatchKind
    gold: Span | None
    predicted: Span | None


def _overlap(gold: Span, predicted: Span) -> int:
    """Number of words both cover; not positive if they share none."""
    return min(gold.end_word, predicted.end_word) - max(gold.start_word, predicted.start_word)


def _is_same_words(gold: Span, predicted: Span) -> bool:
    return (gold.start_word, gold.end_word) == (predicted.start_word, predicted.end_word)


_STEPS: tuple[tuple[MatchKind, Callable[[Span, Span], bool]], ...] = (
    ("correct", lambda gold, predicted: gold == predicted),
    ("type", _is_same_words),
    ("boundary", lambda gold, predicted: gold.type == predicted.type),
    ("boundary_and_type", lambda gold, predicted: True),
)


def match_entities(gold: Sequence[Span], predicted: Sequence[Span]) -> list[Match]:
    """Pair the entities of one sentence by the rules above, in order of position.

    >>> [match.kind for match in match_entities([Span(0, 2, "PER")], [Span(0, 1, "PER")])]
    ['boundary']
    """
    pairs = [(g, p) for g in gold for p in predicted if _overlap(g, p) > 0]
    pairs.sort(key=lambda pair: (-_overlap(*pair), pair[0], pair[1]))
    free_gold, free_predicted = set(gold), set(predicted)
    matches = []
    for kind, fits in _STEPS:
        for g, p in pairs:
            if g in free_gold and p in free_predicted and fits(g, p):
                matches.append(Match(kind, g, p))
                free_gold.remove(g)
                free_predicted.remove(p)
    matches += [Match("missed", span, None) for span in free_gold]
    matches += [Match("spurious", None, span) for span in free_predicted]
    return sorted(matches, key=_position)


def mention_of(words: Sequence[str], span: Span) -> Mention:
    """Type and words of an entity: what makes two mentions the same.

    >>> mention_of(["New", "Delhi", "today"], Span(0, 2, "LOC"))
    ('LOC', 'New', 'Delhi')
    """
    return (span.type, *words[span.start_word : span.end_word])


def _position(match: Match) -> tuple[int, bool]:
    """Sort key: first word of the gold entity, or else of the predicted one, which goes second."""
    if match.gold is not None:
        return match.gold.start_word, False
    return (match.predicted.start_word if match.predicted else 0), True
