from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from nerbridge.alignment.decoding import decode, decode_spans
from nerbridge.alignment.label_columns import (
    INSIDE_COST,
    merge_columns,
    read_label_names,
    strict_probabilities,
)
from nerbridge.errors import ModelError
from nerbridge.labels import LabelSet, Span, begin_with_b, tags_to_spans

SURE = 12.0


def logits_of(names: Sequence[str], said: Sequence[str]) -> np.ndarray:
    """What a head with these columns gives when it is sure of every word."""
    logits = np.zeros((len(said), len(names)), dtype=np.float32)
    logits[np.arange(len(said)), [names.index(name) for name in said]] = SURE
    return logits


def entities(names: Sequence[str], said: Sequence[str]) -> list[tuple[int, int, str]]:
    columns = read_label_names(names, "a model")
    found = decode_spans(columns.apply(logits_of(names, said)), columns.label_set)
    assert all(score > 0.98 for _, score in found), found
    return [(span.start_word, span.end_word, span.type) for span, _ in found]


IOB = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


@pytest.mark.parametrize(
    ("names", "said", "expected"),
    [
        # IOB2; its columns sorted by name
        (sorted(IOB), ["B-PER", "I-PER", "B-PER", "O"], [(0, 2, "PER"), (2, 3, "PER")]),
        # IOB1 with all names, as in models for CoNLL 2003: only I- is used
        (
            IOB,
            ["I-PER", "I-PER", "O", "I-LOC", "I-PER"],
            [(0, 2, "PER"), (3, 4, "LOC"), (4, 5, "PER")],
        ),
        (IOB, ["I-PER", "B-PER", "I-PER"], [(0, 1, "PER"), (1, 3, "PER")]),
        # IOB1 without some B-
        (
            ["B-LOC", "I-LOC", "I-PER", "O"],
            ["I-PER", "I-PER", "I-LOC", "B-LOC", "O"],
            [(0, 2, "PER"), (2, 3, "LOC"), (3, 4, "LOC")],
        ),
        # IO, with prefix and without
        (["I-PER", "O", "I-ORG"], ["I-PER", "I-PER", "I-ORG", "O"], [(0, 2, "PER"), (2, 3, "ORG")]),
        (["O", "PER", "LOC"], ["PER", "O", "LOC", "LOC"], [(0, 1, "PER"), (2, 4, "LOC")]),
        # only B-: every word is an entity of its own
        (["O", "B-PER"], ["B-PER", "B-PER"], [(0, 1, "PER"), (1, 2, "PER")]),
        # IOBES, BILOU, BMEWO
        (
            ["O", "B-PER", "I-PER", "E-PER", "S-PER"],
            ["B-PER", "I-PER", "E-PER", "S-PER", "B-PER", "E-PER"],
            [(0, 3, "PER"), (3, 4, "PER"), (4, 6, "PER")],
        ),
        (
            ["O", "B-X1", "I-X1", "L-X1", "U-X1"],
            ["U-X1", "B-X1", "L-X1"],
            [(0, 1, "X1"), (1, 3, "X1")],
        ),
        (
            ["O", "B_P", "M_P", "E_P", "W_P"],
            ["B_P", "M_P", "E_P", "W_P"],
            [(0, 3, "P"), (3, 4, "P")],
        ),
        # the prefix behind the type
        (["O", "PER-B", "PER-I"], ["PER-B", "PER-I", "PER-B"], [(0, 2, "PER"), (2, 3, "PER")]),
        # lower case
        (["o", "b-per", "i-per"], ["b-per", "i-per", "o"], [(0, 2, "PER")]),
        (["O", "B-person", "I-person"], ["B-person", "I-person"], [(0, 2, "person")]),
        # types with separators of their own
        (
            ["O", "location-GPE", "person-artist/author"],
            ["location-GPE", "person-artist/author"],
            [(0, 1, "location-GPE"), (1, 2, "person-artist/author")],
        ),
        (["O", "E_MAIL", "NAME"], ["E_MAIL", "NAME"], [(0, 1, "E_MAIL"), (1, 2, "NAME")]),
        (["O", "B-E-MAIL", "I-E-MAIL"], ["B-E-MAIL", "I-E-MAIL"], [(0, 2, "E-MAIL")]),
        # names of special tokens and further subwords
        (
            ["<PAD>", "[CLS]", "[SEP]", "X", "O", "B-PER", "I-PER"],
            ["B-PER", "X", "[CLS]", "<PAD>", "B-PER"],
            [(0, 1, "PER"), (4, 5, "PER")],
        ),
        # another name for O
        (["OTHER", "PER"], ["OTHER", "PER"], [(1, 2, "PER")]),
        (["O", "OTHER", "PER"], ["OTHER", "PER"], [(0, 1, "OTHER"), (1, 2, "PER")]),
    ],
)
def test_label_sets_are_read_by_one_rule(
    names: list[str], said: list[str], expected: list[tuple[int, int, str]]
) -> None:
    assert entities(names, said) == expected


