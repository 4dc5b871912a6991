"""Correct, wrong and missing entities of every sentence.

Two readings of a tag sequence, which differ only where it is not valid IOB2:

- ``strict``: an entity is a ``B-`` tag and the ``I-`` tags of the same type right after it. Any
  other ``I-`` tag belongs to no entity. Equals seqeval with ``mode="strict", scheme=IOB2``.
- ``conll``: an ``I-`` tag that continues nothing starts an entity, as in the ``conlleval`` script
  of the CoNLL shared tasks and in seqeval's default. Kinder to a model that forgets the ``B-``.

An entity is correct when its first word, last word and type all are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nerbridge.errors import InputError
from nerbridge.labels import OUTSIDE, Span

Mode = Literal["strict", "conll"]


def read_spans(tags: Sequence[str], mode: Mode = "strict") -> list[Span]:
    """Entities of one sentence, in order; never raises on an IOB2 sequence that is not valid.

    >>> read_spans(["B-PER", "I-PER", "O", "I-LOC"])
    [Span(start_word=0, end_word=2, type='PER')]
    >>> read_spans(["B-PER", "I-PER", "O", "I-LOC"], "conll")[1]
    Span(start_word=3, end_word=4, type='LOC')

    Raises:
        InputError: a tag is not ``O``, ``B-TYPE`` or ``I-TYPE``.
    """
    spans: list[Span] = []
    start, open_type = 0, ""
    for index, tag in enumerate((*tags, OUTSIDE)):
        prefix, _, type_ = tag.partition("-")
        if prefix == "I" and type_ and type_ == open_type:
            continue
        if open_type:
            spans.append(Span(start, index, open_type))
        start, open_type = index, ""
        if type_ and (prefix == "B" or (prefix == "I" and mode == "conll")):
            open_type = type_
        elif tag != OUTSIDE and not (prefix == "I" and type_):
            raise InputError(
                f"word {index}: found tag {tag!r}, expected O, B-TYPE or I-TYPE. "
                "Convert the tags to IOB2 first."
            )
    return spans


def read_all_spans(
    tags: Sequence[Sequence[str]], types: Sequence[str], mode: Mode = "strict"
) -> list[list[Span]]:
    """Entities of many sentences, all of them of the given types.

    Raises:
        InputError: an entity has a type that is not in ``types``.
    """
    known = set(types)
    spans = [read_spans(sentence, mode) for sentence in tags]
    for index, sentence_spans in enumerate(spans):
        for span in sentence_spans:
            if span.type not in known:
                raise InputError(
                    f"sentence {index}, word {span.start_word}: found entity type {span.type!r}, "
                    f"expected one of {', '.join(types)}. Map the type, or score with it included."
                )
    return spans


def check_same_shape(
    gold: Sequence[Sequence[str]], other: Sequence[Sequence[str]], other_name: str
) -> None:
    """Stop unless both hold the same number of sentences, of the same lengths.

    Raises:
        InputError: they do not; ``other_name`` is what the message calls ``other``.
    """
    if len(gold) != len(other):
        raise InputError(
            f"found {len(other)} sentences of {other_name}, expected {len(gold)} as in gold. "
            "Score predictions of the same file."
        )
    for index, (gold_sentence, other_sentence) in enumerate(zip(gold, other, strict=True)):
        if len(gold_sentence) != len(other_sentence):
            raise InputError(
                f"sentence {index}: found {len(other_sentence)} {other_name}, expected "
                f"{len(gold_sentence)} as in gold. Predict one tag per word."
            )


def count_spans(
    gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]], types: Sequence[str]
) -> NDArray[np.int64]:
    """Counts as in :func:`count_entities`, of entities already read.

    Shape: (n_sentences, n_types, 3); the last axis is true positives, false positives, false
    negatives.
    """
    position = {type_: index for index, type_ in enumerate(types)}
    counts = np.zeros((len(gold), len(types), 3), dtype=np.int64)
    for index, (gold_spans, predicted_spans) in enumerate(zip(gold, predicted, strict=True)):
        gold_set, predicted_set = set(gold_spans), set(predicted_spans)
        for span in gold_set | predicted_set:
            column = 0 if span in gold_set and span in predicted_set else 1 + (span in gold_set)
            counts[index, position[span.type], column] += 1
    return counts


def count_entities(
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    types: Sequence[str],
    mode: Mode = "strict",
) -> NDArray[np.int64]:
    """Count correct, spurious and missed entities per sentence and type.

    Shape: (n_sentences, n_types, 3); types in the given order, the last axis is true positives,
    false positives, false negatives. Summing over any axes but the last stays a valid count.

    >>> count_entities([["B-PER", "O"]], [["B-PER", "B-LOC"]], ["PER", "LOC"]).tolist()
    [[[1, 0, 0], [0, 1, 0]]]

    Raises:
        InputError: different lengths, a malformed tag, or a type that is not in ``types``.
    """
    check_same_shape(gold, predicted, "predicted tags")
    return count_spans(
        read_all_spans(gold, types, mode), read_all_spans(predicted, types, mode), types
    )


def counts_to_f1(counts: NDArray[np.integer] | NDArray[np.floating]) -> NDArray[np.float64]:
    """F1 of counts: ``2 tp / (2 tp + fp + fn)``.

    Nothing against nothing (no gold, no predicted entity) is 0, as in seqeval.

    Shape: (..., 3) to (...).

    >>> counts_to_f1(np.array([[1, 1, 0], [0, 0, 0]])).round(3).tolist()
    [0.667, 0.0]
    """
    tp, fp, fn = counts[..., 0], counts[..., 1], counts[..., 2]
    return np.asarray(2 * tp / np.maximum(2 * tp + fp + fn, 1), dtype=np.float64)
