from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nerbridge.alignment.decoding import decode_spans
from nerbridge.alignment.inference import Logits
from nerbridge.alignment.label_columns import merge_columns
from nerbridge.errors import InputError
from nerbridge.labels import LabelSet, Span
from nerbridge.models.manifest import ParentModel, TrainingCorpus
from nerbridge.models.word_model import MAX_WORD_CHARS, TokenClassifier, with_mapped_types
from nerbridge.tagging import Tagger
from nerbridge.type_maps import read_type_map
from tiny_tagger import cooled, write_tiny_tagger


def test_scripts_are_those_of_the_training_languages(tagger: Tagger) -> None:
    corpora = {code: TrainingCorpus(language=code, sha256="") for code in ("as", "gu", "hi", "xx")}
    own = {"as": corpora.pop("as")}
    changes = {"data": own, "parent": ParentModel(model="transfer-13", data=corpora)}
    model, manifest = tagger.model, tagger.model.manifest
    adapted = manifest.model_copy(update=changes)
    exported = manifest.model_copy(update={"exported_from": adapted})
    assert replace(model, manifest=None).trained_scripts == frozenset()
    assert replace(model, manifest=adapted).trained_scripts == {"Gujr"}
    assert replace(model, manifest=exported).trained_scripts == {"Gujr"}


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


FINE = LabelSet(("Artist", "Food", "OtherPER", "Politician", "Station"))
MAP = read_type_map("multiconer2")


@pytest.fixture
def fine_model(tmp_path_factory: pytest.TempPathFactory) -> TokenClassifier:
    """A model of fine types whose forward a test replaces."""
    folder = write_tiny_tagger(tmp_path_factory.mktemp("tiny") / "m")
    return replace(Tagger.load(folder, n_threads=1).model, label_set=FINE)


def speaking(model: TokenClassifier, words: Sequence[dict[str, float]]) -> TokenClassifier:
    """The model as one that says these probabilities of the words of any sentence."""
    rest = 1e-6
    rows = np.full((len(words) + 2, len(FINE.tags)), rest)
    for row, word in enumerate(words, start=1):
        for tag, probability in word.items():
            rows[row, FINE.tag_to_id[tag]] = probability

    def forward(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        return np.log(rows)[None, : ids.shape[1]].astype(np.float32)

    return replace(model, forward=forward)


def test_probabilities_of_merged_columns_are_summed() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=4, size=(3, 5, 7)).astype(np.float32)
    columns = np.array([2, 0, 1, 1, 0, 2, 2])
    merged = merge_columns(logits, columns, int(columns.max()) + 1)
    assert merged.shape == (3, 5, 3)
    assert merged.dtype == np.float32

    def softmax(values: Logits) -> Logits:
        powers = np.exp(values - values.max(axis=-1, keepdims=True))
        found: Logits = powers / powers.sum(axis=-1, keepdims=True)
        return found

    for new in range(3):
        summed = softmax(logits)[..., columns == new].sum(axis=-1)
        np.testing.assert_allclose(softmax(merged)[..., new], summed, rtol=1e-5)


def test_a_name_of_two_fine_types_is_one_entity(fine_model: TokenClassifier) -> None:
    model = speaking(
        fine_model,
        [
            {"B-Artist": 0.5, "B-Politician": 0.3, "O": 0.2},
            {"I-Politician": 0.5, "I-OtherPER": 0.3, "O": 0.2},
            {"B-Station": 0.9, "O": 0.1},
        ],
    )
    words = ["ৰূপা", "বৰা", "নগাঁও"]
    fine = decode_spans(model.word_logits([words])[0], FINE)
    assert Span(0, 2, "PER") not in [span for span, _ in fine]
    mapped = with_mapped_types(model, MAP)
    assert mapped.label_set.types == ("PER", "LOC")
    (name, score), (place, _) = decode_spans(mapped.word_logits([words])[0], mapped.label_set)
    assert name == Span(0, 2, "PER")
    assert place == Span(2, 3, "LOC")
    assert score == pytest.approx(0.64 / (0.64 + 0.16 + 0.04), abs=0.01)


def test_touching_names_stay_two(fine_model: TokenClassifier) -> None:
    model = speaking(fine_model, [{"B-Artist": 0.9}, {"B-Politician": 0.5, "B-OtherPER": 0.4}])
    mapped = with_mapped_types(model, MAP)
    found = decode_spans(mapped.word_logits([["ৰূপা", "বৰা"]])[0], mapped.label_set)
    assert [span for span, _ in found] == [Span(0, 1, "PER"), Span(1, 2, "PER")]


def test_many_unsure_fine_types_are_one_sure_coarse_type(fine_model: TokenClassifier) -> None:
    model = speaking(
        fine_model, [{"O": 0.4, "B-Artist": 0.2, "B-OtherPER": 0.2, "B-Politician": 0.2}]
    )
    assert decode_spans(model.word_logits([["ৰূপা"]])[0], FINE) == []
    mapped = with_mapped_types(model, MAP)
    [(span, score)] = decode_spans(mapped.word_logits([["ৰূপা"]])[0], mapped.label_set)
    assert (span.type, round(score, 2)) == ("PER", 0.6)


def test_dropped_types_count_as_outside(fine_model: TokenClassifier) -> None:
    model = speaking(fine_model, [{"B-Food": 0.5, "O": 0.1, "B-Artist": 0.4}])
    mapped = with_mapped_types(model, MAP)
    assert decode_spans(mapped.word_logits([["পিঠা"]])[0], mapped.label_set) == []


def test_a_temperature_changes_no_entity(fine_model: TokenClassifier) -> None:
    words = [{"O": 0.4, "B-Artist": 0.2, "B-OtherPER": 0.2, "B-Politician": 0.2}]
    for temperature in (0.5, 1.0, 5.0):
        model = replace(
            speaking(fine_model, words), manifest=cooled(fine_model.manifest, temperature)
        )
        [entity] = Tagger(with_mapped_types(model, MAP)).tag("ৰূপা")
        assert entity.type == "PER"


def test_what_changes_nothing_is_the_same_model(fine_model: TokenClassifier) -> None:
    assert with_mapped_types(fine_model, {}) is fine_model
    coarse = replace(fine_model, label_set=LabelSet())
    assert with_mapped_types(coarse, MAP) is coarse


def test_a_map_that_does_not_fit_is_refused(fine_model: TokenClassifier) -> None:
    with pytest.raises(InputError, match="no type map names Artist, Food, OtherPER"):
        with_mapped_types(fine_model, read_type_map("fewnerd"))
    nothing = dict.fromkeys(FINE.types)
    with pytest.raises(InputError, match="drops all of its types"):
        with_mapped_types(fine_model, nothing)


def test_loading_maps_types_and_thresholds(tmp_path: Path) -> None:
    folder = write_tiny_tagger(tmp_path / "m")
    tagger = Tagger.load(folder, map_types=["PER=NAME", "ORG=NAME"], types=["NAME"], min_score=0.5)
    assert tagger.types == ("NAME",)
    assert tagger.model.label_set.types == ("LOC", "NAME")
    assert [e.type for e in tagger.tag("ৰমেন দাস সংঘ অসম")] == ["NAME", "NAME"]
    with pytest.raises(InputError, match="no entity type PER"):
        Tagger.load(folder, map_types="PER=NAME", types=["PER"])