@pytest.mark.parametrize(
    "names", [IOB, sorted(IOB), ["O", "I-PER", "I-LOC"], ["O", "PER", "LOC"], [*IOB[:1], *IOB[2:]]]
)
def test_what_is_sure_is_what_the_pipeline_of_transformers_finds(names: list[str]) -> None:
    pipeline = pytest.importorskip("transformers.pipelines.token_classification")
    group = pipeline.TokenClassificationPipeline.group_entities

    class Grouping:
        get_tag = pipeline.TokenClassificationPipeline.get_tag

        @staticmethod
        def group_sub_entities(found: list[dict[str, object]]) -> object:
            return (found[0]["index"], len(found), str(found[0]["entity"]).rpartition("-")[2])

    for said in itertools.product(names, repeat=3):
        words = [{"entity": name, "index": index} for index, name in enumerate(said)]
        groups = [(s, s + n, t) for s, n, t in group(Grouping(), words) if t != "O"]
        assert entities(names, said) == groups, said


def test_scores_are_exact_under_costs() -> None:
    """All taggings of three words, each weighted, against the decoder."""
    label_set = LabelSet(("PER", "LOC"), (0.0, INSIDE_COST))
    logits = np.random.default_rng(5).normal(size=(3, 5)) * 2
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    mass: dict[tuple[Span, ...], float] = {}
    best: tuple[float, list[str]] = (0.0, [])
    for ids in itertools.product(range(5), repeat=3):
        tags = [label_set.tags[id_] for id_ in ids]
        n_begun = sum(
            tag == "I-LOC" and before[2:] != "LOC"
            for before, tag in itertools.pairwise(["O", *tags])
        )
        weight = float(np.prod([p[i, id_] for i, id_ in enumerate(ids)])) * np.exp(
            -INSIDE_COST * n_begun
        )
        best = max(best, (weight, begin_with_b(tags)))
        key = tuple(tags_to_spans(begin_with_b(tags)))
        mass[key] = mass.get(key, 0.0) + weight
    total = sum(mass.values())
    assert decode(logits, label_set) == best[1]
    found = decode_spans(logits, label_set)
    assert found
    for span, score in found:
        expected = sum(weight for spans, weight in mass.items() if span in spans) / total
        assert score == pytest.approx(expected)


def test_a_mistake_of_an_iob2_model_is_corrected() -> None:
    columns = read_label_names(["O", "B-PER", "I-PER"], "a model")
    unsure = np.log(np.array([[0.58, 0.41, 0.01], [0.3, 0.01, 0.69]]))
    assert decode(columns.apply(unsure), columns.label_set) == ["B-PER", "I-PER"]


def test_columns_without_a_source_are_impossible() -> None:
    merged = merge_columns(np.zeros((2, 3), dtype=np.float32), np.array([0, 3, 3]), 4)
    assert np.exp(merged).round(4).tolist() == [[1, 0, 0, 2]] * 2


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["LABEL_0", "LABEL_1"], "the labels have no names.*--map-types LABEL_0=O"),
        ([], "the labels have no names"),
        (["NOUN", "VERB"], "the labels are NOUN, VERB; expected one for words in no entity"),
        (["O", "X", "[PAD]"], "one for an entity type at least"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_can_be_acted_on(
    names: list[str], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        read_label_names(names, "a model")


def test_probabilities_of_other_schemes_become_those_of_iob2() -> None:
    names = ["O", "I-PER", "B-LOC", "I-LOC"]
    columns = read_label_names(names, "a model")
    logits = columns.apply(logits_of(names, ["I-PER", "I-PER", "O", "I-PER", "B-LOC", "I-LOC"]))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = strict_probabilities(p, columns.label_set)
    assert found.sum(axis=1) == pytest.approx(np.ones(6))
    tags = [columns.label_set.tags[i] for i in found.argmax(axis=1)]
    assert tags == ["B-PER", "I-PER", "O", "B-PER", "B-LOC", "I-LOC"]
    assert strict_probabilities(p[:0], columns.label_set).shape == (0, 5)
    assert (strict_probabilities(p, LabelSet(("PER", "LOC"))) == p).all()
