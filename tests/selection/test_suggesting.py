from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nerbridge.errors import InputError
from nerbridge.selection import suggesting
from nerbridge.selection.suggesting import UnlabelledSentence, leave_out_unfit, split_text, suggest
from nerbridge.tagging import Entity, Tagger
from tiny_tagger import write_tiny_tagger

NAMED = "ৰমেন দাস আজি সোনকালে গুৱাহাটীত উপস্থিত হ'ল।"
PLAIN = "আজি ৰাতিপুৱা বতৰ বৰ ভাল লাগিল।"


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    return Tagger.load(write_tiny_tagger(tmp_path_factory.mktemp("tiny") / "model", sure=3.0))


def spans(entities: Iterable[Entity]) -> list[tuple[str, str, int, int]]:
    return [(e.type, e.text, e.start_char, e.start_word) for e in entities]


def sentences(*texts: str) -> Iterator[UnlabelledSentence]:
    for row, text in enumerate(texts, start=1):
        yield from split_text("a.txt", row, text)


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("અમદાવાદ ગુજરાતનું મોટું શહેર છે.", True),
        ("ଭୁବନେଶ୍ୱର ଓଡ଼ିଶାର ରାଜଧାନୀ ଅଟେ।", True),
        ("دہلی ایک بہت بڑا شہر ہے", False),
    ],
)
def test_a_target_in_a_script_that_no_source_was_in_is_read(
    tagger: Tagger, text: str, is_read: bool
) -> None:
    model, losses = replace(tagger.model, script="Beng"), Counter[str]()
    assert len(list(leave_out_unfit(sentences(text), model, losses))) == is_read
    assert losses == ({} if is_read else {"other language": 1})


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
        assert spans(suggestion.entities) == spans(tagger.tag(suggestion.sentence.text))


def test_only_a_pool_is_held(tagger: Tagger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggesting, "_MIN_POOL", 20)
    monkeypatch.setattr(suggesting, "_BATCH", 32)
    n_held: list[int] = []

    def many() -> Iterator[UnlabelledSentence]:
        for number in range(1000):
            if number % 100 == 99:
                n_held.append(sum(type(held) is UnlabelledSentence for held in gc.get_objects()))
            yield from split_text("a", 1, f"{NAMED[:-1]} {number} জন।")

    assert suggest(tagger, many(), 2)
    assert len(n_held) == 10
    assert 20 <= max(n_held) <= 20 + 2 * 32


@pytest.mark.parametrize("n", [0, 10_001])
def test_how_many_is_bounded(tagger: Tagger, n: int) -> None:
    with pytest.raises(InputError, match="from 1 to 10,000"):
        suggest(tagger, sentences(NAMED), n)


def test_the_pool_does_not_grow_without_end(
    tagger: Tagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggesting, "_MIN_POOL", 1)
    monkeypatch.setattr(suggesting, "_MAX_POOL", 5)
    texts = [f"{word} {NAMED[:-1]} {word * 7}।" for word in "কখগঘচছজঝটঠ"]
    losses: Counter[str] = Counter()
    assert len(suggest(tagger, sentences(*texts), 9, losses=losses)) <= 5


def test_too_few_are_explained(tagger: Tagger) -> None:
    losses: Counter[str] = Counter()
    texts = [NAMED, f"“{NAMED}”", f"({NAMED})", f"{NAMED} !", f"- {NAMED}", PLAIN]
    found = suggest(tagger, sentences(*texts), 6, losses=losses)
    assert len(found) < 6
    assert losses == {"near duplicate": 6 - len(found)}


def test_words_and_texts_are_labelled_each_in_its_way(tagger: Tagger) -> None:
    words = ("ৰমেন", "দাস", "আজি", "গুৱাহাটীত", "😀")
    own = UnlabelledSentence("b", 1, " ".join(words), words, has_own_words=True)
    found = suggest(tagger, [own, *sentences(NAMED.replace("আজি", "কালি"), PLAIN)], 3)
    for suggestion in found:
        sentence = suggestion.sentence
        expected = (
            tagger.tag_words(sentence.words)
            if sentence.has_own_words
            else tagger.tag(sentence.text)
        )
        assert spans(suggestion.entities) == spans(expected)


def test_the_same_each_time(tagger: Tagger, tmp_path: Path) -> None:
    texts = [f"{NAMED[:-1]} {i} জন মানুহ।" for i in range(30)] + [PLAIN]
    first, second = (suggest(tagger, sentences(*texts), 5, seed=4) for _ in range(2))
    assert first == second
