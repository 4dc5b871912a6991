import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nerbridge.server
from nerbridge.text.abbreviations import is_initial
from nerbridge.text.languages import LANGUAGES
from nerbridge.text.normalise import normalise_text
from nerbridge.text.sentences import split_sentences
from nerbridge.text.words import split_words
from text.indic import properties

_FRAMES = {
    "as": "কালি {} শৰ্মা গুৱাহাটীলৈ আহিছিল।",
    "bn": "গতকাল {} সেন ঢাকায় এসেছিলেন।",
    "hi": "कल {} वर्मा दिल्ली आए थे।",
    "mr": "काल {} जोशी पुण्यात होते.",
    "ne": "हिजो {} थापा काठमाडौँमा थिए।",
    "or": "କାଲି {} ଦାସ କଟକ ଆସିଥିଲେ।",
}
_SPELLINGS = [
    (code, letter, spelling)
    for code in _FRAMES
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for spelling in LANGUAGES[code].letter_names[letter]
]
_AMBIGUOUS = {(code, word) for code in _FRAMES for word in LANGUAGES[code].ambiguous}


def words_of(text: str) -> list[str]:
    return [text[start:end] for start, end in split_words(text)]


@pytest.mark.parametrize(("code", "letter", "spelling"), _SPELLINGS)
def test_every_spelling_of_every_letter_is_an_initial(
    code: str, letter: str, spelling: str
) -> None:
    other = LANGUAGES[code].letter_names["K"][0]
    between = [
        f"{spelling}. {other}.",
        f"{other}. {spelling}.",
        f"{other}.\u00a0{spelling}.\u00a0{other}.",
        f"{other}.{spelling}.",
    ]
    if (code, spelling) not in _AMBIGUOUS:
        between.append(f"{spelling}.")
    for initials in between:
        text = _FRAMES[code].format(initials)
        assert len(split_sentences(text)) == 1, text
        assert set(initials.split()) <= set(words_of(text)), text


@pytest.mark.parametrize("code", _FRAMES)
def test_every_abbreviation_owns_its_stop(code: str) -> None:
    for word in LANGUAGES[code].abbreviations:
        text = _FRAMES[code].format(f"{word}.")
        assert len(split_sentences(text)) == 1, text
        assert normalise_text(f"{word}.") in map(normalise_text, words_of(text)), text


@given(
    code=st.sampled_from(sorted(_FRAMES)),
    letters=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=5),
    space=st.sampled_from(["", " ", "\u00a0"]),
    data=st.data(),
)
@properties
def test_sequences_of_initials_are_in_one_sentence(
    code: str, letters: str, space: str, data: st.DataObject
) -> None:
    choose = [st.sampled_from(LANGUAGES[code].letter_names[letter]) for letter in letters]
    initials = space.join(f"{data.draw(spelling)}." for spelling in choose)
    assert len(split_sentences(_FRAMES[code].format(initials))) == 1


@given(code=st.sampled_from(["as", "bn", "hi"]), data=st.data())
@properties
def test_a_danda_or_a_line_break_ends_a_sentence_behind_any_initial(
    code: str, data: st.DataObject
) -> None:
    language = LANGUAGES[code]
    words = list(language.abbreviations) + [
        word for letter in "ABCWYZ" for word in language.letter_names[letter]
    ]
    word = data.draw(st.sampled_from(words))
    for end in (f"{word}।", f"{word}.।", f"{word}॥", f"{word}.\n", f"{word}?", f"{word}..."):
        text = f"কখগ {end} কখগ"
        assert len(split_sentences(text)) == 2, text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ক. খ. বৰুৱা আহিল", "ক.|খ.|বৰুৱা|আহিল"),
        ("व. पु. काळे", "व.|पु.|काळे"),
        ("अ. आ. इ. पाटील", "अ.|आ.|इ.|पाटील"),
        ("ಕ. ಖ", "ಕ|.|ಖ"),
        ("बा. सी. मर्ढेकर", "बा.|सी.|मर्ढेकर"),
        ("ह.ना. आपटे", "ह.ना.|आपटे"),
        ("उ.प्र. में म.प्र. से", "उ.प्र.|में|म.प्र.|से"),
        ("१० कि. मी. दूर", "१०|कि.|मी.|दूर"),
        ("१० कि.मी. दूर", "१०|कि.मी.|दूर"),
        ("१० किमी. दूर", "१०|किमी.|दूर"),
        ("डॉ. एम्. एस्. स्वामी", "डॉ.|एम्.|एस्.|स्वामी"),
        ("वि.सं. २०७८ मा", "वि.सं.|२०७८|मा"),
        ("নবী (সা.) বলেছেন", "নবী|(|সা.|)|বলেছেন"),
        ("এন.আৰ.চি.ৰ তালিকা", "এন.আৰ.চি.ৰ|তালিকা"),
        ("ড০ দাস, ডা. সেন", "ড০|দাস|,|ডা.|সেন"),
        ("শ্ৰীমতী. দাস প্ৰ. বৰা", "শ্ৰীমতী.|দাস|প্ৰ.|বৰা"),
        ("J. R. R. Tolkien", "J.|R.|R.|Tolkien"),
        # What only looks like one.
        ("यह ठीक है. वे थे. हाँ. बस", "यह|ठीक|है|.|वे|थे|.|हाँ|.|बस"),
        ("राम्रो छ. त्यो", "राम्रो|छ|.|त्यो"),
        ("मत करो न. वह", "मत|करो|न|.|वह"),
        ("সেয়া কি. মই", "সেয়া|কি|.|মই"),
        ("তেওঁৰ জেদ. মই", "তেওঁৰ|জেদ|.|মই"),
        ("তেওঁ ডি. চি.", "তেওঁ|ডি.|চি|."),
        ("ক.. খ", "ক|..|খ"),
        ("এ: খ", "এ|:|খ"),
        ("মোছা: ৰীমা", "মোছা:|ৰীমা"),
    ],
)
def test_examples(text: str, words: str) -> None:
    assert words_of(text) == words.split("|")


def test_what_a_language_lists_is_listed_once() -> None:
    for language in LANGUAGES.values():
        for table in (language.abbreviations, language.ambiguous, language.no_initials):
            words = list(table)
            assert len(words) == len(set(words)), language.code


def test_a_title_is_no_initial() -> None:
    assert not any(map(is_initial, ("ড.", "মো.", "श्री.", "দাস.", "এ", "", ".", "ক" * 99 + ".")))
    assert all(map(is_initial, ("ডাব্লিউ.", "एम्.", "A.", "U.S.", "ক.খ.")))


def test_the_page_has_the_same_tables() -> None:
    file = Path(nerbridge.server.__path__[0]) / "static" / "tables.js"
    script = Path(__file__).resolve().parents[2] / "scripts" / "write-page-tables"
    page_tables = runpy.run_path(str(script))["page_tables"]
    assert file.read_text("utf-8") == page_tables(), "run scripts/write-page-tables"
