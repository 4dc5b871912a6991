import itertools
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.text.brahmic_tables import BLOCK_STARTS, MISSING_OFFSETS, PARALLEL_OFFSETS
from nerbridge.text.mapped import MappedText
from nerbridge.text.script import SCRIPTS, detect_script, transliterate
from text.indic import any_text, indic_text, properties, words_in

NAMES = {
    "Deva": "DEVANAGARI",
    "Beng": "BENGALI",
    "Guru": "GURMUKHI",
    "Gujr": "GUJARATI",
    "Orya": "ORIYA",
    "Taml": "TAMIL",
    "Telu": "TELUGU",
    "Knda": "KANNADA",
    "Mlym": "MALAYALAM",
}
# Unicode names long e and o EE and OO in the scripts that also have short ones, and Gurmukhi.
SAME_LETTER = [
    {"SHORT E", "E", "EE"},
    {"SHORT O", "O", "OO"},
    {"CANDRA E", "VOWEL CANDRA E"},
    {"CANDRA O", "VOWEL CANDRA O"},
    {"CANDRABINDU", "ADAK BINDI"},
    {"ANUSVARA", "BINDI"},
]
# U+0C3C, a Telugu nukta that hardly a font has, counts as missing; U+0D3C is another sign.
NOT_USED = {"\u0c3c", "\u0d3c"}


def _name(char: str, script: str) -> str:
    name = unicodedata.name(char).removeprefix(NAMES[script] + " ")
    return name.removeprefix("LETTER ").removeprefix("VOWEL SIGN ").removeprefix("SIGN ")


def _letters(script: str) -> dict[int, str]:
    start = BLOCK_STARTS[script]
    missing = MISSING_OFFSETS[script]
    return {offset: chr(start + offset) for offset in PARALLEL_OFFSETS if offset not in missing}


@pytest.mark.parametrize("script", SCRIPTS)
def test_parallel_letters_are_those_unicode_names_alike(script: str) -> None:
    for offset in PARALLEL_OFFSETS:
        char = chr(BLOCK_STARTS[script] + offset)
        is_assigned = unicodedata.name(char, None) is not None and char not in NOT_USED
        assert is_assigned == (offset in _letters(script)), hex(ord(char))
    for offset, char in _letters(script).items():
        names = {_name(char, script), _name(chr(0x0900 + offset), "Deva")}
        assert len(names) == 1 or any(names <= same for same in SAME_LETTER), names


@pytest.mark.parametrize(("source", "target"), itertools.permutations(SCRIPTS, 2))
def test_letters_that_both_scripts_have_come_back(source: str, target: str) -> None:
    shared = _letters(source).keys() & _letters(target).keys()
    for offset in shared:
        letter = unicodedata.normalize("NFC", _letters(source)[offset])
        there = transliterate(letter, target)
        assert transliterate(there.text, source).text == letter
        if len(letter) == len(there.text) == 1:
            assert ord(there.text) - ord(letter) == BLOCK_STARTS[target] - BLOCK_STARTS[source]


@pytest.mark.parametrize(("source", "target"), itertools.permutations(SCRIPTS, 2))
def test_nothing_of_the_source_alphabet_is_left(source: str, target: str) -> None:
    start = BLOCK_STARTS[target]
    for letter in _letters(source).values():
        written = transliterate("x" + letter, target).text[1:]
        assert all(start <= ord(char) < start + 0x80 for char in written), letter


@given(text=any_text, target=st.sampled_from(SCRIPTS))
@properties
def test_result_is_nfc_and_stable(text: str, target: str) -> None:
    written = transliterate(text, target).text
    assert unicodedata.is_normalized("NFC", written)
    assert transliterate(written, target).text == written


