from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.corpus.sentence import Sentence
from nerbridge.errors import InputError
from nerbridge.labels import LabelSet
from nerbridge.models.word_model import TokenClassifier
from nerbridge.selection.pseudo_labels import (
    ConfidenceThresholds,
    Ensemble,
    draw,
    is_sure,
    leave_out_inconsistent,
    leave_out_known,
    pseudo_label,
)
from nerbridge.selection.suggesting import UnlabelledSentence, split_text
from nerbridge.tagging import Tagger
from text.indic import properties
from tiny_tagger import cooled, write_tiny_tagger

NAMED = "ৰমেন দাস আজি গুৱাহাটীত আছিল।"
PLAIN = "আজি ৰাতিপুৱা বতৰ বৰ ভাল।"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TokenClassifier:
    return Tagger.load(write_tiny_tagger(tmp_path_factory.mktemp("tiny") / "model")).model


def sentences(*texts: str) -> list[UnlabelledSentence]:
    return [s for row, text in enumerate(texts, 1) for s in split_text("a.txt", row, text)]


def with_temperature(model: TokenClassifier, temperature: float) -> Ensemble:
    return Ensemble([replace(model, manifest=cooled(model.manifest, temperature))])


def test_labels_are_the_models_and_say_where_they_come_from(model: TokenClassifier) -> None:
    (found,) = pseudo_label(
        Ensemble([model]), sentences(PLAIN, NAMED), ConfidenceThresholds(share_without=0)
    )
    assert found.words == ("ৰমেন", "দাস", "আজি", "গুৱাহাটীত", "আছিল", "।")
    assert found.tags == ("B-PER", "I-PER", "O", "B-LOC", "O", "O")
    assert (found.path, found.line) == ("a.txt", 2)


def test_what_the_models_are_unsure_of_is_left_out(model: TokenClassifier) -> None:
    losses = Counter[str]()
    assert pseudo_label(with_temperature(model, 9.0), sentences(NAMED, PLAIN), losses=losses) == []
    assert losses == {"unsure": 2}


def test_softly_what_they_doubt_is_kept_with_its_probabilities(model: TokenClassifier) -> None:
    ensemble = with_temperature(model, 9.0)
    losses = Counter[str]()
    (found,) = pseudo_label(ensemble, sentences(NAMED, PLAIN), soft=True, losses=losses)
    assert found.tags == ("B-PER", "I-PER", "O", "B-LOC", "O", "O")
    (expected,) = ensemble.probabilities([found.words])
    assert found.probabilities == pytest.approx(expected, abs=1e-3)
    assert losses == {"unsure": 1}


