"""Line breaks that only wrap."""

from __future__ import annotations

import textwrap
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.text.sentences import split_sentences
from nerbridge.text.wrapping import find_wraps

LETTER = (
    "মাননীয় মহোদয়, যোৱা সোমবাৰে গুৱাহাটীত হোৱা সভাখনৰ কাৰ্যবিৱৰণী আপোনালৈ পঠোৱা হ'ল। সভাত ড. "
    "ভূপেন দাস আৰু শ্ৰী ৰমেন কলিতা উপস্থিত আছিল। পৰৱৰ্তী সভাখন অহা মাহত ডিব্ৰুগড়ত অনুষ্ঠিত হ'ব "
    "আৰু তাৰ তাৰিখ পিছত জনোৱা হ'ব। অনুগ্ৰহ কৰি এই বিষয়ে আপোনাৰ মতামত আমাক সোনকালে জনাব।"
)
WIDTHS = st.integers(48, 90)


def sentences(text: str) -> list[str]:
    return [" ".join(text[start:end].split()) for start, end in split_sentences(text)]


@given(WIDTHS, st.sampled_from(["\n", "\r\n", " \n", "\n  "]))
def test_a_wrapped_paragraph_has_the_sentences_of_the_paragraph(width: int, end: str) -> None:
    lines = textwrap.wrap(LETTER, width)
    assert sentences(end.join(lines)) == sentences(LETTER)


@given(WIDTHS)
def test_paragraphs_are_parted_by_blank_lines(width: int) -> None:
    text = f"অসম চৰকাৰ\n\n{textwrap.fill(LETTER, width)}\n\n{textwrap.fill(LETTER, width)}\n\nইতি"
    assert sentences(text) == ["অসম চৰকাৰ", *sentences(LETTER), *sentences(LETTER), "ইতি"]


@given(WIDTHS, st.sampled_from(["মহোদয়,", "মৰমৰ ৰীতা,", "প্ৰিয় বন্ধু, ", "মহাশয়,–"]))
def test_a_salutation_above_stands_by_itself(width: int, salutation: str) -> None:
    text = f"{salutation}\n{textwrap.fill(LETTER, width)}"
    assert sentences(text) == [salutation.strip(), *sentences(LETTER)]


@given(WIDTHS)
def test_the_form_of_unicode_makes_no_difference(width: int) -> None:
    composed = unicodedata.normalize("NFC", textwrap.fill(LETTER, width))
    decomposed = unicodedata.normalize("NFD", composed)
    assert len(find_wraps(composed)) == len(find_wraps(decomposed)) == composed.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "অসমৰ বানপানীৰ পৰিস্থিতি এতিয়া অলপ ভাল\nগুৱাহাটীত আজি বৰষুণ\nযোৰহাটত নতুন বজাৰ মুকলি কৰা হ'ল",
        "ৰমেন দাস\nহৰেণ কলিতা\nমামণি বৰা\nঅনিল শইকীয়া",
        "দৰে দৰে ফুলে ফুল বাৰীখনত\nহাঁহে হাঁহি হাঁহি কয় কথা\nমনে মনে ভাবোঁ মই",
        "\n".join(f"{n}. {LETTER[:60]}" for n in range(1, 6)),
        "\n".join(f"- {LETTER[:60]}" for n in range(1, 6)),
        "\n".join(f"{LETTER[:30]}\t{LETTER[:30]}" for n in range(1, 6)),
        textwrap.fill(LETTER, 60).split("\n")[0] + "\n" + textwrap.fill(LETTER, 60).split("\n")[1],
        "উপস্থিত থকাসকল:\n" + "\n".join(LETTER[n : n + 50] for n in range(4)),
        "\n".join(f"{LETTER[:n]}," for n in range(30, 36)),
        "",
        "\n\n\n",
    ],
)
def test_lists_verses_tables_and_two_lines_are_not_wrapped(text: str) -> None:
    assert not find_wraps(text)
