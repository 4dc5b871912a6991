"""PDFs as browsers print them, and PDFs that cannot be read."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nerbridge.documents import read_document, tag_document
from nerbridge.documents.reflow import mend
from nerbridge.errors import DocumentError
from nerbridge.tagging import Tagger

SimplePdf = Callable[..., bytes]


@pytest.mark.parametrize("name", ["report.pdf", "columns.pdf"])
def test_what_chromium_printed_reads_as_it_was_written(folder: Path, name: str) -> None:
    written = read_document(folder / "report.html", name="report.html")
    printed = read_document(folder / name, name=name)
    body = written.text[written.segments[1].start_char :]  # the title is not printed
    assert mend(printed).text.split() == body.replace("\u00ad", "").split()
    assert printed.notices == ()


def test_places_are_pages_and_paragraphs(folder: Path) -> None:
    document = read_document(folder / "report.pdf", name="report.pdf")
    places = [part.place for part in document.segments]
    assert places[:3] == [f"page 1, paragraph {number}" for number in (1, 2, 3)]
    assert places[3] == "page 2, paragraph 1"
    assert document.place_of(document.text.index("কমলাবাৰী")).startswith("page 2")


def test_a_name_over_a_line_end_is_one_entity(folder: Path, tagger: Tagger) -> None:
    document = read_document(folder / "narrow.pdf", name="narrow.pdf")
    found = tag_document(tagger, document)
    assert [entity.text for entity in found] == ["ৰমেন\nদাস", "গুৱা\u2010\nহাটীত", "সংঘ"]
    whole = tagger.tag("কালি পুৱা ৰমেন দাস আৰু গুৱাহাটীত থকা সংঘ আহিল।")
    assert [(e.type, e.score) for e in found] == [(e.type, e.score) for e in whole]
    for entity in found:
        assert document.text[entity.start_char : entity.end_char] == entity.text


def test_latin_text_and_pages(simple_pdf: SimplePdf) -> None:
    document = read_document(simple_pdf(["Flood Relief Office", "Jorhat"]), name="a.pdf")
    assert document.text == "Flood Relief Office\n\nJorhat"
    assert [part.place for part in document.segments] == [
        "page 1, paragraph 1",
        "page 2, paragraph 1",
    ]


def scan(n_pages: int = 1) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    pages = [Image.new("L", (100, 140), 200) for _ in range(n_pages)]
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def join(*parts: bytes) -> bytes:
    import pypdfium2

    made = pypdfium2.PdfDocument.new()
    for part in parts:
        made.import_pages(pypdfium2.PdfDocument(part))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_a_scan_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(DocumentError, match=r"2 of 2 pages are pictures.*ocrmypdf"):
        read_document(scan(2), name="scan.pdf")


def test_a_scanned_page_among_others_is_said(simple_pdf: SimplePdf) -> None:
    document = read_document(join(simple_pdf(["one"]), scan()), name="a.pdf")
    assert document.text == "one"
    assert len(document.notices) == 1
    assert document.notices[0].startswith("page 2: a picture without a text layer")


def test_a_page_without_anything(simple_pdf: SimplePdf) -> None:
    with pytest.raises(DocumentError, match="no text on its 1 pages"):
        read_document(simple_pdf([""]), name="a.pdf")


def test_a_password(simple_pdf: SimplePdf) -> None:
    locked = simple_pdf(["secret"], trailer="/Encrypt 4 0 R /ID [(12345678) (12345678)]")
    with pytest.raises(DocumentError, match=r"a\.pdf: locked with a password"):
        read_document(locked, name="a.pdf")


def test_a_legacy_font_is_refused_and_named(simple_pdf: SimplePdf) -> None:
    data = simple_pdf(["kalo bRitaar saangbaadik meel"], font="ABCDEF+GeetanjaliLight")
    with pytest.raises(DocumentError, match=r"in the font GeetanjaliLight, which is not Unicode"):
        read_document(data, name="a.pdf")


def test_gibberish_is_refused_whatever_the_font(simple_pdf: SimplePdf) -> None:
    data = simple_pdf(["Avwg †Zvgvi K_v ïb‡Q, †m e‡j‡Q †h †Zvgvi Ni A‡bK `~‡i"])
    with pytest.raises(DocumentError, match="looks like a font that is not Unicode"):
        read_document(data, name="a.pdf")


def _hang(data: bytes) -> None:
    time.sleep(60)


def test_limits_of_pages_and_time(monkeypatch: pytest.MonkeyPatch, simple_pdf: SimplePdf) -> None:
    with pytest.raises(DocumentError, match="expected at most 2,000"):
        read_document(simple_pdf(["x"] * 2_001), name="a.pdf")
    # A page takes less than any limit on a fast machine.
    monkeypatch.setattr("nerbridge.documents.pdf.read_pages", _hang)
    monkeypatch.setattr("nerbridge.documents.pdf.MAX_SECONDS", 0.2)
    with pytest.raises(DocumentError, match="not done within"):
        read_document(simple_pdf(["x"]), name="a.pdf")


def _crash(data: bytes) -> None:
    os.abort()


def test_a_crash_is_an_error(monkeypatch: pytest.MonkeyPatch, simple_pdf: SimplePdf) -> None:
    monkeypatch.setattr("nerbridge.documents.pdf.read_pages", _crash)
    with pytest.raises(DocumentError, match="the PDF library failed on it"):
        read_document(simple_pdf(["x"]), name="a.pdf")


def test_a_page_of_kilometres(simple_pdf: SimplePdf) -> None:
    data = simple_pdf(["x"]).replace(b"[0 0 595 842]", b"[0 0 9e9 9e9]")
    assert read_document(data, name="a.pdf").text == "x"
