import itertools
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import BILOU, IOB1, IOB2, IOBES, Entities

from nerbridge.labels import (
    LabelSet,
    Scheme,
    Span,
    allowed_transitions,
    convert_tags,
    detect_scheme,
    find_invalid_tags,
    repair_tags,
    spans_to_tags,
    tags_to_spans,
)

# The same examples on every run, and no failure because the machine is busy.
properties = settings(
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
TYPES = ("PER", "LOC")
PREFIXES = {
    Scheme.IOB1: "IB",
    Scheme.IOB2: "BI",
    Scheme.IO: "I",
    Scheme.IOBES: "BIES",
    Scheme.BILOU: "BILU",
}
SEQEVAL_SCHEMES = {
    Scheme.IOB1: IOB1,
    Scheme.IOB2: IOB2,
    Scheme.IOBES: IOBES,
    Scheme.BILOU: BILOU,
}
schemes = pytest.mark.parametrize("scheme", list(Scheme))


def _tags(prefixes: str) -> list[str]:
    return ["O", *(f"{prefix}-{type_}" for prefix in prefixes for type_ in TYPES)]


def any_tags(prefixes: str = "BIESLU") -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(_tags(prefixes)), max_size=8)


@st.composite
def sentences(draw: st.DrawFn) -> tuple[list[Span], int]:
    """Entities without overlap, often touching, and the number of words."""
    spans, position = [], 0
    for gap, length, type_ in draw(
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from(TYPES)), max_size=4
        )
    ):
        spans.append(Span(position + gap, position + gap + length, type_))
        position += gap + length
    return spans, position + draw(st.integers(0, 2))


# The valid tag sequences of each scheme as a regular language; {t} is a type.
LANGUAGES = {
    Scheme.IOB2: "B-{t} (I-{t} )*",
    Scheme.IO: "I-{t} ",
    Scheme.IOB1: "I-{t} ((I|B)-{t} )*",
    Scheme.IOBES: "(S-{t} |B-{t} (I-{t} )*E-{t} )",
    Scheme.BILOU: "(U-{t} |B-{t} (I-{t} )*L-{t} )",
}


@schemes
def test_validity_agrees_with_a_regular_expression_on_all_short_sequences(scheme: Scheme) -> None:
    entities = "|".join(LANGUAGES[scheme].replace("{t}", type_) for type_ in TYPES)
    language = re.compile(f"(O |{entities})*")
    for length in range(4):
        for tags in itertools.product(_tags(PREFIXES[scheme]), repeat=length):
            is_valid = language.fullmatch("".join(f"{tag} " for tag in tags)) is not None
            assert (find_invalid_tags(tags, scheme) == []) == is_valid, tags


@schemes
@given(sentence=sentences())
@properties
def test_spans_come_back_from_tags(scheme: Scheme, sentence: tuple[list[Span], int]) -> None:
    spans, n_words = sentence
    tags = spans_to_tags(spans, n_words, scheme)
    assert len(tags) == n_words
    assert find_invalid_tags(tags, scheme) == []
    assert tags_to_spans(tags, scheme) == (_merged(spans) if scheme is Scheme.IO else spans)


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in spans:
        if merged and (merged[-1].end_word, merged[-1].type) == (span.start_word, span.type):
            span = Span(merged.pop().start_word, span.end_word, span.type)
        merged.append(span)
    return merged


@schemes
@given(sentence=sentences())
@properties
def test_conversion_to_iob2_and_back_changes_nothing(
    scheme: Scheme, sentence: tuple[list[Span], int]
) -> None:
    tags = spans_to_tags(*sentence, scheme)
    assert convert_tags(convert_tags(tags, scheme, Scheme.IOB2), Scheme.IOB2, scheme) == tags


@pytest.mark.parametrize("scheme", list(SEQEVAL_SCHEMES))
@given(sentence=sentences())
@properties
def test_strict_reading_agrees_with_seqeval(
    scheme: Scheme, sentence: tuple[list[Span], int]
) -> None:
    tags = spans_to_tags(*sentence, scheme)
    assume(tags)
    entities = Entities([tags], SEQEVAL_SCHEMES[scheme]).entities[0]
    assert tags_to_spans(tags, scheme) == [Span(e.start, e.end, e.tag) for e in entities]


@given(tags=any_tags("BIES"))
@properties
def test_repair_keeps_the_entities_that_conlleval_reads(tags: list[str]) -> None:
    lenient = [Span(start, last + 1, type_) for type_, start, last in get_entities(tags)]
    repaired, n_changed = repair_tags(tags, Scheme.IOB2)
    assert tags_to_spans(repaired) == lenient
    assert n_changed == sum(old != new for old, new in zip(tags, repaired, strict=True))


