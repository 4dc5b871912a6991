"""Broken lines are one paragraph for the model, and the document's own text in what comes out."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.documents.document import Document, join_segments
from nerbridge.documents.reflow import as_read, mend, tag_document
from nerbridge.tagging import Tagger
from nerbridge.text.words import split_words

properties = settings(deadline=None, derandomize=True, max_examples=80)
WORDS = ("ৰমেন", "দাস", "গুৱাহাটীত", "অসম", "সংঘ", "কালি", "আহিল।", "৩,৫", "কথা,")
BREAKS = (" ", "\n")


def pdf(*paragraphs: str) -> Document:
    text, segments = join_segments((f"page 1, paragraph {n}", p) for n, p in enumerate(paragraphs))
    return Document("a.pdf", "pdf", text, segments)


paragraph = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(BREAKS)), max_size=8).map(
    lambda pairs: "".join(word + space for word, space in pairs).strip()
)


@properties
@given(st.lists(paragraph, min_size=1, max_size=4))
def test_entities_are_those_of_the_unbroken_text(tagger: Tagger, paragraphs: list[str]) -> None:
    document = pdf(*paragraphs)
    found = tag_document(tagger, document)
    whole = tagger.tag("\n\n".join(text.replace("\n", " ") for text in paragraphs))
    assert [(e.type, e.text.replace("\n", " "), e.score) for e in found] == [
        (e.type, e.text, e.score) for e in whole
    ]
    words = split_words(document.text)
    for entity in found:
        assert document.text[entity.start_char : entity.end_char] == entity.text
        assert words[entity.start_word][0] == entity.start_char
        assert words[entity.end_word - 1][1] == entity.end_char


@properties
@given(st.text("অসম -\n\t\u00ad\u2010ক্", max_size=40), st.sampled_from(["pdf", "docx", "html"]))
def test_any_text_goes_there_and_back(tagger: Tagger, text: str, kind: str) -> None:
    document = Document("a", kind, text, ())  # type: ignore[arg-type]
    mended = mend(document)
    assert mended.original == text
    found = tag_document(tagger, document)
    for entity in found:
        assert text[entity.start_char : entity.end_char] == entity.text
    read, again = as_read(document, found)
    assert read == mended.text
    assert [read[e.start_char : e.end_char] for e in again] == [e.text for e in again]
    assert [(e.type, e.start_char) for e in again] == [
        (e.type, e.start_char) for e in tagger.tag(read)
    ]


@pytest.mark.parametrize(
    ("broken", "read"),
    [
        ("গুৱা-\nহাটী", "গুৱাহাটী"),
        ("গুৱা\u2010\nহাটী", "গুৱাহাটী"),
        ("গুৱা\u00ad\nহাটী", "গুৱাহাটী"),
        ("মাজুলী-যোৰহাট। মাজুলী-\nযোৰহাট", "মাজুলী-যোৰহাট। মাজুলী-যোৰহাট"),
        ("২০২০-\n২১", "২০২০-২১"),
        ("north-\nern", "northern"),
        ("Anglo-\nAssamese", "Anglo-Assamese"),
        ("কথা -\nআন", "কথা - আন"),
        ("এক\nদুই", "এক দুই"),
        ("এক\tদুই", "এক\nদুই"),
    ],
)
def test_what_becomes_of_line_ends(broken: str, read: str) -> None:
    assert mend(pdf(broken)).text == read
    assert mend(pdf("এক", broken)).text == f"এক\n\n{read}"


def test_other_documents_keep_their_line_breaks() -> None:
    assert mend(Document("a", "html", "এক\nদু-\nই ক\u00ad\nখ", ())).text == "এক\nদু-\nই কখ"


def test_many_divided_words_take_no_long_time() -> None:
    """Whether each is a compound elsewhere was once looked up in the whole text: minutes."""
    text = "abcd\u0995-\nefgh " * 40_000
    began = time.process_time()
    assert mend(Document("a", "pdf", text, ())).text == "abcd\u0995efgh " * 40_000
    assert time.process_time() - began < 20
