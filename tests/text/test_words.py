import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.text.normalise import INVISIBLE
from nerbridge.text.words import graphemes, split_words
from text.indic import any_text, properties, words_in


def _split(text: str) -> list[str]:
    return [text[start:end] for start, end in split_words(text)]


@given(text=any_text)
@properties
def test_graphemes_cover_the_text(text: str) -> None:
    spans = graphemes(text)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start < end for start, end in spans)


@given(text=any_text)
@properties
def test_every_visible_character_is_in_exactly_one_word(text: str) -> None:
    words = split_words(text)
    assert all(end <= start for (_, end), (start, _) in pairwise(words))
    covered = {index for start, end in words for index in range(start, end)}
    for index, char in enumerate(text):
        assert index in covered or char.isspace() or char in INVISIBLE


@given(text=any_text)
@properties
def test_no_word_boundary_inside_a_grapheme(text: str) -> None:
    boundaries = {boundary for span in graphemes(text) for boundary in span}
    assert {boundary for span in split_words(text) for boundary in span} <= boundaries


@given(text=any_text)
@properties
def test_words_hold_no_space_unless_a_mark_sits_on_it(text: str) -> None:
    for word in _split(text):
        spaces = [index for index, char in enumerate(word) if char.isspace()]
        assert all(unicodedata.category(word[i + 1 : i + 2] or " ")[0] in "MC" for i in spaces)


@given(first=words_in("Beng"), second=words_in("Deva"))
@properties
@pytest.mark.parametrize("between", [" ", "।", "😀", "(", " www.example.org/x?y=1, ", ", ", "#"])
def test_words_do_not_depend_on_their_neighbours(between: str, first: str, second: str) -> None:
    words = _split(first + between + second)
    assert (words[0], words[-1]) == (first, second)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ড° ভূপেন হাজৰিকাই মিঃ দাসক", "ড°|ভূপেন|হাজৰিকাই|মিঃ|দাসক"),
        ("১২,৩৪৫.৬ টকা, ৩.৫%", "১২,৩৪৫.৬|টকা|,|৩.৫|%"),
        ("১০:৩০ বজাত ১২/০৩/২০২১ৰ", "১০:৩০|বজাত|১২/০৩/২০২১ৰ"),
        ("ঢাকা-চট্টগ্ৰাম – ২০২১-২২", "ঢাকা-চট্টগ্ৰাম|–|২০২১-২২"),
        ("ল’ৰা ক'ত 'উদ্ধৃতি'", "ল’ৰা|ক'ত|'|উদ্ধৃতি|'"),
        ("#গুৱাহাটী😀মুম্বাই @user_1", "#|গুৱাহাটী|😀|মুম্বাই|@user_1"),
        ("#গুৱাহাটী_বানপানী! #AssamFlood", "#|গুৱাহাটী|_|বানপানী|!|#|AssamFlood"),
        ("@a.b_c, ক@খ @ৰমেন", "@a.b_c|,|ক|@|খ|@|ৰমেন"),
        ("@name😀@দাস।@x", "@name|😀|@|দাস|।|@x"),
        ("https://t.co/ab😀youtu.be/xY_1! and/or", "https://t.co/ab|😀|youtu.be/xY_1|!|and|/|or"),
        ("https://a.in/x#y_z snake_case", "https://a.in/x#y_z|snake_case"),
        ("অসম1️⃣👍🏽🇮🇳👨‍👩‍👧ক", "অসম|1️⃣|👍🏽|🇮🇳|👨‍👩‍👧|ক"),
        ("(https://example.org/ক?a=b,c). শেষ৷", "(|https://example.org/ক?a=b,c|)|.|শেষ|৷"),
        ("a.b-c@example.co.in।", "a.b-c@example.co.in|।"),
        ("এ.কে. আজাদ, U.S. Army.", "এ.কে.|আজাদ|,|U.S.|Army|."),
        ("ড. খান মো: করিম ডা.", "ড.|খান|মো:|করিম|ডা|."),
        ("वह राम है. वह आई.", "वह|राम|है|.|वह|आई|."),
        ("वह आई. आई. के. दास", "वह|आई.|आई.|के.|दास"),
        ("गाड़ी आई. फिर गई.", "गाड़ी|आई|.|फिर|गई|."),
        ("ক... নাম: খ", "ক|...|নাম|:|খ"),
        ("ভাৰত।পাকিস্তান॥", "ভাৰত|।|পাকিস্তান|॥"),
        ("ক্\u200dষ র\u200d্যাব\u200c", "ক্\u200dষ|র\u200d্যাব\u200c"),
        ("\ufeffঅসম\u200b অ\u00adসম \u200b", "অসম|অ\u00adসম"),
        ("डॉ॰ राम ३७°C", "डॉ॰|राम|३७°C"),
        ("ক\n\u09beখ", "ক|\u09beখ"),
        ("কি/না 😀😀", "কি|/|না|😀|😀"),
        ("", ""),
    ],
)
def test_examples(text: str, words: str) -> None:
    assert _split(text) == (words.split("|") if words else [])


@pytest.mark.parametrize("abbreviation", ["ড.", "এ.কে.", "Dr.", "মো:", "ওয়াই."])
def test_an_abbreviation_is_one_in_any_unicode_form(abbreviation: str) -> None:
    name = abbreviation[:-1]
    for form in ("NFC", "NFD"):
        for joiner in ("", "\u200d", "\u200c"):
            written = unicodedata.normalize(form, name) + joiner + abbreviation[-1]
            assert split_words(f"{written} দাস")[0] == (0, len(written))


@given(text=any_text, block=st.integers(1, 9))
@properties
def test_words_do_not_depend_on_the_blocks_a_text_is_read_in(text: str, block: int) -> None:
    expected = split_words(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nerbridge.text.words._BLOCK", block)
        assert split_words(text) == expected
