from __future__ import annotations

import math
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from nerbridge.errors import InputError
from nerbridge.selection import word_vectors
from nerbridge.selection.suggesting import UnlabelledSentence
from nerbridge.selection.word_vectors import (
    CountedText,
    WordVectors,
    count_pairs,
    cut_endings,
    positive_information,
)

TOWNS = ("তেজপুৰ", "নলবাৰী", "ধুবুৰী", "শিলচৰ", "যোৰহাট")
FRUIT = ("কল", "আম", "লিচু", "কমলা", "আনাৰস")
RARE_TOWN, RARE_FRUIT = "হাজো", "নেমু"
FRAMES = {
    TOWNS: ("আমি", "পুৱা", "{}", "পাই", "ৰৈছিলোঁ"),
    FRUIT: ("তাই", "বজাৰত", "{}", "কিনি", "খালে"),
}


def sentence(words: tuple[str, ...]) -> UnlabelledSentence:
    return UnlabelledSentence("a.txt", 1, " ".join(words), words, True)


def write_text(n: int) -> list[UnlabelledSentence]:
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


def read_vectors(sentences: list[UnlabelledSentence]) -> WordVectors:
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


def test_numbers_are_one_word_and_spellings_too() -> None:
    whole, parts = "\u09df", "\u09af\u09bc"  # য় in one character and in two
    said = [sentence(("১২", whole, "জন")), sentence(("৩", parts, "খন"))] * 20_000
    found = read_vectors(said)
    assert found.row_of("৩,৪৫০") == found.row_of("7.5") == found.row_of("১২") is not None
    assert found.row_of(whole) == found.row_of(parts) is not None
    assert found.row_of("নাই") is None


def spell(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "কখগঘঙচছজঝঞ"))


@pytest.mark.parametrize(
    "words",
    [
        [("নাম",)] * 100_000,  # a list of names
        [("একে",) * 10] * 10_000,
        [tuple(map(spell, range(n, n + 10))) for n in range(0, 100_000, 10)],
    ],
    ids=["alone", "the same", "each seen once"],
)
def test_text_without_company_is_refused(words: list[tuple[str, ...]]) -> None:
    with pytest.raises(InputError, match="but few of them occur together"):
        read_vectors(list(map(sentence, words)))


def test_too_little_text_is_refused() -> None:
    with pytest.raises(InputError, match=r"^the input has 4 words; expected 100,000"):
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
        assert not ending or seen[stem] >= 5
        assert parts[stem] == (stem, "")


def test_a_stem_is_the_most_frequent_beginning() -> None:
    """ভাৰত + ে and not ভাৰ + তে, although both are words."""
    seen = {"ভাৰত": 90, "ভাৰ": 9, "ভাৰতে": 8, "ঘৰত": 30, "ঘৰতে": 6, "গাঁও": 30, "গাঁওতে": 6}
    assert cut_endings(seen)["ভাৰতে"] == ("ভাৰত", "ে")


def test_what_several_forms_stand_for_is_a_stem() -> None:
    """ব্যক্তি is no form of ব্যক্ত; সময়ত, which has but one form, is one of সময়, and so is that."""
    forms = {"ব্যক্তিৰ": 20, "ব্যক্তিক": 20, "ব্যক্তিয়ে": 20, "ঘৰিৰ": 6, "ঘৰিক": 6, "ঘৰিয়ে": 6}
    seen = {"ব্যক্ত": 40, "ব্যক্তি": 50, "ঘৰ": 90, "ঘৰি": 80, "মাটি": 90, "মাট": 95, **forms}
    seen |= {"সময়": 90, "সময়ত": 40, "সময়তে": 9, "বাটত": 8, "বাট": 9, "বাটতে": 5}
    parts = cut_endings(seen)
    assert parts["ব্যক্তি"] == ("ব্যক্তি", "")
    assert parts["ব্যক্তিৰ"] == ("ব্যক্তি", "ৰ")
    assert parts["সময়তে"] == ("সময়", "তে")


def test_a_chance_beginning_is_no_stem() -> None:
    seen = {"বাক্স": 6, "বাক্সা": 60, "পানী": 90, "পানীা": 8}
    assert cut_endings(seen)["বাক্সা"] == ("বাক্সা", "")


@pytest.mark.parametrize("n_contexts", [4, 2])
@given(tokens=st.lists(st.integers(-1, 3), min_size=5, max_size=30))
def test_pairs_are_those_that_two_loops_count(n_contexts: int, tokens: list[int]) -> None:
    weights = {1: 1.0, 2: 1.0, 3: 0.7, 4: 0.5}
    expected = Counter[tuple[int, int]]()
    for at, word in enumerate(tokens):
        for distance, weight in weights.items():
            for side, place in enumerate((at + distance, at - distance)):
                if 0 <= place < len(tokens) and word >= 0 and tokens[place] in range(n_contexts):
                    column = tokens[place] + n_contexts * (2 * (distance > 1) + side)
                    expected[word, column] += weight
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(word_vectors, "_N_CONTEXTS", n_contexts)
        found = count_pairs(np.array(tokens), 4).todok()
    assert {key: pytest.approx(value) for key, value in found.items()} == dict(expected)


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=2, max_size=5))
def test_information_is_what_its_formula_says(counts: list[list[int]]) -> None:
    found = positive_information(sparse.csr_matrix(np.array(counts, dtype=np.float32))).toarray()
    rows = [sum(row) for row in counts]
    columns = [sum(column) ** 0.75 for column in zip(*counts, strict=True)]
    for row, values in enumerate(counts):
        for column, n in enumerate(values):
            expected = n and max(0, math.log(n / rows[row] / columns[column] * sum(columns)))
            assert found[row, column] == pytest.approx(expected, abs=1e-5)