@given(text=any_text, target=st.sampled_from(SCRIPTS))
@properties
def test_unicode_form_of_the_text_does_not_matter(text: str, target: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert transliterate(decomposed, target).text == transliterate(text, target).text


@given(text=st.text(st.characters(exclude_characters=[chr(c) for c in range(0x900, 0xD80)])))
@properties
def test_other_scripts_are_not_touched(text: str) -> None:
    assert transliterate(text, "Beng").text == unicodedata.normalize("NFC", text)


def _reference_bengali(text: str) -> str:
    """Devanagari in Bengali letters by regular expressions: what the rules were measured with."""
    text = unicodedata.normalize("NFC", text)
    stop = "(?!\u093c)"
    text = re.sub(rf"[ंँ](?=[टठडढ]{stop})", "ण्", text)
    text = re.sub("[ंँ](?=[तथदध])", "न्", text)
    text = re.sub("ं(?=[पफबभम])", "म्", text)
    text = re.sub("ं(?=[चछजझ])", "ञ्", text)
    text = re.sub("(?<=[\u0904-\u0939\u093c\u093e-\u094c])य(?!\u093c)", "य\u093c", text)
    special = {
        "व": "ব", "ळ": "ল", "ॉ": "া", "ऑ": "অ", "ॅ": "্যা", "ऍ": "অ্যা", "ऩ": "ন\u09bc",
    }  # fmt: skip
    moved = (
        special.get(char, chr(ord(char) + 0x80) if "\u0901" <= char <= "\u0963" else char)
        for char in text
    )
    return unicodedata.normalize("NFC", "".join(moved))


@given(text=st.lists(words_in("Deva"), max_size=4).map(" ".join))
@properties
def test_hindi_in_bengali_letters_agrees_with_the_reference(text: str) -> None:
    assert transliterate(text, "Beng").text == _reference_bengali(text)


@given(word=words_in("Beng"))
@properties
def test_assamese_letters_come_back_from_devanagari(word: str) -> None:
    assamese = transliterate(word, "Beng").text
    hindi = transliterate(assamese, "Deva").text
    back = transliterate(hindi, "Beng").text
    # Hindi has one ya and no khanda ta.
    plain = str.maketrans({"\u09bc": "", "ৎ": "ত্"})
    assert _without_nasals(back.translate(plain)) == _without_nasals(assamese.translate(plain))


def _without_nasals(text: str) -> str:
    return re.sub("[ণনমঞ]্|[ংঁ]", "", text)


@pytest.mark.parametrize(
    ("hindi", "bengali"),
    [
        ("हिंदी", "হিন্দী"),
        ("गांधी", "গান্ধী"),
        ("मुंबई", "মুম্বঈ"),
        ("पंजाब", "পঞ্জাব"),
        ("अंडमान", "অণ্ডমান"),
        ("गाँधी", "গান্ধী"),
        ("साँप", "সাঁপ"),
        ("साँड़", "সাঁড\u09bc"),
        ("संसद", "সংসদ"),
        ("हिं", "হিং"),
    ],
)
def test_homorganic_nasal(hindi: str, bengali: str) -> None:
    assert transliterate(hindi, "Beng").text == bengali


@pytest.mark.parametrize(
    ("hindi", "bengali"),
    [
        ("भारतीय", "ভারতীয\u09bc"),
        ("यमुना", "যমুনা"),
        ("त्याग", "ত্যাগ"),
        ("गया", "গয\u09bcা"),
        ("संयम", "সংযম"),
        ("नय\u093c", "নয\u09bc"),
        ("ज\u093cय", "জ\u09bcয\u09bc"),
    ],
)
def test_medial_ya(hindi: str, bengali: str) -> None:
    assert transliterate(hindi, "Beng").text == bengali


@pytest.mark.parametrize(
    ("text", "target", "written"),
    [
        ("ৰাভা ৱাংখেম", "Beng", "রাভা বাংখেম"),
        ("रवि", "Beng", "রবি"),
        ("ৰৱি", "Deva", "रवि"),
        ("হয়", "Deva", "हय"),
        ("উৎসব", "Deva", "उत्सब"),
        ("डॉक्टर ऍप बॅट ऑफ़िस", "Beng", "ডাক্টর অ্যাপ ব্যাট অফ\u09bcিস"),
        ("ऩ ऱ ऴ ळ", "Beng", "ন\u09bc র\u09bc ল\u09bc ল"),
        ("ऎ ऒ कॆ कॊ ॐ", "Beng", "এ ও কে কো ওঁ"),
        ("ગુજરાત", "Beng", "গুজরাত"),
        ("ਪੱਕਾ ਸ਼ਹਿਰ", "Deva", "पक्का शहिर"),
        ("ଓଡ଼ିଶା", "Beng", "ওড\u09bcিশা"),
        ("അവൻ", "Deva", "अवन्"),
        ("१९४७। GDP 12॥", "Beng", "১৯৪৭। GDP 12॥"),
        ("ক\u0947\u09be", "Beng", "ক\u09cb"),
        ("ੱ", "Beng", ""),
        ("ੱ\u0a29", "Beng", "\u0a29"),
    ],
)
def test_examples(text: str, target: str, written: str) -> None:
    expected = unicodedata.normalize("NFC", written)
    assert transliterate(text, target).text == expected


def test_map_of_one_to_many_and_many_to_one() -> None:
    assert transliterate("बॅट", "Beng") == MappedText("ব্যাট", (0, 1, 1, 1, 2), (1, 2, 2, 2, 3), "बॅट")
    assert transliterate("হয\u09bc", "Deva") == MappedText("हय", (0, 1), (1, 3), "হয\u09bc")


def test_unknown_script_is_named_with_those_known() -> None:
    with pytest.raises(ValueError, match=r"'Latn'; expected one of Deva, Beng"):
        transliterate("ক", "Latn")


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("অসম", "Beng"),
        ("असम GDP", "Deva"),
        ("GDP অ", "Latn"),
        ("Été", "Latn"),
        ("Москва", None),
        ("12, १२।", None),
        ("", None),
        ("ગુજરાત", "Gujr"),
    ],
)
def test_detect_script(text: str, script: str | None) -> None:
    assert detect_script(text) == script


@given(text=indic_text)
@properties
def test_detected_script_is_one_of_the_known(text: str) -> None:
    assert detect_script(text) in {*SCRIPTS, "Latn", None}
