"""Entity types, tags and tagging schemes.

A *type* is ``PER``; a *tag* is ``B-PER``; a *label id* is an index into ``LabelSet.tags``.
Inside nerbridge all tags are IOB2; other schemes exist only at the edge (see ``corpus``).

A scheme is a table of the transitions between two neighbouring tags. ``_TRANSITIONS`` says for
each pair of prefixes whether it may stand with the same type, with another type, or not at all;
everything here reads it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

OUTSIDE = "O"
DEFAULT_TYPES = ("PER", "ORG", "LOC")

Mention = tuple[str, ...]
"""Type and words of an entity."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """An entity over words: ``words[start_word:end_word]`` (half-open)."""

    start_word: int
    end_word: int
    type: str


@dataclass(frozen=True)
class LabelSet:
    """The entity types of a task, in a fixed order, and the IOB2 tags they give.

    ``inside_costs`` is for models that others trained on other schemes: for every type, what it
    costs (in nats) that a tag ``I-X`` begins an entity. Empty: no such tag may, as in IOB2.

    >>> LabelSet(("PER", "LOC")).tags
    ('O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC')
    """

    types: tuple[str, ...] = DEFAULT_TYPES
    inside_costs: tuple[float, ...] = ()

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """All tags; the position of a tag is its label id."""
        return (OUTSIDE, *(f"{prefix}-{type_}" for type_ in self.types for prefix in "BI"))

    @cached_property
    def tag_to_id(self) -> dict[str, int]:
        """Label id of every tag."""
        return {tag: index for index, tag in enumerate(self.tags)}


class Scheme(StrEnum):
    """How spans are written as tags.

    ``IOB2``: B begins every entity, I goes on. ``IOB1``: I, and B only for an entity right
    behind another of its type. ``IO``: I only, so touching entities of a type are one. ``IOBES``:
    B, I, E (end) and S (single). ``BILOU``: the same with L for E and U for S.
    """

    IOB1 = "iob1"
    IOB2 = "iob2"
    IOBES = "iobes"
    BILOU = "bilou"
    IO = "io"


_BEGIN, _CONTINUE, _LEAVE = "begin", "continue", "leave"

# What a tag does after another tag: (if both have the same type, if not); None is not allowed.
# The start and the end of a sentence count as O, and O has no type of its own.
_Move = tuple[str | None, str | None]
_OUT: _Move = (_LEAVE, _LEAVE)
_NEW: _Move = (_BEGIN, _BEGIN)
_JOIN: _Move = (_CONTINUE, None)
_JOIN_OR_NEW: _Move = (_CONTINUE, _BEGIN)
_SPLIT: _Move = (_BEGIN, None)
_JOINS = {_JOIN, _JOIN_OR_NEW}

_AFTER_IOB1: dict[str, _Move] = {"O": _OUT, "I": _JOIN_OR_NEW, "B": _SPLIT}
_AFTER_IOB2: dict[str, _Move] = {"O": _OUT, "B": _NEW, "I": _JOIN}
_OUTSIDE_IOBES: dict[str, _Move] = {"O": _OUT, "B": _NEW, "S": _NEW}
_INSIDE_IOBES: dict[str, _Move] = {"I": _JOIN, "E": _JOIN}
_OUTSIDE_BILOU: dict[str, _Move] = {"O": _OUT, "B": _NEW, "U": _NEW}
_INSIDE_BILOU: dict[str, _Move] = {"I": _JOIN, "L": _JOIN}

_TRANSITIONS: dict[Scheme, dict[str, dict[str, _Move]]] = {
    Scheme.IOB1: {"O": {"O": _OUT, "I": _NEW}, "I": _AFTER_IOB1, "B": _AFTER_IOB1},
    Scheme.IOB2: {"O": {"O": _OUT, "B": _NEW}, "B": _AFTER_IOB2, "I": _AFTER_IOB2},
    Scheme.IO: {"O": {"O": _OUT, "I": _NEW}, "I": {"O": _OUT, "I": _JOIN_OR_NEW}},
    Scheme.IOBES: {
        "O": _OUTSIDE_IOBES,
        "B": _INSIDE_IOBES,
        "I": _INSIDE_IOBES,
        "E": _OUTSIDE_IOBES,
        "S": _OUTSIDE_IOBES,
    },
    Scheme.BILOU: {
        "O": _OUTSIDE_BILOU,
        "B": _INSIDE_BILOU,
        "I": _INSIDE_BILOU,
        "L": _OUTSIDE_BILOU,
        "U": _OUTSIDE_BILOU,
    },
}

_LENIENT_PREFIXES = frozenset("OBIESLU")
_DETECTION_ORDER = (Scheme.IOB2, Scheme.IO, Scheme.IOB1, Scheme.IOBES, Scheme.BILOU)


def find_invalid_tags(tags: Sequence[str], scheme: Scheme) -> list[tuple[int, str]]:
    """Position and reason of every tag that the scheme does not allow where it stands.

    The reason is a fragment for a message that names file and line. A tag that must be continued
    but ends the sentence is reported at its own position.

    >>> find_invalid_tags(["O", "I-LOC"], Scheme.IOB2)
    [(1, "tag 'I-LOC' follows 'O'")]
    >>> find_invalid_tags(["B-LOC"], Scheme.IOBES)
    [(0, "tag 'B-LOC' ends the sentence")]
    """
    invalid: list[tuple[int, str]] = []
    previous = OUTSIDE
    for index, tag in enumerate(tags):
        if not _is_tag(tag, scheme):
            expected = ", ".join(p if p == OUTSIDE else f"{p}-TYPE" for p in _TRANSITIONS[scheme])
            invalid.append((index, f"tag {tag!r} is not one of {expected}"))
            previous = OUTSIDE
            continue
        if _move(scheme, previous, tag) is None:
            place = f"follows {tags[index - 1]!r}" if index else "begins the sentence"
            invalid.append((index, f"tag {tag!r} {place}"))
        previous = tag
    if _move(scheme, previous, OUTSIDE) is None:
        invalid.append((len(tags) - 1, f"tag {tags[-1]!r} ends the sentence"))
    return invalid


def tags_to_spans(tags: Sequence[str], scheme: Scheme = Scheme.IOB2) -> list[Span]:
    """The entities of one sentence, in order; a strict reading.

    Raises:
        ValueError: a tag is not allowed where it stands.

    >>> tags_to_spans(["B-PER", "I-PER", "O", "B-LOC"])
    [Span(start_word=0, end_word=2, type='PER'), Span(start_word=3, end_word=4, type='LOC')]
    """
    invalid = find_invalid_tags(tags, scheme)
    if invalid:
        index, why = invalid[0]
        raise ValueError(
            f"word {index}: {why}, not allowed in {scheme.name}. Name the scheme of the tags, "
            "or repair them first."
        )
    previous_tags = (OUTSIDE, *tags)
    moves = [
        _move(scheme, previous, tag) for previous, tag in zip(previous_tags, tags, strict=False)
    ]
    return _moves_to_spans(tags, moves)


def spans_to_tags(spans: Iterable[Span], n_words: int, scheme: Scheme = Scheme.IOB2) -> list[str]:
    """One tag per word for the entities of one sentence, given in any order.

    ``Scheme.IO`` cannot tell touching entities of one type apart: they come back as one.

    Raises:
        ValueError: a span is empty, lies outside the sentence, or overlaps another.

    >>> spans_to_tags([Span(0, 1, "PER"), Span(1, 3, "PER")], 3, Scheme.IOB1)
    ['I-PER', 'B-PER', 'I-PER']
    """
    tags = [OUTSIDE] * n_words
    free_from = 0
    for span in sorted(spans):
        if not free_from <= span.start_word < span.end_word <= n_words:
            raise ValueError(
                f"{span} does not fit a sentence of {n_words} words in which words before "
                f"{free_from} are taken; expected spans of one word or more without overlap."
            )
        for word in range(span.start_word, span.end_word):
            previous = tags[word - 1] if word else OUTSIDE
            is_first, is_last = word == span.start_word, word == span.end_word - 1
            tags[word] = _choose_tag(scheme, previous, span.type, is_first, is_last)
        free_from = span.end_word
    return tags


def convert_tags(tags: Sequence[str], source: Scheme, target: Scheme) -> list[str]:
    """The same entities written in another scheme.

    Raises:
        ValueError: a tag is not allowed in ``source`` where it stands.

    >>> convert_tags(["B-PER", "I-PER", "O"], Scheme.IOB2, Scheme.IOBES)
    ['B-PER', 'E-PER', 'O']
    """
    return spans_to_tags(tags_to_spans(tags, source), len(tags), target)


def repair_tags(tags: Sequence[str], scheme: Scheme) -> tuple[list[str], int]:
    """Valid tags for the entities that conlleval would read, and how many tags that changed.

    An entity also begins at an I (or E, L) after O or after another type, and ends where the next
    one begins. Prefixes of other schemes are understood. Valid tags do not change.

    Source: the CoNLL-2000 script conlleval, ``startOfChunk`` and ``endOfChunk``.

    Raises:
        ValueError: a tag is neither O nor a prefix out of B, I, E, S, L, U and a type.

    >>> repair_tags(["O", "I-PER", "I-LOC"], Scheme.IOB2)
    (['O', 'B-PER', 'B-LOC'], 2)
    """
    moves: list[str | None] = []
    previous_prefix, previous_type = OUTSIDE, ""
    for index, tag in enumerate(tags):
        prefix, type_ = _split_tag(tag)
        if prefix not in _LENIENT_PREFIXES or bool(type_) == (prefix == OUTSIDE):
            raise ValueError(
                f"word {index}: tag {tag!r} cannot be repaired; expected O or one of B-, I-, E-, "
                "S-, L-, U- and a type. Correct it in the file."
            )
        if prefix == OUTSIDE:
            moves.append(_LEAVE)
        elif prefix in "BSU" or previous_prefix in "OESLU" or type_ != previous_type:
            moves.append(_BEGIN)
        else:
            moves.append(_CONTINUE)
        previous_prefix, previous_type = prefix, type_
    repaired = spans_to_tags(_moves_to_spans(tags, moves), len(tags), scheme)
    return repaired, sum(old != new for old, new in zip(tags, repaired, strict=True))


def detect_scheme(tag_sequences: Iterable[Sequence[str]]) -> Scheme:
    """The scheme that the tags of a file are written in.

    This is the first of IOB2, IO, IOB1, IOBES, BILOU in which all tags are valid. Tags that fit
    several schemes are therefore read as follows:

    - only O, or only one-word entities written B: IOB2;
    - only I and O: IO, which reads the same as IOB1 without B;
    - B only right behind an entity of the same type, I elsewhere: IOB1;
    - any S or E: IOBES; any U or L: BILOU.

    If no scheme is valid, the one with the fewest invalid tags is chosen, in the same order. So a
    few mistakes in a file do not change its scheme.

    >>> detect_scheme([["O", "I-PER", "B-PER"]])
    <Scheme.IOB1: 'iob1'>
    """
    # A scheme is a set of allowed pairs of tags, so counting pairs reads the file only once.
    pairs: Counter[tuple[str, str]] = Counter()
    for tags in tag_sequences:
        pairs.update(pairwise((OUTSIDE, *tags, OUTSIDE)))
    n_invalid = {
        scheme: sum(n for (one, two), n in pairs.items() if not _is_allowed(scheme, one, two))
        for scheme in _DETECTION_ORDER
    }
    return min(_DETECTION_ORDER, key=n_invalid.__getitem__)


def allowed_transitions(label_set: LabelSet) -> npt.NDArray[np.bool_]:
    """Which label id may follow which, in IOB2. Shape: (n_tags + 1, n_tags).

    Row: the tag before; the last row is the start of a sentence. Column: the tag. Any tag may
    end a sentence.

    >>> allowed_transitions(LabelSet(("PER",))).astype(int).tolist()
    [[1, 1, 0], [1, 1, 1], [1, 1, 1], [1, 1, 0]]
    """
    return np.array(
        [
            [_is_allowed(Scheme.IOB2, previous, tag) for tag in label_set.tags]
            for previous in (*label_set.tags, OUTSIDE)
        ],
        dtype=np.bool_,
    )


def transition_costs(label_set: LabelSet) -> npt.NDArray[np.float64]:
    """The cost, in nats, of each transition between label ids. Shape as `allowed_transitions`.

    A forbidden transition costs infinity, and an allowed one costs 0. An ``I-X`` that begins an
    entity costs what the label set says.

    >>> transition_costs(LabelSet(("PER",), (3.0,))).tolist()
    [[0.0, 0.0, 3.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 3.0]]
    """
    costs = np.where(allowed_transitions(label_set), 0.0, np.inf)
    ids = label_set.tag_to_id
    for type_, cost in zip(label_set.types, label_set.inside_costs, strict=False):
        column = costs[:, ids[f"I-{type_}"]]
        column[np.isinf(column)] = cost
    return costs


def begin_with_b(tags: Sequence[str]) -> list[str]:
    """The same entities with ``B-X`` at every beginning: an ``I-X`` behind another type begins.

    >>> begin_with_b(["I-PER", "I-PER", "I-LOC", "O"])
    ['B-PER', 'I-PER', 'B-LOC', 'O']
    """
    found = []
    for previous, tag in pairwise((OUTSIDE, *tags)):
        begins = tag[:2] == "I-" and tag[2:] != previous[2:]
        found.append(f"B-{tag[2:]}" if begins else tag)
    return found


def _split_tag(tag: str) -> tuple[str, str]:
    prefix, _, type_ = tag.partition("-")
    return prefix, type_


@cache
def _is_tag(tag: str, scheme: Scheme) -> bool:
    prefix, type_ = _split_tag(tag)
    return tag == OUTSIDE or (prefix != OUTSIDE and prefix in _TRANSITIONS[scheme] and type_ != "")


@cache
def _move(scheme: Scheme, previous: str, tag: str) -> str | None:
    """The move of ``tag`` after ``previous``; None if the scheme does not allow it."""
    previous_prefix, previous_type = _split_tag(previous)
    prefix, type_ = _split_tag(tag)
    moves = _TRANSITIONS[scheme][previous_prefix].get(prefix, (None, None))
    return moves[0] if previous_type == type_ else moves[1]


def _is_allowed(scheme: Scheme, previous: str, tag: str) -> bool:
    return (
        _is_tag(previous, scheme)
        and _is_tag(tag, scheme)
        and _move(scheme, previous, tag) is not None
    )


def _moves_to_spans(tags: Sequence[str], moves: Sequence[str | None]) -> list[Span]:
    spans: list[Span] = []
    start: int | None = None
    for index, move in enumerate((*moves, _LEAVE)):
        if start is not None and move != _CONTINUE:
            spans.append(Span(start, index, _split_tag(tags[start])[1]))
            start = None
        if move == _BEGIN:
            start = index
    return spans


@cache
def _choose_tag(scheme: Scheme, previous: str, type_: str, is_first: bool, is_last: bool) -> str:
    """The tag of a word of an entity: the prefix with the right move that can go on as needed."""
    table = _TRANSITIONS[scheme]
    fitting = [
        prefix
        for prefix in table
        if prefix != OUTSIDE
        and (OUTSIDE in table[prefix] if is_last else _JOINS & set(table[prefix].values()))
    ]
    # IO cannot begin an entity right after one of the same type; there the two are joined.
    for wanted in (_BEGIN, _CONTINUE) if is_first else (_CONTINUE,):
        for prefix in fitting:
            tag = f"{prefix}-{type_}"
            if _move(scheme, previous, tag) == wanted:
                return tag
    raise ValueError(f"{scheme.name} has no tag for {type_} after {previous!r}.")
