from __future__ import annotations

import json
from pathlib import Path

import pytest

from nerbridge.corpus import read_corpus
from nerbridge.selection.formats import SuggestionFormat
from nerbridge.selection.scoring import AcquisitionScore
from nerbridge.selection.suggesting import Suggestion, UnlabelledSentence, split_text
from nerbridge.selection.writing import write_suggestions
from nerbridge.tagging import Entity

TEXT = "😀 ৰমেন দাস আজি গুৱাহাটীত।"
TAGS = ("O", "B-PER", "I-PER", "O", "B-LOC", "O")
WORDS = ("😀", "ৰমেন", "দাস", "আজি", "গুৱাহাটীত", "।")
WORTH = AcquisitionScore(0.5, 2.0, 5)


@pytest.fixture
def suggestions() -> list[Suggestion]:
    (sentence,) = split_text("a.txt", 1, TEXT)
    entities = (
        Entity("PER", "ৰমেন দাস", 2, 10, 1, 3, 0.9),
        Entity("LOC", "গুৱাহাটীত", 15, 24, 4, 5, 0.8),
    )
    assert all(TEXT[e.start_char : e.end_char] == e.text for e in entities)
    return [Suggestion(sentence, entities, WORTH)]


def read(path: Path) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    corpus = read_corpus(path, language="as")
    return [(s.words, s.tags) for split in corpus.splits.values() for s in split]


@pytest.mark.parametrize("format", ["label-studio", "doccano", "conll", "jsonl"])
def test_what_is_written_is_read_again(
    suggestions: list[Suggestion], tmp_path: Path, format: str
) -> None:
    ending = {"conll": "conll", "label-studio": "json"}.get(format, "jsonl")
    path = tmp_path / f"train.{ending}"
    write_suggestions(path, suggestions, SuggestionFormat(format), model="m")
    assert read(path) == [(WORDS, TAGS)]


def test_doccano_counts_utf16_units(suggestions: list[Suggestion], tmp_path: Path) -> None:
    path = tmp_path / "sentences.jsonl"
    write_suggestions(path, suggestions, SuggestionFormat.DOCCANO, model="m")
    start, end, type_ = json.loads(path.read_text("utf-8"))["label"][0]
    in_browser = TEXT.encode("utf-16-le")[2 * start : 2 * end]
    assert (in_browser.decode("utf-16-le"), type_) == ("ৰমেন দাস", "PER")


def test_a_corrected_label_studio_export_is_read(
    suggestions: list[Suggestion], tmp_path: Path
) -> None:
    path = tmp_path / "tasks.json"
    write_suggestions(path, suggestions, SuggestionFormat.LABEL_STUDIO, model="m")
    (task,) = json.loads(path.read_text("utf-8"))
    (prediction,) = task["predictions"]
    assert prediction["model_version"] == "m"
    value = prediction["result"][0]["value"]
    assert TEXT[value["start"] : value["end"]] == value["text"] == "ৰমেন দাস"
    # What the tool exports after somebody took out the place:
    task["annotations"] = [{"result": prediction["result"][:1], "was_cancelled": False}]
    export = tmp_path / "export.json"
    export.write_text(json.dumps([task]), "utf-8")
    assert read(export) == [(WORDS, (*TAGS[:4], "O", "O"))]


def test_words_that_were_given_stay(tmp_path: Path) -> None:
    sentence = UnlabelledSentence("a.conll", 1, "অসম-ৰ মাটি", ("অসম-ৰ", "মাটি"), has_own_words=True)
    path = tmp_path / "train.conll"
    found = [Suggestion(sentence, (), WORTH)]
    write_suggestions(path, found, SuggestionFormat.CONLL, model="m")
    assert read(path) == [(("অসম-ৰ", "মাটি"), ("O", "O"))]
