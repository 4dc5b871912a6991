from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from nerbridge.selection import suggesting
from nerbridge.selection.suggesting import Sentence, split_text, suggest
from nerbridge.tagging import Tagger
from tiny_tagger import write_tiny_tagger

NAMED = "ৰমেন দাস আজি সোনকালে গুৱাহাটীত উপস্থিত হ'ল।"
PLAIN = "আজি ৰাতিপুৱা বতৰ বৰ ভাল লাগিল।"


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    return Tagger.load(write_tiny_tagger(tmp_path_factory.mktemp("tiny") / "model", sure=3.0))


def sentences(*texts: str) -> Iterator[Sentence]:
    for row, text in enumerate(texts, start=1):
        yield from split_text("a.txt", row, text)


def test_sentences_stand_alone() -> None:
    found = list(split_text("a.txt", 1, f"{NAMED} {PLAIN}"))
    assert [sentence.text for sentence in found] == [NAMED, PLAIN]
    assert found[0].words[-1] == "।"


def test_what_is_unfit_is_left_out_and_counted(tagger: Tagger) -> None:
    losses: Counter[str] = Counter()
    texts = [NAMED, f"  {NAMED}", "ভাল।", "ক " * 90, "moi kali Guwahatiloi jam hobo", PLAIN]
    found = suggest(tagger, sentences(*texts), 10, losses=losses)
    assert {suggestion.sentence.text for suggestion in found} == {NAMED, PLAIN}
    assert losses == {"too short": 1, "too long": 1, "duplicate": 1, "other language": 1}


def test_suggestions_are_labelled_as_the_tagger_does(tagger: Tagger) -> None:
    for suggestion in suggest(tagger, sentences(NAMED, PLAIN), 2):
        assert list(suggestion.entities) == tagger.tag(suggestion.sentence.text)


def test_only_a_pool_is_held(tagger: Tagger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggesting, "_MIN_POOL", 20)
    many = (f"{NAMED[:-1]} {'ক' * (i % 40)} {i} জন।" for i in range(4000))
    tracemalloc.start()
    found = suggest(tagger, sentences(*[]), 2)
    assert found == []
    found = suggest(tagger, (s for text in many for s in split_text("a", 1, text)), 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) >= 1
    assert peak < 8_000_000


def test_the_same_each_time(tagger: Tagger, tmp_path: Path) -> None:
    texts = [f"{NAMED[:-1]} {i} জন মানুহ।" for i in range(30)] + [PLAIN]
    first, second = (suggest(tagger, sentences(*texts), 5, seed=4) for _ in range(2))
    assert first == second
