"""JSON files of other tools, and of nerbridge itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpus.conftest import pairs
from nerbridge.corpus import read_corpus, read_sentences
from nerbridge.errors import CorpusError

Put = Callable[[str, str | bytes], Path]
TEXT = "নীলিমা গগৈ নগাঁৱত আছে"
WORDS = ["নীলিমা", "গগৈ", "নগাঁৱত", "আছে"]
TAGS = ("B-PER", "I-PER", "B-LOC", "O")
SPANS = [[0, 10, "PER"], [11, 17, "LOC"]]
OWN = [
    {"type": "PER", "text": "নীলিমা গগৈ", "start_char": 0, "end_char": 10,
     "start_word": 0, "end_word": 2, "score": 0.9},
    {"type": "LOC", "text": "নগাঁৱত", "start_char": 11, "end_char": 17,
     "start_word": 2, "end_word": 3, "score": 0.8},
]  # fmt: skip
ENTITIES = {"entities": SPANS}
SPACY_OLD = {
    "id": 0,
    "paragraphs": [
        {
            "raw": TEXT,
            "sentences": [
                {"tokens": [{"orth": w, "ner": t} for w, t in zip(WORDS, TAGS, strict=True)]}
            ],
        }
    ],
}


@pytest.mark.parametrize(
    "content",
    [
        [[TEXT, ENTITIES]],
        [TEXT, ENTITIES],
        [[TEXT, SPANS]],
        {"classes": ["PER", "LOC"], "annotations": [[TEXT, ENTITIES], None]},
        [SPACY_OLD],
        {"text": TEXT, "ents": [{"start": s, "end": e, "label": t} for s, e, t in SPANS],
         "tokens": [{"id": 0, "start": 0, "end": 6}]},
        [{"tokenized_text": WORDS, "ner": [[0, 1, "PER"], [2, 2, "LOC"]]}],
        [{"tokens": WORDS, "entities": [{"start": 0, "end": 2, "type": "PER"},
                                        {"start": 2, "end": 3, "type": "LOC"}]}],
        {"text": TEXT, "entities": OWN, "source": "a.txt", "row": 1},
        {"model": "m", "text": TEXT, "entities": [o | {"is_corrected": True} for o in OWN]},
        {"source": "a.conll", "row": 1, "tokens": WORDS, "text": TEXT, "entities": OWN},
        {"id": 3, "page": {"title": "আন", "body": TEXT}, "entities": OWN},
        {"data": [{"text": TEXT, "spans": SPANS}]},
        {"text": TEXT, "spans": {"sc": [{"start": s, "end": e, "label": t} for s, e, t in SPANS]}},
        {"text": TEXT, "entities": [{"offset": s, "length": e - s, "category": t}
                                    for s, e, t in SPANS]},
        {"text": TEXT, "label": [[float(s), str(e), t] for s, e, t in SPANS]},
        {"text": TEXT, "labels": SPANS},
        {"id": 1, "data": TEXT, "label": SPANS, "source": "a.txt"},
        {"text": "আন কথা", "body": TEXT, "entities": OWN},
        {"text": TEXT, "entities": [{"id": 4, "label": t, "start_offset": s, "end_offset": e}
                                    for s, e, t in SPANS], "relations": [], "Comments": []},
        {"text": TEXT, "spans": [{"start": s, "end": e, "label": t} for s, e, t in SPANS],
         "answer": "accept"},
        {"text": TEXT, "entities": [{"entity_group": t, "start": s, "end": e, "score": 0.9}
                                    for s, e, t in SPANS]},
        {"words": WORDS, "labels": list(TAGS)},
        {"text": TEXT, "tokens": WORDS, "ner_tags": list(TAGS)},
    ],
    ids=["spacy", "spacy-one", "spacy-short", "annotator", "spacy-old", "spacy-doc", "gliner",
         "spert", "tag", "page", "tag-conll", "tag-field", "wrapped", "spancat",
         "offset-and-length", "numbers-of-tables", "doccano", "doccano-data",
         "tag-other-field", "doccano-relations",
         "prodigy", "pipeline", "words", "words-and-text"],
)  # fmt: skip
@pytest.mark.parametrize("indent", [None, 2])
def test_every_shape_gives_the_same_sentence(put: Put, content: Any, indent: int | None) -> None:
    path = put("a.json", json.dumps(content, indent=indent, ensure_ascii=False))
    corpus = read_corpus(path)
    assert pairs(corpus.splits["test"]) == [(tuple(WORDS), TAGS)]
    assert corpus.losses == {}


def test_lines_of_lists_and_records_over_several_lines(put: Put) -> None:
    for text in (
        f"{json.dumps([TEXT, ENTITIES])}\n\n{json.dumps([TEXT, ENTITIES])}\n",
        "\n".join(json.dumps({"text": TEXT, "spans": SPANS}, indent=4) for _ in range(2)),
    ):
        assert len(read_sentences(put("a.jsonl", text))) == 2


def test_what_was_tagged_is_divided_into_sentences(put: Put) -> None:
    text = "অসমত বৃষ্টি। নগাঁৱত ৰ'দ।\nড° দাস আহিল"
    found = [("অসমত", "LOC"), ("নগাঁৱত", "LOC"), ("ড° দাস", "PER")]
    entities = [
        {"type": t, "text": n, "start_char": text.index(n), "end_char": text.index(n) + len(n)}
        for n, t in found
    ]
    record = {"source": "a", "row": 1, "text": text, "entities": entities}
    empty = {"source": "a", "row": 2, "text": "এটা। দুটা।", "entities": []}
    sentences = read_sentences(put("a.jsonl", f"{json.dumps(record)}\n{json.dumps(empty)}\n"))
    assert [" ".join(sentence.words) for sentence in sentences] == [
        "অসমত বৃষ্টি ।", "নগাঁৱত ৰ'দ ।", "ড° দাস আহিল", "এটা ।", "দুটা ।",
    ]  # fmt: skip
    assert [sentence.tags[0] for sentence in sentences[:3]] == ["B-LOC", "B-LOC", "B-PER"]
    assert [s.document[-2:] for s in sentences] == [":1", ":1", ":1", ":2", ":2"]
    alone = read_sentences(put("b.jsonl", json.dumps(record)))
    assert {sentence.document for sentence in alone} == {""}


def test_an_entity_over_two_sentences_keeps_them_together(put: Put) -> None:
    text, name = "কাকত অসম! বাতৰি পঢ়া। ভাল।", "অসম! বাতৰি"
    start = text.index(name)
    entity = {"type": "ORG", "text": name, "start_char": start, "end_char": start + len(name)}
    record = {"source": "a", "row": 1, "text": text, "entities": [entity]}
    found = read_sentences(put("a.jsonl", json.dumps(record)))
    assert [" ".join(sentence.words) for sentence in found] == ["কাকত অসম ! বাতৰি পঢ়া ।", "ভাল ।"]


def test_fields_can_be_chosen(put: Put) -> None:
    record = {"body": TEXT, "title": "ক", "marks": SPANS}
    found = read_sentences(put("a.jsonl", json.dumps(record)), columns="body,marks")
    assert pairs(found) == [(tuple(WORDS), TAGS)]
    record = {"w": WORDS, "gold": list(TAGS), "ner_tags": ["O"] * 4}
    assert read_sentences(put("a.jsonl", json.dumps(record)), columns="w,gold")[0].tags == TAGS


def test_a_text_that_cannot_be_found_is_asked_for(put: Put) -> None:
    path = put("a.jsonl", json.dumps({"a": "ক", "b": "খ", "entities": []}))
    with pytest.raises(CorpusError, match="--columns TEXT,SPANS"):
        read_corpus(path)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"tokenized_text": ["ক"], "ner": [[0, 1, "X"]]}, "the span is .*first and last word"),
        ({"tokenized_text": ["ক"], "ner": [[0, "X"]]}, "the span is"),
        ({"tokenized_text": "ক", "ner": []}, "expected a list of words"),
        ({"tokens": ["ক"], "entities": [{"start": 1, "end": 1, "type": "X"}]}, "the span is"),
        ({"text": "অসম", "entities": [{**OWN[0]}]}, "the span 0–10"),
        ({"text": "অসম", "cats": {}}, "the keys are"),
    ],
)
def test_what_cannot_be_placed_is_an_error(put: Put, record: Any, message: str) -> None:
    with pytest.raises(CorpusError, match=f"a.jsonl:1: .*{message}"):
        read_corpus(put("a.jsonl", json.dumps(record)))


def test_a_span_of_gliner_with_a_list_of_types(put: Put) -> None:
    record = {"tokenized_text": WORDS, "ner": [[0, 1, ["PER", "X"]], [2, 2, ["LOC"]]]}
    corpus = read_corpus(put("a.jsonl", json.dumps(record)))
    assert [tag[0] for tag in corpus.splits["test"][0].tags] == [tag[0] for tag in TAGS]
    assert corpus.losses["overlapping_spans"] == 1
    with pytest.raises(CorpusError, match="the span is"):
        read_corpus(put("b.jsonl", json.dumps({"tokenized_text": WORDS, "ner": [[0, 1, []]]})))
