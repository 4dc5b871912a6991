"""Exports of Label Studio: JSON, JSON_MIN, CSV and TSV; text, hypertext and dialogues."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpus.conftest import pairs
from nerbridge.corpus import read_corpus, read_sentences
from nerbridge.errors import CorpusError

Put = Callable[[str, str | bytes], Path]
TEXT = "🎉 নীলিমা গগৈ নগাঁৱত আছে"
WORDS = ("🎉", "নীলিমা", "গগৈ", "নগাঁৱত", "আছে")
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "O")


def region(surface: str, type_: str, kind: str = "labels", text: str = TEXT) -> dict[str, Any]:
    """A region as the tool exports it, in code points."""
    start = text.index(surface)
    value: dict[str, Any] = {"start": start, "end": start + len(surface), "text": surface}
    if kind == "hypertextlabels":
        overall = {"start": value["start"], "end": value["end"]}
        value |= {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "startOffset": 3,
                  "endOffset": 9, "globalOffsets": overall}  # fmt: skip
    return {**value, kind: [type_]}


def result(value: dict[str, Any], kind: str = "labels") -> dict[str, Any]:
    return {"id": "x", "from_name": "ner", "to_name": "t", "type": kind, "value": value}


def task(results: list[Any], data: Any = None, **further: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "data": data or {"text": TEXT},
        "annotations": [{"result": results}],
        **further,
    }


REGIONS = [region("নীলিমা গগৈ", "PER"), region("নগাঁৱত", "LOC")]
HYPER = [
    region("নীলিমা গগৈ", "PER", "hypertextlabels"),
    region("নগাঁৱত", "LOC", "hypertextlabels"),
]
HTML = "<p>🎉 <b>নীলিমা</b> গগৈ</p><p> নগাঁৱত&nbsp;আছে</p>".replace("&nbsp;", " ")
MIN = {"id": 1, "annotation_id": 7, "annotator": 1, "created_at": "2026", "lead_time": 2.5}


def table(separator: str) -> str:
    stream = io.StringIO()
    names = ["annotation_id", "annotator", "id", "label", "lead_time", "text"]
    writer = csv.DictWriter(stream, names, delimiter=separator, quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    shared = {"annotator": 1, "lead_time": 2.5}
    label = json.dumps(REGIONS, ensure_ascii=False)
    writer.writerow({"annotation_id": 7, "id": 1, "label": label, "text": TEXT, **shared})
    writer.writerow({"annotation_id": 8, "id": 2, "text": "একো নাই", **shared})
    return stream.getvalue()


@pytest.mark.parametrize(
    "record",
    [
        task([result(one) for one in REGIONS]),
        task([result(one, "hypertextlabels") for one in HYPER]),
        task([result(one, "hypertextlabels") for one in HYPER], {"html": HTML}),
        task([result(one) for one in REGIONS], {"body": TEXT, "title": "আন", "url": "http://x"}),
        task([result(one) for one in REGIONS], predictions=[{"result": [result(REGIONS[0])]}]),
        {"data": {"text": TEXT}, "completions": [{"result": [result(one) for one in REGIONS]}]},
        {**MIN, "text": TEXT, "label": REGIONS},
        {**MIN, "text": TEXT, "entities 2": REGIONS, "sentiment": "positive"},
        {**MIN, "body": TEXT, "source": "a.txt", "ner": REGIONS},
        {**MIN, "text": TEXT, "ner": HYPER},
        {**MIN, "text": TEXT, "people": REGIONS[:1], "places": REGIONS[1:]},
        task([result(one) for one in REGIONS], {"text": "আন কথা", "body": TEXT}),
    ],
    ids=["json", "hypertext", "html", "other-field", "predictions", "completions", "min",
         "min-control", "min-field", "min-hypertext", "min-two-controls", "other-text"],
)  # fmt: skip
def test_exports_give_the_same_sentence(put: Put, record: dict[str, Any]) -> None:
    corpus = read_corpus(put("export.json", json.dumps([record], indent=2)))
    assert pairs(corpus.splits["test"]) == [(WORDS, TAGS)]
    assert corpus.losses == {}


@pytest.mark.parametrize(("name", "separator"), [("a.csv", ","), ("a.tsv", "\t"), ("b.csv", "\t")])
def test_tables_give_all_annotated_texts(put: Put, name: str, separator: str) -> None:
    found = pairs(read_sentences(put(name, table(separator))))
    assert found == [(WORDS, TAGS), (("একো", "নাই"), ("O", "O"))]


def test_a_text_in_which_nothing_is_marked_is_a_sentence(put: Put) -> None:
    records = [{**MIN, "text": TEXT, "ner": REGIONS}, {**MIN, "id": 2, "text": "একো নাই"}]
    found = pairs(read_sentences(put("a.json", json.dumps(records))))
    assert found[1] == (("একো", "নাই"), ("O", "O"))
    records = [
        {**MIN, "body": TEXT, "ner": REGIONS, "by": "ক"},
        {**MIN, "id": 2, "body": "খ", "by": "ক"},
    ]
    assert pairs(read_sentences(put("a.json", json.dumps(records))))[1] == (("খ",), ("O",))


def test_dialogues_are_sentences_of_their_own(put: Put) -> None:
    dialogue = [{"author": "ক", "text": "নীলিমা গগৈ আহিছে"}, {"author": "খ", "text": "ক'ত? নগাঁৱত।"}]
    marked = [
        {"start": "0", "end": "0", "startOffset": 0, "endOffset": 10, "text": "নীলিমা গগৈ"},
        {"start": "1", "end": "1", "startOffset": 5, "endOffset": 11, "text": "নগাঁৱত"},
    ]
    results = [result({**one, "paragraphlabels": ["X"]}, "paragraphlabels") for one in marked]
    found = read_sentences(put("a.json", json.dumps([task(results, {"dialogue": dialogue})])))
    assert pairs(found) == [
        (("নীলিমা", "গগৈ", "আহিছে"), ("B-X", "I-X", "O")),
        (("ক'ত", "?"), ("O", "O")),
        (("নগাঁৱত", "।"), ("B-X", "O")),
    ]


def test_what_is_left_out_is_counted(put: Put) -> None:
    results = [
        result(REGIONS[0]),
        result({"start": 2, "end": 5, "text": "নীল", "labels": []}),
        result({"x": 1, "y": 2, "rectanglelabels": ["LOC"]}, "rectanglelabels"),
        result({"choices": ["news"]}, "choices"),
        {"type": "relation", "from_id": "x", "to_id": "x"},
    ]
    records = [
        task(results),
        {**task([]), "annotations": [{"result": [], "was_cancelled": True}]},
        {**task([]), "annotations": [], "predictions": [{"result": [result(REGIONS[0])]}]},
        {"data": {"text": TEXT}, "predictions": [{"result": [result(REGIONS[1])]}]},
    ]
    corpus = read_corpus(put("a.json", json.dumps(records)))
    assert [s.tags for s in corpus.splits["test"]] == [
        (*TAGS[:3], "O", "O"),
        ("O", "O", "O", "B-LOC", "O"),
    ]
    assert corpus.losses == {
        "regions_without_label": 1,
        "regions_left_out": 1,
        "unlabelled_records": 2,
        "predicted_records": 1,
    }


def test_regions_that_are_not_read_are_counted(put: Put) -> None:
    bare = {key: REGIONS[0][key] for key in ("start", "end", "text")}
    box = {"x": 1, "y": 2, "rectanglelabels": ["LOC"]}
    records = [{**MIN, "text": TEXT, "ner": [bare]}, {**MIN, "id": 2, "text": TEXT, "boxes": [box]}]
    losses = read_corpus(put("a.json", json.dumps(records))).losses
    assert losses == {"regions_without_label": 1, "regions_left_out": 1}


def test_a_damaged_cell_of_a_table_is_an_error(put: Put) -> None:
    with pytest.raises(CorpusError, match=r"a\.csv:2: .* is not JSON"):
        read_corpus(put("a.csv", "annotation_id,text,label\n7,অসম,\"[{'start': 0}]\"\n"))


def test_of_several_annotations_one_counts(put: Put) -> None:
    twice = [{**MIN, "text": TEXT, "ner": REGIONS}, {**MIN, "annotation_id": 8, "text": TEXT}]
    corpus = read_corpus(put("a.json", json.dumps(twice)))
    assert (len(corpus.splits["test"]), corpus.losses) == (1, {"extra_annotations": 1})


def test_a_region_with_two_labels_keeps_one(put: Put) -> None:
    both = {**REGIONS[0], "labels": ["PER", "ORG"]}
    corpus = read_corpus(put("a.json", json.dumps([task([result(both)])])))
    assert "overlapping_spans" in corpus.losses


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ({**HYPER[0], "globalOffsets": None}, "hypertextlabels", "expected start and end"),
        ({**REGIONS[0], "text": "আন"}, "labels", "expected 'আন'"),
        ({**REGIONS[0], "end": 99, "text": None}, "labels", "holds"),
        ({"start": "4", "end": "4", "startOffset": 0, "endOffset": 1, "paragraphlabels": ["X"]},
         "paragraphlabels", "expected start and end"),
    ],
)  # fmt: skip
def test_a_region_that_cannot_be_placed_is_an_error(
    put: Put, value: dict[str, Any], kind: str, message: str
) -> None:
    with pytest.raises(CorpusError, match=rf"a\.json, record 1: .*{message}"):
        read_corpus(put("a.json", json.dumps([task([result(value, kind)])])))


def test_old_versions_counted_utf16_units(put: Put) -> None:
    moved = {**REGIONS[0], "start": 3, "end": 13}
    corpus = read_corpus(put("a.json", json.dumps([task([result(moved)])])))
    assert corpus.splits["test"][0].tags == (*TAGS[:3], "O", "O")
    assert corpus.losses == {"spans_read_as_utf-16": 1}
