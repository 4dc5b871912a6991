import unicodedata

from hypothesis import given

from nerbridge.text.normalise import (
    DANDA_LOOKALIKES,
    INVISIBLE,
    normalise,
    normalise_text,
    to_nfc,
)
from text.indic import any_text, properties


@given(text=any_text)
@properties
def test_nfc_by_graphemes_is_nfc_of_the_whole(text: str) -> None:
    assert to_nfc(text).text == unicodedata.normalize("NFC", text)


@given(text=any_text)
@properties
def test_normal_form_is_stable_and_free_of_what_it_removes(text: str) -> None:
    normal = normalise_text(text)
    assert normalise_text(normal) == normal
    assert unicodedata.is_normalized("NFC", normal)
    assert not set(normal) & (INVISIBLE | DANDA_LOOKALIKES)


@given(text=any_text)
@properties
def test_all_unicode_forms_of_a_text_have_one_normal_form(text: str) -> None:
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    assert {normalise_text(form) for form in forms} == {normalise_text(text)}


@given(text=any_text)
@properties
def test_short_way_gives_the_same_text(text: str) -> None:
    assert normalise(text).text == normalise_text(text)


def test_nukta_letters_stay_decomposed_and_map_to_one_letter() -> None:
    mapped = normalise("হ\u09df")
    assert mapped.text == "হ\u09af\u09bc"
    assert (mapped.starts, mapped.ends) == ((0, 1, 1), (1, 2, 2))


def test_joiners_marks_spaces_and_danda() -> None:
    text = "\ufeffখ\u200d্\u200cয\u00a0এজ\u00adন৷\u2009"
    assert normalise(text).text == "খ্য এজন। "


def test_vowel_sign_is_composed_across_a_joiner() -> None:
    assert normalise_text("ক\u09c7\u200d\u09be") == "ক\u09cb"
