"""The bundled corpus is what its script makes, and its splits share nothing."""

import importlib
import os
import shutil
import subprocess
import sys
import unicodedata
from itertools import combinations
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts" / "bundled_corpus"
BUNDLED = ROOT / "src" / "nerbridge" / "corpus" / "bundled"
SPLITS = ("train", "validation", "test")
LANGUAGES = ("as", "as-running", "bn", "hi")
LEAST = {
    "as": (100, 100, 100),
    "as-running": (120, 120, 120),
    "bn": (1000, 200, 200),
    "hi": (1000, 200, 200),
}
BLOCK = {"as": "BENGALI", "as-running": "BENGALI", "bn": "BENGALI", "hi": "DEVANAGARI"}
TAGS = {"O"} | {f"{prefix}-{type_}" for type_ in ("PER", "ORG", "LOC") for prefix in "BI"}

Rows = list[tuple[str, str]]


def read_split(language: str, split: str) -> list[Rows]:
    """An own reader: the tests of the real one do not depend on these files, nor these on it."""
    text = (BUNDLED / language / f"{split}.conll").read_text(encoding="utf-8")
    assert text.endswith("\n\n")
    blocks = text.removesuffix("\n\n").split("\n\n")
    return [[tuple(line.split("\t")) for line in block.split("\n")] for block in blocks]  # type: ignore[misc]


def mentions(sentences: list[Rows]) -> set[str]:
    """Every entity as it is written, endings included."""
    found: list[list[str]] = []
    for word, tag in (row for sentence in sentences for row in sentence):
        if tag.startswith("B-"):
            found.append([word])
        elif tag.startswith("I-"):
            found[-1].append(word)
    return {" ".join(words) for words in found}


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("build")


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("running")


@pytest.fixture
def assamese(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SCRIPTS / "as", tmp_path / "as"))


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_sizes(language: str) -> None:
    sizes = [len(read_split(language, split)) for split in SPLITS]
    if language == "as":
        assert sizes == [100, 100, 100]
    assert all(size >= least for size, least in zip(sizes, LEAST[language], strict=True))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("split", SPLITS)
def test_tags_are_valid_iob2(language: str, split: str) -> None:
    for sentence in read_split(language, split):
        previous = "O"
        for row in sentence:
            word, tag = row
            assert word == word.strip() != ""
            assert tag in TAGS
            if tag.startswith("I-"):
                assert previous[2:] == tag[2:], f"{tag} after {previous} in {sentence}"
            previous = tag


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_twice(language: str) -> None:
    sentences = [
        " ".join(word for word, _ in sentence)
        for split in SPLITS
        for sentence in read_split(language, split)
    ]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize("language", LANGUAGES)
def test_splits_share_no_mention(language: str) -> None:
    for first, second in combinations(SPLITS, 2):
        shared = mentions(read_split(language, first)) & mentions(read_split(language, second))
        assert not shared, f"{first} and {second}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_splits_share_no_frame(language: str) -> None:
    for first, second in combinations(SPLITS, 2):
        shared = frames(read_split(language, first)) & frames(read_split(language, second))
        assert not shared, f"{first} and {second}"


def frames(sentences: list[Rows]) -> set[str]:
    """Sentences with every entity reduced to its type."""
    return {
        " ".join(word if tag == "O" else tag for word, tag in sentence if not tag.startswith("I"))
        for sentence in sentences
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("split", SPLITS)
def test_text_is_nfc_in_the_expected_script(language: str, split: str) -> None:
    text = (BUNDLED / language / f"{split}.conll").read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)
    words = "".join(word for sentence in read_split(language, split) for word, _ in sentence)
    for character in set(words) - {"\ufe0f"}:
        if unicodedata.category(character)[0] in "LM":
            script = unicodedata.name(character).split()[0]
            assert script in (BLOCK[language], "LATIN"), unicodedata.name(character)


@pytest.mark.parametrize("language", ["as", "as-running"])
def test_assamese_is_written_with_its_own_ro(language: str) -> None:
    for split in SPLITS:
        assert "র" not in (BUNDLED / language / f"{split}.conll").read_text(encoding="utf-8")


def test_running_text_has_organisations_in_nearly_half_of_its_sentences() -> None:
    for split in SPLITS:
        tags = [{tag for _, tag in sentence} for sentence in read_split("as-running", split)]
        assert sum("B-ORG" in found for found in tags) >= 0.46 * len(tags)


