import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.text.noise import read_past_noise
from nerbridge.text.words import split_words
from text.indic import any_text, properties, words_in

NOISE = [
    "😀",
    "👍🏽",
    "🇮🇳",
    "👨‍👩‍👧",
    "1️⃣",
    "https://example.org/a_b",
    "@some_one",
    "a@example.org",
    "#",
]


def read(text: str) -> list[str]:
    words = [text[start:end] for start, end in split_words(text)]
    return read_past_noise(words).choose(words)


@given(text=any_text)
@properties
def test_indices_are_in_order_and_what_is_read_is_kept(text: str) -> None:
    words = [text[start:end] for start, end in split_words(text)]
    reading = read_past_noise(words)
    assert set(reading.read) <= set(reading.kept) <= set(range(len(words)))
    assert list(reading.kept) == sorted(set(reading.kept))
    assert list(reading.read) == sorted(set(reading.read))


@given(words=st.lists(words_in("Beng"), min_size=1, max_size=5), place=st.integers(0, 5))
@pytest.mark.parametrize("noise", NOISE)
@properties
def test_noise_in_a_sentence_with_a_stop_is_not_read(
    noise: str, words: list[str], place: int
) -> None:
    place = min(place, len(words))
    noisy = " ".join([*words[:place], noise, *words[place:], "।"])
    assert read(noisy) == read(" ".join([*words, "।"]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ভাল!!!! নে??", "ভাল|!|নে|?"),
        ("#ভূপেন_হাজৰিকা।", "ভূপেন|হাজৰিকা|।"),
        ("গৈছিলোঁ 😀🙏", "গৈছিলোঁ|।"),
        ("গৈছিলোঁ! 😀", "গৈছিলোঁ|!"),
        ("😀 গৈছিলোঁ", "গৈছিলোঁ"),
        ("😀", ""),
        ("and/or C++", "and|/|or|C|+|+"),
    ],
)
def test_examples(text: str, expected: str) -> None:
    assert read(text) == (expected.split("|") if expected else [])