def test_what_models_disagree_on_is_left_out(model: TokenClassifier) -> None:
    """One sees a place where the other sees nothing: each is sure, both together are not."""
    tags = model.label_set.tag_to_id
    blind_to = [tags["B-LOC"]]

    def blinded(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        logits = model.forward(ids, mask).copy()
        is_hidden = logits.argmax(-1)[..., None] == blind_to
        logits[is_hidden[..., 0]] = np.eye(logits.shape[-1])[tags["O"]] * 20
        return logits

    other = replace(model, forward=blinded)
    place = sentences("আজি গুৱাহাটীত বৰষুণ আহিল।")
    assert pseudo_label(Ensemble([model]), place)
    assert pseudo_label(
        Ensemble([other]), [*place, *sentences(NAMED)], ConfidenceThresholds(entity=0.9)
    )
    assert pseudo_label(Ensemble([model, other]), place, ConfidenceThresholds(entity=0.9)) == []


@given(weights=st.lists(st.floats(0.2, 5.0), min_size=1, max_size=3))
@properties
def test_the_mean_is_that_of_probabilities(model: TokenClassifier, weights: list[float]) -> None:
    words = [["ৰমেন", "দাস", "আহিল"], ["অসম"]]
    ensemble = Ensemble(
        [replace(model, manifest=cooled(model.manifest, weight)) for weight in weights]
    )
    for row, mean in enumerate(ensemble.probabilities(words)):
        each = [np.exp(model.word_logits(words)[row] / weight) for weight in weights]
        expected = sum(p / p.sum(1, keepdims=True) for p in each) / len(weights)
        assert np.allclose(mean, expected, atol=1e-6)


def test_sentences_without_entities_are_a_share_of_the_others(model: TokenClassifier) -> None:
    losses = Counter[str]()
    plain = [f"আজি {word} বতৰ বৰ ভাল।" for word in ("ৰাতিপুৱা", "গধূলি", "নিশা")]
    given = sentences(*plain, NAMED, f"{NAMED[:-1]} নে।")
    thresholds = ConfidenceThresholds(share_without=0.5, outside=0.5)
    found = pseudo_label(Ensemble([model]), given, thresholds, losses=losses)
    assert [set(s.tags) == {"O"} for s in found] == [True, False, False]
    assert losses == {"without entity": 2}


def test_noise_is_left_out(model: TokenClassifier) -> None:
    losses = Counter[str]()
    assert not pseudo_label(Ensemble([model]), sentences(f"#অসম 😀 {NAMED}"), losses=losses)
    assert losses == {"noise": 1}


def test_words_that_no_corpus_can_hold_are_noise(model: TokenClassifier) -> None:
    losses = Counter[str]()
    broken = UnlabelledSentence("a.jsonl", 1, "", ("ৰমেন", "দাস", "\0", "আহিল"), has_own_words=True)
    assert not pseudo_label(Ensemble([model]), [broken], losses=losses)
    assert losses == {"noise": 1}


def test_known_sentences_are_left_out_however_they_are_cut() -> None:
    losses = Counter[str]()
    known = [("ৰমেন", "দাস", "আজি", "গুৱাহাটীত", "আছিল")]
    kept = list(leave_out_known(sentences(NAMED, PLAIN), known, losses))
    assert [s.text for s in kept] == [PLAIN]
    assert losses == {"held out": 1}


def test_each_sentence_of_a_known_text_is_left_out() -> None:
    known = [f"{NAMED} {PLAIN}".replace("।", " ।").split()]
    assert not list(leave_out_known(sentences(PLAIN, NAMED), known, Counter()))
    assert list(leave_out_known(sentences(f"{PLAIN[:-1]} নে?"), known, Counter()))


@pytest.mark.parametrize(
    ("rows", "scores", "sure"),
    [
        ([[0.6, 0.4], [0.95, 0.05]], [0.6], True),
        ([[0.6, 0.4], [0.95, 0.05]], [0.4], False),
        ([[0.39, 0.3, 0.31]], [0.6], False),
        ([[0.95, 0.05]], [], True),
        ([[0.89, 0.11]], [], False),
    ],
)
def test_what_is_sure(rows: Sequence[Sequence[float]], scores: list[float], sure: bool) -> None:
    assert is_sure(np.array(rows), scores, ConfidenceThresholds()) is sure


def test_a_word_is_a_name_everywhere_or_nowhere() -> None:
    def labelled(word: str, tag: str, n: int) -> list[Sentence]:
        return [Sentence((word, "গল"), (tag, "O"), line=i) for i in range(n)]

    pronoun = [*labelled("মই", "B-PER", 1), *labelled("মই", "O", 4)]
    missed = [*labelled("অসমৰ", "O", 2), *labelled("অসমৰ", "B-LOC", 3)]
    either = [*labelled("উত্তৰ", "O", 3), *labelled("উত্তৰ", "B-LOC", 2)]
    rare = [*labelled("জেউতি", "B-PER", 1), *labelled("জেউতি", "O", 3)]
    longer = [Sentence(("বিশ্ব", "শৰ্মা"), ("B-PER", "I-PER"))] * 9
    inside = [*longer, *labelled("বিশ্ব", "O", 1), *labelled("শৰ্মা", "B-PER", 1)]
    losses = Counter[str]()
    kept = list(leave_out_inconsistent([*pronoun, *missed, *either, *rare, *inside], losses))
    assert kept == [*pronoun[1:], *missed[2:], *either, *rare, *inside]
    assert losses == {"inconsistent": 3}


@given(size=st.integers(0, 30), n=st.integers(1, 30), seed=st.integers(0, 5))
@properties
def test_a_draw_is_of_different_ones_and_the_same_each_time(size: int, n: int, seed: int) -> None:
    drawn = draw(range(size), n, seed)
    assert drawn == draw(iter(range(size)), n, seed)
    assert len(set(drawn)) == len(drawn) == min(size, n)
    assert set(drawn) <= set(range(size))


def test_the_order_is_random() -> None:
    firsts = Counter(draw(range(4), 4, seed)[0] for seed in range(400))
    assert all(60 < firsts[i] < 140 for i in range(4)), firsts


def test_every_sentence_has_the_same_chance() -> None:
    counts = Counter(i for seed in range(3000) for i in draw(range(10), 3, seed))
    assert all(800 < counts[i] < 1000 for i in range(10)), counts


def test_teachers_must_agree_on_what_there_is(model: TokenClassifier) -> None:
    with pytest.raises(InputError, match="found no model"):
        Ensemble([])
    other = replace(model, name="other", label_set=LabelSet(("PER", "LOC")))
    with pytest.raises(InputError, match="other knows the labels O, B-PER"):
        Ensemble([model, other])
