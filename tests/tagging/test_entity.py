"""The result of tagging is a plain list that a notebook shows highlighted."""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict

import pytest

from nerbridge.tagging import Entities, Entity, Tagger

TEXT = "জোনালী গুৱাহাটীলৈ গৈছিল।"
FOUND = [
    Entity("PER", "জোনালী", 0, 6, 0, 1, 0.98),
    Entity("LOC", "গুৱাহাটীলৈ", 7, 17, 1, 2, 0.91),
]


def test_it_is_a_list() -> None:
    shown = Entities(FOUND, TEXT)
    assert isinstance(shown, list)
    assert (shown, shown[1:], shown[0], len(shown)) == (FOUND, FOUND[1:], FOUND[0], 2)
    assert shown == FOUND
    assert repr(shown) == repr(FOUND)
    assert type(shown[:1]) is list
    assert json.dumps([asdict(one) for one in shown]) == json.dumps([asdict(one) for one in FOUND])
    assert sorted(shown, key=lambda one: one.type)[0].type == "LOC"
    assert [*shown, *FOUND] == shown + FOUND
    assert Entities() == []
    assert not Entities([], TEXT)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_pickled_with_its_text(protocol: int) -> None:
    again = pickle.loads(pickle.dumps(Entities(FOUND, TEXT), protocol))
    assert again == FOUND
    assert again._repr_html_() == Entities(FOUND, TEXT)._repr_html_()


def test_the_tagger_gives_it(tagger: Tagger) -> None:
    text = "অসম কলিকতা দাস"
    assert tagger.tag(text)._repr_html_().count("<mark") == len(tagger.tag(text))
    assert tagger.tag_words(text.split()).text == text
    assert tagger.tag(text) == next(tagger.tag_many([text]))