@schemes
@given(tags=any_tags())
@properties
def test_repaired_tags_are_valid_and_stay(scheme: Scheme, tags: list[str]) -> None:
    repaired, _ = repair_tags(tags, scheme)
    assert find_invalid_tags(repaired, scheme) == []
    assert repair_tags(repaired, scheme) == (repaired, 0)


@pytest.mark.parametrize("tag", ["", "-PER", "X-PER", "PER", "B-", "O-PER", "B", "BI-PER", "o"])
def test_what_is_no_tag_is_neither_valid_nor_repaired(tag: str) -> None:
    ((index, why),) = find_invalid_tags(["O", tag], Scheme.IOB2)
    assert (index, why) == (1, f"tag {tag!r} is not one of O, B-TYPE, I-TYPE")
    with pytest.raises(ValueError, match=r"word 1: tag .* cannot be repaired"):
        repair_tags(["O", tag], Scheme.IOB2)


@pytest.mark.parametrize(
    ("tags", "scheme", "invalid"),
    [
        (["O", "I-LOC"], Scheme.IOB2, [(1, "tag 'I-LOC' follows 'O'")]),
        (["I-LOC"], Scheme.IOB2, [(0, "tag 'I-LOC' begins the sentence")]),
        (["B-PER", "I-LOC"], Scheme.IOB2, [(1, "tag 'I-LOC' follows 'B-PER'")]),
        (["B-PER", "I-PER"], Scheme.IOBES, [(1, "tag 'I-PER' ends the sentence")]),
        (["O", "B-PER"], Scheme.IOB1, [(1, "tag 'B-PER' follows 'O'")]),
        (["U-PER", "L-PER"], Scheme.BILOU, [(1, "tag 'L-PER' follows 'U-PER'")]),
    ],
)
def test_reasons(tags: list[str], scheme: Scheme, invalid: list[tuple[int, str]]) -> None:
    assert find_invalid_tags(tags, scheme) == invalid


def test_strict_reading_refuses_and_says_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"word 1: tag 'I-LOC' follows 'O', not allowed in IOB2\."):
        tags_to_spans(["O", "I-LOC"])


@pytest.mark.parametrize(
    "spans", [[Span(0, 0, "PER")], [Span(1, 4, "PER")], [Span(0, 2, "PER"), Span(1, 3, "LOC")]]
)
def test_spans_that_do_not_fit_are_refused(spans: list[Span]) -> None:
    with pytest.raises(ValueError, match="does not fit a sentence of 3 words"):
        spans_to_tags(spans, 3)


@schemes
@given(corpus=st.lists(sentences(), max_size=3))
@settings(properties, max_examples=30)
def test_detected_scheme_reads_the_same_entities(
    scheme: Scheme, corpus: list[tuple[list[Span], int]]
) -> None:
    tagged = [spans_to_tags(*sentence, scheme) for sentence in corpus]
    detected = detect_scheme(tagged)
    for tags in tagged:
        assert tags_to_spans(tags, detected) == tags_to_spans(tags, scheme)


@pytest.mark.parametrize(
    ("sequences", "scheme"),
    [
        ([], Scheme.IOB2),
        ([["O", "O"]], Scheme.IOB2),
        ([["B-PER", "O"]], Scheme.IOB2),
        ([["I-PER", "I-LOC", "O"]], Scheme.IO),
        ([["I-PER", "B-PER"], ["I-LOC"]], Scheme.IOB1),
        ([["S-PER"]], Scheme.IOBES),
        ([["B-PER", "L-PER"]], Scheme.BILOU),
        ([["B-PER", "I-PER"]] * 9 + [["O", "I-PER"]], Scheme.IOB2),
        ([["B-PER", "E-PER"]] * 9 + [["O", "I-PER"]], Scheme.IOBES),
    ],
)
def test_ambiguous_files_are_read_as_documented(sequences: list[list[str]], scheme: Scheme) -> None:
    assert detect_scheme(sequences) is scheme


def test_allowed_transitions_are_the_valid_pairs() -> None:
    label_set = LabelSet(("PER", "ORG", "LOC"))
    allowed = allowed_transitions(label_set)
    assert allowed.dtype == np.bool_
    assert allowed.shape == (8, 7)
    for j, tag in enumerate(label_set.tags):
        assert allowed[7, j] == (find_invalid_tags([tag], Scheme.IOB2) == [])
    for (i, one), (j, two) in itertools.product(enumerate(label_set.tags), repeat=2):
        opening = [one.replace("I-", "B-")]
        assert allowed[i, j] == (find_invalid_tags([*opening, one, two], Scheme.IOB2) == [])
