import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.text.normalise import normalise_text
from nerbridge.text.sentences import iter_sentences, split_sentences
from nerbridge.text.words import graphemes, split_words
from text.indic import any_text, indic_text, properties


@pytest.mark.parametrize(
    "sentences",
    [
        ["আমি যাম।", "তুমি আহিবা॥", "সিও৷", "কিয়?", "বাহ!", "হয়…", "ভাল..."],
        ["নাই।\n", "আছে\n", "\n", "গ'ল"],
        ["ড° দাস আহিল।", "মিঃ শৰ্মা আৰু ডঃ বৰা নাই।"],
        ["ড. ৰমেন দাস এ.কে. বৰুৱাৰ ঘৰত ৩.৫ ঘণ্টা আছিল।"],
        ["He met Dr. Das of the U.S. team.", "Then he left."],
        ["তেওঁ ক'লে, 'মই যাম।'", "পিছত গ'ল।"],
        ["“কিয়?”", "(নাজানোঁ!)", "হব।"],
        ["কি?!", "সঁচা।।", "হয়? …", "অ"],
        ["চাওক https://example.org/a?b=c&d!e আৰু www.example.org।", "বচ"],
        ["দিল্লী में है.", "ठीक?"],
        ["یہ کیا ہے؟", "ٹھیک ہے۔", "ok"],
        ["एक\r\n", "दो\u2028", "तीन\u0085", "चार"],
        ["?"],
        ["ক ǀ", "খ ∣", "গ"],
        ["বয়স ৭.৫; দাম ১,২০০ টকা।"],
        ["সভাত চি. এন. বৰা আছিল।", "এন. আৰ. চি. নাছিল।"],
        ["সেয়া ৯ কি. মি. নহয়।", "আৰু কি?"],
        ["वह गई.", "वे आए."],
    ],
    ids=lambda sentences: sentences[0][:12],
)
def test_where_sentences_end(sentences: list[str]) -> None:
    text = " ".join(sentences)
    expected = [sentence.strip() for sentence in sentences if sentence.strip()]
    assert [text[start:end] for start, end in split_sentences(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ক।খ", ["ক।", "খ"]),
        ("ক। 'খ'", ["ক।", "'খ'"]),  # a quote behind a space opens
        ("ক।' খ", ["ক।'", "খ"]),
        ("ক।\u200d খ", ["ক।\u200d", "খ"]),
        ("", []),
        (" \n\u200b", []),
    ],
)
def test_what_stays_with_a_sentence(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in split_sentences(text)] == expected


@given(text=any_text)
@properties
def test_every_word_lies_whole_in_one_sentence(text: str) -> None:
    words = split_words(text)
    sentences = list(iter_sentences(text, words))
    assert [word for sentence in sentences for word in sentence] == words
    assert all(sentences)
    ranges = split_sentences(text)
    assert ranges == [(sentence[0][0], sentence[-1][1]) for sentence in sentences]
    borders = {0, *(end for _, end in graphemes(text))}
    assert {border for range_ in ranges for border in range_} <= borders


@given(text=any_text, max_words=st.integers(2, 9))
@properties
def test_no_sentence_is_longer_than_allowed(text: str, max_words: int) -> None:
    words = split_words(text * 3)
    pieces = list(iter_sentences(text * 3, words, max_words))
    assert [word for piece in pieces for word in piece] == words
    assert all(1 <= len(piece) <= max_words for piece in pieces)


def test_a_sentence_without_end_is_cut_at_a_pause() -> None:
    text = "ক খ গ ঘ, ঙ চ ছ জ ঝ ঞ ট ঠ"
    pieces = iter_sentences(text, split_words(text), 6)
    assert [text[piece[0][0] : piece[-1][1]] for piece in pieces] == [
        "ক খ গ ঘ,",
        "ঙ চ ছ জ ঝ ঞ",
        "ট ঠ",
    ]


def with_joiners(text: str) -> str:
    return "".join(
        c + "\u200d" if "\u0900" <= c <= "\u0dff" and c not in "।॥৷" else c for c in text
    )


def sentence_words(text: str) -> list[list[str]]:
    return [
        [normalise_text(text[start:end]) for start, end in sentence]
        for sentence in iter_sentences(text, split_words(text))
    ]


@pytest.mark.parametrize("form", ["NFC", "NFD", "joiners"])
@given(text=indic_text)
@properties
def test_the_same_sentences_in_every_unicode_form(form: str, text: str) -> None:
    changed = with_joiners(text) if form == "joiners" else unicodedata.normalize(form, text)  # type: ignore[arg-type]
    assert sentence_words(changed) == sentence_words(text)


def test_the_same_sentences_in_real_text(shared: Path) -> None:
    for path in sorted(shared.glob("data/*/*.conll"))[:3]:
        text = path.read_text(encoding="utf-8")[:50_000].replace("\n", " ")
        expected = sentence_words(text)
        for changed in (unicodedata.normalize("NFD", text), with_joiners(text)):
            assert sentence_words(changed) == expected


@pytest.mark.parametrize("piece", ["ক", "a", "a@", "www.;", "ক. ", "'", "।", "\u0300", "L\u200b"])
def test_a_very_long_line_is_split_in_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece)) + " @ http://"
    start = time.process_time()
    assert split_sentences(text)[-1][1] == len(text)
    assert time.process_time() - start < 4  # 0.1 to 0.5 here; quadratic is ten and more
