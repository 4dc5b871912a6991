from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

import numpy as np

from nerbridge.models.word_model import MAX_WORD_CHARS
from nerbridge.tagging import Tagger


def test_scripts_are_those_of_the_training_languages(tagger: Tagger) -> None:
    data = {"gu": {"language": "gu"}, "hi": {"language": "hi"}, "odd": {}}
    adapted = {"data": {"as": {"language": "as"}}, "parent": {"model": "transfer-13", "data": data}}
    model = tagger.model
    assert replace(model, manifest={}).trained_scripts == frozenset()
    assert replace(model, manifest=adapted).trained_scripts == {"Gujr"}
    assert replace(model, manifest={"parent": adapted}).trained_scripts == {"Gujr"}


def test_columns_are_the_label_sets_and_rows_the_words(tagger: Tagger) -> None:
    sentences = [["অসম", "দাস"], [], ["ক"]]
    found = tagger.model.word_logits(sentences)
    assert [array.shape for array in found] == [(2, 7), (0, 7), (1, 7)]


def test_words_are_read_in_the_models_script_and_form(tagger: Tagger) -> None:
    model = tagger.model
    expected = model.word_logits([["ভারত", "গয\u09bcা"]])[0]
    for words in (["ভাৰত", "গয়া"], ["भारत", "গ\u200cয়া"]):
        np.testing.assert_array_equal(model.word_logits([words])[0], expected)


def test_an_endless_word_costs_what_a_long_one_does(tagger: Tagger) -> None:
    n_positions = 0

    def forward(ids: Any, mask: Any) -> Any:
        nonlocal n_positions
        n_positions += int(mask.sum())
        return tagger.model.forward(ids, mask)

    model = replace(tagger.model, forward=forward)
    (endless,) = model.word_logits([["ক" * 100_000, "দাস"]])
    assert n_positions < 3 * MAX_WORD_CHARS
    (long,) = model.word_logits([["ক" * MAX_WORD_CHARS, "দাস"]])
    np.testing.assert_array_equal(endless, long)


def test_an_endless_word_is_read_alike_in_every_unicode_form(tagger: Tagger) -> None:
    word = "গো\u09dc" * 700
    joined = "".join(char + "\u200d" for char in word)
    forms = {tagger.model.model_input(unicodedata.normalize(form, word)) for form in ("NFC", "NFD")}
    assert {*forms, tagger.model.model_input(joined)} == {tagger.model.model_input(word)}
    assert len(tagger.model.model_input(word)) == MAX_WORD_CHARS
