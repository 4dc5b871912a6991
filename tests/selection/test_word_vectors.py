from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.errors import InputError
from nerbridge.selection.suggesting import Sentence
from nerbridge.selection.word_vectors import CountedText, WordVectors, count_pairs, cut_endings

TOWNS = ("তেজপুৰ", "নলবাৰী", "ধুবুৰী", "শিলচৰ", "যোৰহাট")
FRUIT = ("কল", "আম", "লিচু", "কমলা", "আনাৰস")
RARE_TOWN, RARE_FRUIT = "হাজো", "নেমু"
FRAMES = {
    TOWNS: ("আমি", "পুৱা", "{}", "পাই", "ৰৈছিলোঁ"),
    FRUIT: ("তাই", "বজাৰত", "{}", "কিনি", "খালে"),
}


def sentence(words: tuple[str, ...]) -> Sentence:
    return Sentence("a.txt", 1, " ".join(words), words, True)


def write_text(n: int) -> list[Sentence]:
    """Two kinds of names in sentences of their own; of each kind one that is rare."""
    draw = random.Random(1)
    said = []
    for row in range(n):
        kind = draw.choice((TOWNS, FRUIT))
        name = draw.choice(kind)
        if row % 1000 < 2:
            name, kind = ((RARE_TOWN, TOWNS), (RARE_FRUIT, FRUIT))[row % 1000]
        said.append(sentence(tuple(word.format(name) for word in FRAMES[kind])))
    return said


def read_vectors(sentences: list[Sentence]) -> WordVectors:
    text = CountedText()
    assert list(text.read(sentences)) == sentences
    return text.vectors()


@pytest.fixture(scope="module")
def vectors() -> WordVectors:
    return read_vectors(write_text(21_000))


def likeness(vectors: WordVectors, first: str, second: str) -> float:
    rows = [vectors.row_of(word) for word in (first, second)]
    assert None not in rows
    return float(vectors.matrix[rows[0]] @ vectors.matrix[rows[1]])


@pytest.mark.parametrize(
    ("rare", "own", "other"), [(RARE_TOWN, TOWNS, FRUIT), (RARE_FRUIT, FRUIT, TOWNS)]
)
def test_a_rare_word_is_like_those_that_are_used_like_it(
    vectors: WordVectors, rare: str, own: tuple[str, ...], other: tuple[str, ...]
) -> None:
    least = min(likeness(vectors, rare, word) for word in own)
    assert least > max(likeness(vectors, rare, word) for word in other) + 0.3


def test_rows_have_length_one(vectors: WordVectors) -> None:
    assert np.linalg.norm(vectors.matrix, axis=1) == pytest.approx(1, abs=1e-5)


def test_the_same_text_makes_the_same_words_alike(vectors: WordVectors) -> None:
    again = read_vectors(write_text(21_000))
    assert again.rows == vectors.rows
    first, second = (found.matrix @ found.matrix.T for found in (vectors, again))
    assert first == pytest.approx(second, abs=1e-4)


def test_words_of_different_sentences_are_no_company(vectors: WordVectors) -> None:
    said = write_text(21_000)
    random.Random(2).shuffle(said)
    other = read_vectors(said)
    for word in (*TOWNS, RARE_FRUIT, "বজাৰত"):
        for context in ("আমি", "খালে", RARE_TOWN):
            assert likeness(other, word, context) == pytest.approx(
                likeness(vectors, word, context), abs=1e-3
            )


def test_numbers_are_one_word_and_spellings_too(vectors: WordVectors) -> None:
    text = CountedText()
    said = ("১২", "য়", "জন")  # precomposed
    list(text.read([sentence(said)] * 40_000))
    found = text.vectors()
    assert found.row_of("৩৪৫") == found.row_of("7") == found.row_of("১২") is not None
    assert found.row_of("য়") == found.row_of("য়") is not None
    assert found.row_of("নাই") is None


def test_too_little_text_is_refused() -> None:
    with pytest.raises(InputError, match=r"^4 words; expected 100,000 or more"):
        read_vectors([sentence(("এটা", "দুটা", "তিনিটা", "চাৰিটা"))])


def test_forms_of_a_word_share_a_row() -> None:
    inflected = [sentence((f"{town}লৈ", "যাওঁ")) for town in (*TOWNS, RARE_TOWN)] * 10
    found = read_vectors(write_text(21_000) + inflected)
    for town in (*TOWNS, RARE_TOWN):
        assert found.row_of(town) == found.row_of(town + "লৈ") is not None


counts = st.dictionaries(st.text("কতৰা", min_size=1, max_size=8), st.integers(1, 60), max_size=30)


@given(counts)
def test_stem_and_ending_make_the_word(seen: dict[str, int]) -> None:
    parts = cut_endings(seen)
    assert parts.keys() == seen.keys()
    for word, (stem, ending) in parts.items():
        assert stem + ending == word
        assert stem in seen
        assert not ending or seen[stem] >= max(5, seen[word] / 5)


def test_a_stem_is_the_most_frequent_beginning() -> None:
    """ভাৰত + ে and not ভাৰ + তে, although both are words."""
    seen = {"ভাৰত": 90, "ভাৰ": 9, "ভাৰতে": 8, "ঘৰত": 30, "ঘৰতে": 6, "গাঁও": 30, "গাঁওতে": 6}
    assert cut_endings(seen)["ভাৰতে"] == ("ভাৰত", "ে")


def test_a_chance_beginning_is_no_stem() -> None:
    seen = {"বাক্স": 6, "বাক্সা": 60, "পানী": 90, "পানীা": 8}
    assert cut_endings(seen)["বাক্সা"] == ("বাক্সা", "")


@given(st.lists(st.integers(-1, 3), min_size=5, max_size=30))
def test_pairs_are_those_that_two_loops_count(tokens: list[int]) -> None:
    weights = {1: 1.0, 2: 1.0, 3: 0.7, 4: 0.5}
    expected = Counter[tuple[int, int]]()
    for at, word in enumerate(tokens):
        for distance, weight in weights.items():
            for side, place in enumerate((at + distance, at - distance)):
                if 0 <= place < len(tokens) and min(word, tokens[place]) >= 0:
                    column = tokens[place] + 4 * (2 * (distance > 1) + side)
                    expected[word, column] += weight
    found = count_pairs(np.array(tokens), 4).todok()
    assert {key: pytest.approx(value) for key, value in found.items()} == dict(expected)
