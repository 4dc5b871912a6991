"""Records of words and tags, and exports of annotation tools."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.conftest import pairs
from nerbridge.corpus import read_corpus, read_sentences
from nerbridge.errors import CorpusError
from nerbridge.labels import tags_to_spans
from nerbridge.text.words import split_words

Put = Callable[[str, str | bytes], Path]
TEXT = "ৰমেন বৰাই গুৱাহাটীত ক'লে।"
WORDS = ("ৰমেন", "বৰাই", "গুৱাহাটীত", "ক'লে", "।")
TAGS = ("B-PER", "I-PER", "B-LOC", "O", "O")
SPANS = [(0, 9, "PER"), (10, 19, "LOC")]

LABEL_STUDIO = {
    "id": 1,
    "data": {"text": TEXT},
    "annotations": [
        {"was_cancelled": True, "result": []},
        {
            "result": [
                {
                    "type": "labels",
                    "value": {"start": s, "end": e, "text": TEXT[s:e], "labels": [t]},
                }
                for s, e, t in SPANS
            ]
            + [{"type": "choices", "value": {"choices": ["news"]}}]
        },
        {"result": []},
    ],
}
EXPORTS: dict[str, Any] = {
    "label-studio": [LABEL_STUDIO],
    "label-studio-min": [
        {
            "id": 1,
            "text": TEXT,
            "label": [{"start": s, "end": e, "labels": [t]} for s, e, t in SPANS],
        }
    ],
    "doccano": {"id": 1, "text": TEXT, "label": [list(span) for span in SPANS]},
    "doccano-entities": {
        "text": TEXT,
        "entities": [
            {"id": 7, "label": t, "start_offset": s, "end_offset": e} for s, e, t in SPANS
        ],
        "relations": [],
    },
    "prodigy": {
        "text": TEXT,
        "tokens": [{"text": "ৰমেন", "start": 0, "end": 4, "id": 0}],
        "spans": [{"start": s, "end": e, "label": t, "token_start": 0} for s, e, t in SPANS],
        "answer": "accept",
    },
}


@pytest.mark.parametrize("name", EXPORTS)
def test_every_tool_gives_the_same_sentence(put: Put, name: str) -> None:
    corpus = read_corpus(put("train.json", json.dumps(EXPORTS[name], ensure_ascii=True)))
    assert pairs(corpus.splits["train"]) == [(WORDS, TAGS)]
    assert corpus.losses == ({"extra_annotations": 1} if name == "label-studio" else {})


def test_records_nobody_finished_are_counted(put: Put) -> None:
    records = [
        EXPORTS["prodigy"],
        {"text": "x", "spans": [], "answer": "reject"},
        {"data": {"text": "x"}, "annotations": []},
        {"text": " ", "label": []},
        {"tokens": [], "ner_tags": []},
    ]
    corpus = read_corpus(put("a.jsonl", "\n\n".join(json.dumps(record) for record in records)))
    assert len(corpus.splits["test"]) == 1
    assert corpus.losses == {"rejected_records": 1, "unlabelled_records": 1, "dropped_empty": 2}


@pytest.mark.parametrize(
    ("spans", "tags", "losses"),
    [
        ([(1, 4, "PER")], ("B-PER", "O", "O", "O", "O"), {"widened_spans": 1}),
        ([(0, 7, "PER")], ("B-PER", "I-PER", "O", "O", "O"), {"widened_spans": 1}),
        ([(0, 5, "PER")], ("B-PER", "O", "O", "O", "O"), {}),
        ([(4, 5, "PER")], ("O", "O", "O", "O", "O"), {"empty_spans": 1}),
        (
            [(0, 4, "LOC"), (0, 9, "PER")],
            ("B-PER", "I-PER", "O", "O", "O"),
            {"overlapping_spans": 1},
        ),
        ([(0, 4, "PER"), (5, 9, "PER")], ("B-PER", "B-PER", "O", "O", "O"), {}),
    ],
)
def test_spans_become_whole_words(
    put: Put, spans: list[tuple[int, int, str]], tags: tuple[str, ...], losses: dict[str, int]
) -> None:
    corpus = read_corpus(
        put("a.jsonl", json.dumps({"text": TEXT, "spans": list(map(list, spans))}))
    )
    assert corpus.splits["test"][0].tags == tags
    assert corpus.losses == losses


@given(st.text(st.sampled_from("কৰ্ী ।a-'\u200d\U0001f600"), min_size=1), st.data())
def test_a_span_of_whole_words_comes_back_exactly(text: str, data: st.DataObject) -> None:
    from collections import Counter

    from nerbridge.corpus.annotation_exports import text_to_sentences
    from nerbridge.corpus.offsets import CharSpan

    words = split_words(text)
    losses: Counter[str] = Counter()
    if not words:
        assert not [*text_to_sentences(text, [], "x", 1, "line", losses)]
        return
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    start, end = words[first][0], words[last][1]
    spans = [CharSpan(start, end, "PER")]
    (sentence,) = text_to_sentences(text, spans, "x", 1, "line", losses)
    assert sentence.words == tuple(text[a:b] for a, b in words)
    (span,) = tags_to_spans(sentence.tags)
    assert (span.start_word, span.end_word) == (first, last + 1)
    assert not losses


def test_offsets_in_utf16_units_are_noticed(put: Put) -> None:
    text = "\U0001f600 অসম"
    record = {"text": text, "label": [{"start": 3, "end": 6, "text": "অসম", "labels": ["LOC"]}]}
    assert read_sentences(put("a.jsonl", json.dumps(record)))[0].tags == ("O", "B-LOC")


HUB = '{"tokens": ["অসম", "।"], "ner_tags": [1, 0], "langs": ["as", "as"]}\n'
EXPECTED = [(("অসম", "।"), ("B-LOC", "O"))]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labels.txt", "O\nB-LOC\n"),
        ("labels.json", '["O", "B-LOC"]'),
        ("labels.json", '{"1": "B-LOC", "0": "O"}'),
        (
            "features.json",
            '{"pos": {"names": ["X"]}, "ner_tags": {"feature": {"names": ["O", "B-LOC"]}}}',
        ),
        (
            "dataset_info.json",
            '{"features": {"ner_tags": {"feature": {"names": ["O", "B-LOC"]}, "_type": "List"}}}',
        ),
    ],
)
def test_ids_get_their_names_from_beside_the_file(put: Put, name: str, content: str) -> None:
    put(name, content)
    assert pairs(read_sentences(put("a.jsonl", HUB))) == EXPECTED


def test_ids_and_names_given(put: Put) -> None:
    assert pairs(read_sentences(put("a.jsonl", HUB), tag_names=["O", "B-LOC"])) == EXPECTED
    named = '{"words": ["অসম", "।"], "tags": ["B-LOC", "O"]}'
    assert pairs(read_sentences(put("a.jsonl", named))) == EXPECTED


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"tokens": ["a"], "ner_tags": ["O"]}\n{"tokens": ["b"], "ner', ":2: not JSON.*was cut"),
        ("[1, 2", ":1: not JSON"),
        ("[" * 100_000, ":1: not JSON"),
        ("[]", "no labelled sentence .no records."),
        ('{"tokens": [], "ner_tags": []}', "no labelled sentence .dropped_empty: 1."),
        ("7", ":1: 7 is not a record"),
        ('[{"a": 1}]', ", record 1: the keys are 'a'; expected tokens and ner_tags"),
        ('{"tokens": ["a", "b"], "ner_tags": ["O"]}', ":1: 2 words and 1 tags"),
        ('{"tokens": "a", "ner_tags": ["O"]}', ":1: tokens is 'a'; expected a list"),
        ('{"tokens": [" "], "ner_tags": ["O"]}', ":1: a tag without a word"),
        ('{"tokens": [null], "ner_tags": ["O"]}', ":1: None is not a word"),
        ('{"tokens": ["a"], "ner_tags": [null]}', ":1: None is not a tag"),
        ('{"tokens": ["a"], "ner_tags": [true]}', ":1: True is not a tag"),
        ('{"tokens": ["\\ud800"], "ner_tags": ["O"]}', ":1: .*half a character"),
        ('{"tokens": ["a\\u0000"], "ner_tags": ["O"]}', ":1: .*holds a NUL"),
        ('{"tokens": ["a"], "ner_tags": [3]}', r":1: ner_tags holds ids \(3\).*labels.txt"),
        ('{"text": "ab", "spans": [[0, 3, "X"]]}', ":1: the span 0–3 .*the text has 2 chars"),
        ('{"text": "ab", "spans": [[1, 1, "X"]]}', ":1: the span 1–1"),
        ('{"text": "ab", "spans": [[-1, 1, "X"]]}', ":1: the span -1–1"),
        ('{"text": "ab", "spans": [[0, 1]]}', ":1: the span is .*expected two offsets"),
        ('{"text": "ab", "spans": [{"start": 0, "end": 1, "label": ""}]}', ":1: the span is"),
        ('{"text": "ab cd", "spans": [{"start": 0, "end": 2, "label": "X", "text": "cd"}]}',
         ":1: the span 0–2 .X. holds 'ab'; expected 'cd'"),
        ('{"data": {"a": "x", "b": "y"}, "annotations": [{"result": []}]}', "data holds 2 texts"),
    ],
)  # fmt: skip
def test_broken_records_are_told_with_their_place(put: Put, content: str, message: str) -> None:
    path = put("a.jsonl", content)
    with pytest.raises(CorpusError, match=re.escape(str(path)) + ".*" + message):
        read_corpus(path)


def test_ids_out_of_range_and_bad_name_files(put: Put) -> None:
    path = put("a.jsonl", HUB)
    with pytest.raises(CorpusError, match="holds the id 1; expected 0 to 0"):
        read_corpus(path, tag_names=["O"])
    put("labels.json", "{}")
    with pytest.raises(CorpusError, match=r"labels\.json: no names of tags found"):
        read_corpus(path)
    put("labels.json", "{")
    with pytest.raises(CorpusError, match=r"labels\.json:1: not JSON"):
        read_corpus(path)


def test_prodigy_leaves_the_spans_out_where_nothing_is_marked(put: Put) -> None:
    record = {"text": "অসম", "tokens": [{"text": "অসম", "start": 0, "end": 3, "id": 0}]}
    corpus = read_corpus(put("a.jsonl", json.dumps({**record, "answer": "accept"})))
    assert [sentence.tags for sentence in corpus.splits["test"]] == [("O",)]
    assert not any(corpus.losses.values())


def test_a_text_with_a_class_is_not_a_text_without_entities(put: Put) -> None:
    record = {"text": "অসম", "label": "POSITIVE", "answer": "accept"}
    with pytest.raises(CorpusError, match="expected tokens"):
        read_corpus(put("a.jsonl", json.dumps(record)))
