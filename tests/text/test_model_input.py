import unicodedata
from itertools import islice, pairwise
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.text.model_input import NATIVE_FOLDED, to_model_form, words_to_model_form
from nerbridge.text.normalise import normalise
from nerbridge.text.words import split_words
from text.indic import any_text, properties, words_in

scripts = st.sampled_from([None, "Beng", "Deva", NATIVE_FOLDED])


@given(word=st.one_of(words_in("Beng"), words_in("Deva"), any_text), script=scripts)
@properties
def test_form_is_stable_and_the_same_for_all_unicode_forms(word: str, script: str | None) -> None:
    form = to_model_form(word, script)
    assert bool(form) == bool(word)
    assert to_model_form(form, script) == form
    if normalise(word).text:
        decomposed = unicodedata.normalize("NFD", word)
        assert to_model_form(decomposed, script) == form


@given(word=any_text)
@properties
def test_native_form_is_the_normal_form(word: str) -> None:
    normal = normalise(word).text
    if any(first == second for first, second in pairwise(normal)):
        assert len(to_model_form(word, None)) <= len(normal)
    else:
        assert to_model_form(word, None) == (normal or word)


@pytest.mark.parametrize(
    ("lengthened", "word"),
    [
        ("ভাাাল", "ভাল"),
        ("গুৱাহাটীীী", "গুৱাহাটী"),
        ("মাআআআ", "মাআ"),
        ("भाााई", "भाई"),
        ("cooool", "col"),
        ("দোোো", "দো"),
    ],
)
def test_what_is_lengthened_is_short_again(lengthened: str, word: str) -> None:
    for form in ("NFC", "NFD"):
        assert to_model_form(unicodedata.normalize(form, lengthened), None) == word


@pytest.mark.parametrize(
    "word", ["১০০০", "1000", "III", "www", "সত্তৰ", "ককা", "জননন্দিত", "একককে", "book"]
)
def test_what_is_twice_by_right_stays(word: str) -> None:
    assert to_model_form(word, None) == word


def test_one_script_makes_names_of_three_languages_one() -> None:
    assert words_to_model_form(["গুৱাহাটী", "গুবাহাটী", "गुवाहाटी"], "Beng") == ["গুবাহাটী"] * 3
    assert words_to_model_form(["भारतীয়"], "Beng") == words_to_model_form(["ভাৰতীয়"], "Beng")


def test_word_of_nothing_visible_is_kept() -> None:
    assert to_model_form("\u200d", "Beng") == "\u200d"


def test_unknown_script_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown script"):
        to_model_form("ক", "Xxxx")


@pytest.mark.parametrize("corpus", ["asner_as", "rifat_bn", "il_ner_hi"])
def test_real_words_keep_together_and_end_in_one_script(shared: Path, corpus: str) -> None:
    path = shared / "data" / corpus / "test.conll"
    with path.open(encoding="utf-8") as lines:
        words = [line.split("\t")[0] for line in islice(lines, 4000) if line.strip()]
    spelled = [word for word in words if regex.fullmatch(r"[\p{L}\p{M}\u200c\u200d]+", word)]
    assert len(spelled) > 2000
    assert all(split_words(word) == [(0, len(word))] for word in spelled)
    # Not U+0951 to U+0954: accents that all Brahmic scripts share; Assamese text has some.
    left_over = regex.compile(r"[\u0900-\u0950\u0955-\u0963\u0966-\u097fৰৱ\u200c\u200d]")
    for word in spelled:
        form = to_model_form(word, "Beng")
        assert not left_over.search(form)
        assert to_model_form(form, "Beng") == form
