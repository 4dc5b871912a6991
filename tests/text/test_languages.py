"""The registry: a new entry is all that a new language needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from nerbridge.analysis.dates import read_date
from nerbridge.analysis.grouping import Surface, group_surfaces
from nerbridge.analysis.spelling import make_skeleton
from nerbridge.documents.redaction import is_closed_class
from nerbridge.labels import Span
from nerbridge.tagging.initials import join_initials
from nerbridge.text import languages
from nerbridge.text.inflection import language_of, stems
from nerbridge.text.languages import LANGUAGES, name_language, read_language, script_of_language
from nerbridge.text.romanised import notices_for
from nerbridge.text.script import SCRIPTS
from nerbridge.text.sentences import split_sentences
from nerbridge.training.recipe import Recipe

# Maithili; the facts are from the usual grammars, the table is our own.
ENTRY = """
name = "Maithili"
own_name = "मैथिली"
script = "Deva"
abbreviations = "श्रीयुत बाबूजी आचा"
closed_class = "हम हमर हमरा अहाँक अहाँकेँ हुनकर ओकर ओकरा मुदा"
months = [
  "जनवरी", "फरबरी", "मार्च", "अप्रील", "मइ", "जून",
  "जुलाइ", "अगस्त", "सितम्बर", "अक्टूबर", "नवम्बर", "दिसम्बर",
]
day_suffixes = "म"
same_sounds = "शष"
latin_words = "hamar hamra ahank ahanke achhi chhi chhalah okar mudaa gelah"

[letter_names]
K = "केँए"
W = "डबलियू"

[endings]
cases = "क केँ सँ मे"
plurals = "सभ"
postpositions = "_सँ _मे _केर"
"""
RECIPE = {
    "name": "mai",
    "script": "target",
    "target": {"path": "bundled:hi", "language": "mai"},
    "sources": [{"path": "bundled:bn", "language": "bn"}],
}


@pytest.fixture
def maithili(tmp_path: Path) -> Iterator[None]:
    """Maithili known from a file, and forgotten behind the test."""
    known = dict(LANGUAGES)
    (tmp_path / "mai.toml").write_text(ENTRY, "utf-8")
    languages.register(read_language(tmp_path / "mai.toml"))
    yield
    LANGUAGES.clear()
    for language in known.values():
        languages.register(language)


@pytest.fixture
def without_maithili() -> Iterator[None]:
    known = dict(LANGUAGES)
    del LANGUAGES["mai"]
    languages.register(LANGUAGES["en"])
    yield
    LANGUAGES.clear()
    for language in known.values():
        languages.register(language)


SENTENCE = "आइ आचा. मिश्र एलाह।"
ROMANISED = "hamar gaam dur achhi mudaa okar nahi"


@pytest.mark.usefixtures("without_maithili")
def test_nothing_is_known_without_the_entry() -> None:
    assert name_language("mai") == "mai"
    assert script_of_language("mai") is None
    assert len(split_sentences(SENTENCE)) == 2
    assert read_date("9 अप्रील 2026").day is None
    assert stems("दरभंगासँ", "mai") == []
    assert not is_closed_class("हमरा")
    assert "Maithili" not in "".join(notices_for(ROMANISED))
    with pytest.raises(ValueError, match="script of the target language"):
        Recipe.model_validate(RECIPE)


@pytest.mark.usefixtures("maithili")
def test_everything_follows_from_the_entry() -> None:
    assert name_language("mai") == "Maithili"
    assert Recipe.model_validate(RECIPE).target.script == "Deva"
    assert len(split_sentences(SENTENCE)) == 1
    assert read_date("9म अप्रील 2026").day == date(2026, 4, 9)
    assert {stem.text for stem in stems("दरभंगासँ", "mai")} == {"दरभंगा"}
    assert {stem.text for stem in stems("दरभंगा केर", "mai")} == {"दरभंगा"}
    assert is_closed_class("हमरा मुदा")
    assert make_skeleton("मिषर") == make_skeleton("मिशर")
    assert "Maithili in Latin letters" in "".join(notices_for(ROMANISED))
    words = ["डबलियू.", "केँए.", "झा"]
    assert join_initials(words, [(Span(2, 3, "PER"), 0.9)]) == [(Span(0, 3, "PER"), 0.9)]


@pytest.mark.usefixtures("maithili")
def test_a_model_of_the_language_groups_its_forms() -> None:
    assert language_of(["दरभंगामे"]) == "hi"
    assert language_of(["दरभंगामे"], expected="mai") == "mai"
    assert language_of(["অসমৰ"], expected="mai") == "as"
    surfaces = [Surface("LOC", "दरभंगा", 9), Surface("LOC", "दरभंगामे", 2)]
    (entry,) = group_surfaces(surfaces, language="mai")
    assert (entry.base, entry.n_mentions) == ("दरभंगा", 11)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_entry_says_the_least_there_is_to_know(code: str) -> None:
    language = LANGUAGES[code]
    assert language.code == code
    assert language.name
    assert language.own_name
    assert language.script in (*SCRIPTS, "Latn")


def test_a_faulty_entry_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "xx.toml"
    file.write_text('name = "X"\nown_name = "X"\nscript = "Deva"\nmonths = ["a"]\n', "utf-8")
    with pytest.raises(ValueError, match="1 months; expected 12"):
        read_language(file)
    file.write_text('name = "X"\nown_name = "X"\nscript = "Deva"\ncase_endings = "a"\n', "utf-8")
    with pytest.raises(TypeError, match="case_endings"):
        read_language(file)


def test_registering_replaces_what_follows() -> None:
    before = LANGUAGES["en"]
    languages.register(replace(before, abbreviations=("Zzz",)))
    try:
        assert "Zzz" in languages.all_words("abbreviations")
        assert "Smt" not in languages.all_words("abbreviations")
    finally:
        languages.register(before)
    assert "Smt" in languages.all_words("abbreviations")
