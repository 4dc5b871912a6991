"""Sentences without their final stop."""

from __future__ import annotations

import numpy as np
import pytest

from nerbridge.corpus import Sentence
from nerbridge.corpus.final_punctuation import drop_final_punctuation
from nerbridge.corpus.reading import build_corpus
from nerbridge.corpus.sentence import Corpus


def corpus(*sentences: Sentence) -> Corpus:
    return build_corpus("own", "as", {"train": sentences, "test": sentences})


@pytest.mark.parametrize(
    ("words", "tags", "left"),
    [
        ("ৰমেন আহিল ।", "B-PER O O", "ৰমেন আহিল"),
        ("ৰমেন আহিল ? !", "B-PER O O O", "ৰমেন আহিল"),
        ("ৰমেন আহিল।", "B-PER O", "ৰমেন আহিল"),
        ("মই ড. দাস", "O B-PER I-PER", "মই ড. দাস"),
        ("এইয়া ড.", "O O", "এইয়া ড."),
        ("কি হ'ব Yahoo !", "O O B-ORG I-ORG", "কি হ'ব Yahoo !"),
        ("।", "O", "।"),
        ("। ।", "O O", "।"),
    ],
)
def test_the_final_stop_goes_and_nothing_else(words: str, tags: str, left: str) -> None:
    sentence = Sentence(
        tuple(words.split()),
        tuple(tags.split()),
        probabilities=np.eye(len(words.split()), dtype=np.float32),
    )
    (shortened,) = drop_final_punctuation(corpus(sentence), 1).splits["train"]
    n = len(left.split())
    assert shortened.words == tuple(left.split())
    assert shortened.tags == sentence.tags[:n]
    assert shortened.probabilities is not None
    assert np.array_equal(shortened.probabilities, np.eye(len(words.split()))[:n])


def test_a_share_of_the_training_sentences_the_same_every_time() -> None:
    many = corpus(*(Sentence((f"ক{number}", "।"), ("O", "O")) for number in range(1000)))
    half = drop_final_punctuation(many, 0.3)
    n_short = sum(len(sentence.words) == 1 for sentence in half.splits["train"])
    assert 250 < n_short < 350
    assert half == drop_final_punctuation(many, 0.3)
    assert half.splits["test"] == many.splits["test"]
    assert half.sha256 == many.sha256
    assert drop_final_punctuation(many, 0) == many