def test_running_text_refuses_what_cannot_be_tagged(running: ModuleType, tmp_path: Path) -> None:
    assert running.tag_line("[ৰমেনক]PER [অসমত]LOC পাম।") == (
        ("ৰমেনক", "B-PER"),
        ("অসমত", "B-LOC"),
        ("পাম", "O"),
        ("।", "O"),
    )
    for line in ("[ৰমে]PERনক পাম।", "[ৰমেন]MISC গ'ল।", "[ৰমেন গ'ল।"):
        with pytest.raises(running.BuildError):
            running.tag_line(line)
    # One name in two splits, with another ending.
    for split, line in zip(SPLITS, ["[নৰেনে]PER কয়।", "[নৰেনক]PER পালোঁ।", "কথা।"], strict=True):
        (tmp_path / f"{split}.txt").write_text(line, "utf-8")
    with pytest.raises(running.BuildError, match="নৰেনে"):
        running.build_running(tmp_path)


def test_assamese_test_sentences_are_written_by_hand(build: ModuleType) -> None:
    language = build.read_language(SCRIPTS / "as")
    assert len(language.frames["test"]) == 100
    assert not any(frame.has_slots for frame in language.frames["test"])


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_committed_files_are_what_the_script_makes(hash_seed: str) -> None:
    result = subprocess.run(
        [sys.executable, str(SCRIPTS / "build.py"), *LANGUAGES, "--check"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONIOENCODING": "utf-8"},
    )
    assert result.returncode == 0, result.stderr


def test_check_notices_a_changed_file(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(BUNDLED / "as", tmp_path / "as")
    monkeypatch.setattr(build, "BUNDLED", tmp_path)
    assert build.main(["as", "--check"]) == 0
    append(tmp_path / "as" / "test.conll", "ক\tO\n\n")
    assert build.main(["as", "--check"]) == 1


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("names_test.txt", "ৰমেন দাস", "name 'ৰমেন দাস' is also in train"),
        ("frames_validation.txt", "আজি বৰ গৰম দেই 🥵", "is also in as/frames_train.txt"),
        ("frames_train.txt", "[কোনোবাই]PER নাজানে ।", "no form of a name of train"),
        ("frames_train.txt", "{LOC.town|abl} পৰা", "unknown case 'abl'"),
        ("frames_train.txt", "{LOC.sea} ।", "no names for {LOC.sea}"),
        ("frames_train.txt", "{DATE} ।", "unknown type 'DATE'"),
        ("frames_train.txt", "{LOC।", "cannot read"),
        ("frames_test.txt", "এটা বেছি ।", "101 frames for 100 test sentences"),
    ],
)
def test_mistakes_are_named(
    build: ModuleType, assamese: Path, file: str, line: str, message: str
) -> None:
    append(assamese / file, f"{line}\n")
    with pytest.raises(build.BuildError) as caught:
        build.build_language(assamese)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "case", "expected"),
    [
        ("অসম", "loc", "অসমত"),
        ("গুৱাহাটী", "loc", "গুৱাহাটীত"),
        ("যোৰহাট", "dat", "যোৰহাটলৈ"),
        ("নগাঁও", "loc", "নগাঁৱত"),
        ("ডিমা হাচাও", "gen", "ডিমা হাচাওৰ"),
        ("শিৱসাগৰ", "gen", "শিৱসাগৰৰ"),
        ("দৰং", "gen", "দৰঙৰ"),
        ("দেৱজিৎ", "acc", "দেৱজিতক"),
        ("ৰমেন", "erg", "ৰমেনে"),
        ("মীৰা", "erg", "মীৰাই"),
        ("জুৰি", "erg", "জুৰিয়ে"),
        ("নিপন গগৈ", "erg", "নিপন গগৈয়ে"),
        ("জিণ্টু", "erg", "জিণ্টুৱে"),
        ("নৃপেন বড়ো", "erg", "নৃপেন বড়োৱে"),
        ("অপূৰ্ব দত্ত", "erg", "অপূৰ্ব দত্তই"),
        ("শ্ৰমিক সংঘ", "erg", "শ্ৰমিক সংঘই"),
        ("ভাৰতীয় ষ্টেট বেংক", "erg", "ভাৰতীয় ষ্টেট বেংকে"),
        ("অগপ", "erg", "অগপই"),
        ("বিশ্ববিদ্যালয়", "erg", "বিশ্ববিদ্যালয়ে"),
        ("YouTube", "loc", "YouTube-ত"),
        ("ইছৰ'", "gen", "ইছৰ'ৰ"),
    ],
)
def test_assamese_endings(build: ModuleType, name: str, case: str, expected: str) -> None:
    inflect = build.read_language(SCRIPTS / "as").inflect
    assert inflect(*nfc(name, case)) == nfc(expected)[0]


def nfc(*texts: str) -> list[str]:
    return [unicodedata.normalize("NFC", text) for text in texts]
