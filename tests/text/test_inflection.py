"""Endings: what may stand before them, and what never does."""

from __future__ import annotations

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.text.inflection import MIN_GRAPHEMES, language_of, stems

LANGUAGES = ("as", "bn", "hi")
LETTERS = st.text("কখগতদনপবমযৰলসহৱািীুূেৈোৌ্ঁ়ইওএ রয়ছড়টি-", min_size=1, max_size=14)


def found(form: str, language: str = "as") -> set[str]:
    return {stem.text for stem in stems(unicodedata.normalize("NFC", form), language)}


@pytest.mark.parametrize(
    ("base", "forms"),
    [
        ("অসম", "অসমৰ অসমত অসমলৈ অসমলৈকে অসমে অসমেই অসমতো অসমৰপৰা অসমেৰে অসমখনৰ অসমক"),
        ("গগৈ", "গগৈয়ে গগৈৰ গগৈক গগৈও গগৈহঁতৰ"),
        ("শৰ্মা", "শৰ্মাই শৰ্মাৰ শৰ্মাক শৰ্মাইও"),
        ("জিতু", "জিতুৱে জিতুৰ"),
        ("শিপিনী", "শিপিনীসকল শিপিনীসকলৰ শিপিনীবোৰে শিপিনীবিলাকক শিপিনীজনী শিপিনীয়ে"),
        ("নগাঁও", "নগাঁৱত নগাঁৱলৈ নগাঁৱৰ"),
        ("BCCI", "BCCIৰ BCCI-ৰ BCCI’ত BCCI-ই"),
        ("আছু", "আছু-ৱে আছুৱে আছু-ৰ"),
        ("ৰাষ্ট্ৰসংঘ", "ৰাষ্ট্ৰসংঘই ৰাষ্ট্ৰসংঘও ৰাষ্ট্ৰসংঘৰ"),
        ("ইন্দ্ৰ", "ইন্দ্ৰই ইন্দ্ৰৰ"),
    ],
)
def test_forms_of_assamese_lead_to_their_base(base: str, forms: str) -> None:
    assert not [form for form in forms.split() if base not in found(form)]


def test_forms_of_bengali_and_hindi_lead_to_their_base() -> None:
    assert "আসাম" in found("আসামের", "bn")
    assert "ঢাকা" in found("ঢাকায়", "bn")
    assert "ঢাকা" in found("ঢাকা-য়", "bn")
    assert "বিজেপি" in found("বিজেপি-এর", "bn")
    assert "মমতা" in found("মমতাদের", "bn")
    assert "दिल्ली" in found("दिल्ली में", "hi")


@pytest.mark.parametrize(
    ("form", "never"),
    [
        ("অসমীয়া", "অসম"),
        ("ৰামপুৰ", "ৰাম"),
        ("অসমবাসী", "অসম"),
        ("ইন্দ্ৰ", "ইন্দ"),
        ("ৰঞ্জন", "ৰঞ্"),
        ("বসই", "বস"),
        ("ভাৰতীয়", "ভাৰত"),
        ("গুৱাহাটী", "গুৱাহা"),
    ],
)
def test_derived_names_and_conjuncts_lead_nowhere(form: str, never: str) -> None:
    assert never not in found(form)


@given(LETTERS, st.sampled_from(LANGUAGES))
def test_a_stem_begins_its_form_and_has_two_graphemes(text: str, language: str) -> None:
    form = unicodedata.normalize("NFC", text)
    for stem in stems(form, language):
        assert form.endswith(stem.ending)
        before = form[: len(form) - len(stem.ending)].rstrip("-")
        assert stem.text in (before, before[:-1] + "ও")
        assert len(regex.findall(r"\X", stem.text)) >= MIN_GRAPHEMES
        assert not stem.text.endswith("্")


@given(LETTERS, st.sampled_from(LANGUAGES))
def test_an_ending_cuts_a_grapheme_only_where_it_is_a_sign(text: str, language: str) -> None:
    form = unicodedata.normalize("NFC", text)
    borders = {match.start() for match in regex.finditer(r"\X", form)}
    for stem in stems(form, language):
        border = len(form) - len(stem.ending)
        assert border in borders or unicodedata.category(stem.ending[0]) in ("Mc", "Mn")


def test_language_is_that_of_most_letters() -> None:
    assert language_of([]) == "as"
    assert language_of(["রহিম", "অসমৰ", "ঢাকার"]) == "bn"
