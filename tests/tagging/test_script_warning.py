"""What a model cannot read well reaches Python as a warning, once."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from nerbridge import ScriptWarning, Tagger

ENGLISH = "The minister will visit the old town with her friends on Monday"
ROMANISED = "moi kali Guwahatit asilu aru bhal pau tumi ketia ahiba"
TAMIL = "நான் நாளை காலை சென்னைக்கு செல்கிறேன் என்று அவர் கூறினார்"
ASSAMESE = "তেওঁ কালি গুৱাহাটীত আছিল আৰু Google ত কাম কৰে"
HINDI = "वह कल दिल्ली में था और आज घर पर है"


def given_by(tagger: Tagger, *texts: str) -> list[str]:
    """The warnings that a fresh tagger gives."""
    fresh = Tagger(tagger.model)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for text in texts:
            fresh.tag(text)
    assert all(one.category is ScriptWarning for one in caught)
    return [str(one.message) for one in caught]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ENGLISH, "mostly in Latin letters, such as English"),
        (ROMANISED, "looks like Assamese in Latin letters"),
        (TAMIL, "mostly in Tamil script"),
    ],
)
def test_each_kind_is_given_once(tagger: Tagger, text: str, message: str) -> None:
    (given,) = given_by(tagger, text, text, ASSAMESE, text + " ")
    assert message in given


def test_what_the_model_reads_is_not_warned_of(tagger: Tagger) -> None:
    assert given_by(tagger, ASSAMESE, HINDI, "", "12 34", "ok") == []


def test_every_way_of_tagging_warns(tagger: Tagger) -> None:
    for tag in (
        lambda fresh: list(fresh.tag_many([ASSAMESE, ENGLISH])),
        lambda fresh: list(fresh.tag_stream([ENGLISH])),
        lambda fresh: fresh.tag(ENGLISH),
        lambda fresh: fresh.tag_words(ENGLISH.split()),
    ):
        with pytest.warns(ScriptWarning, match="such as English") as caught:
            tag(Tagger(tagger.model))
        assert [Path(one.filename).name for one in caught] == [Path(__file__).name]


def test_warnings_can_be_made_errors(tagger: Tagger) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ScriptWarning)
        with pytest.raises(ScriptWarning):
            Tagger(tagger.model).tag(ENGLISH)


def test_the_command_line_says_it_in_its_own_words_only(model_folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "letter.txt"
    source.write_text(ENGLISH, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "nerbridge", "tag", source, "-m", model_folder],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0
    assert done.stderr.count("such as English") == 1
    assert "ScriptWarning" not in done.stderr
