"""Every kind of document, and every kind of file that is none."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nerbridge.documents import read_document
from nerbridge.errors import DocumentError, EnvironmentProblem


def test_kinds_are_told_by_content(folder: Path, letter: bytes, page: bytes) -> None:
    pdf = (folder / "narrow.pdf").read_bytes()
    for data, kind in ((pdf, "pdf"), (letter, "docx"), (page, "html"), (b"text", "text")):
        document = read_document(data, name="file")
        assert document.kind == kind
        assert document.data == data


def test_a_path_is_read_and_named_as_asked(folder: Path) -> None:
    document = read_document(folder / "report.html", name="report")
    assert (document.name, document.kind) == ("report", "html")


def test_segments_cover_the_text_in_order(folder: Path, letter: bytes, page: bytes) -> None:
    pdf = (folder / "report.pdf").read_bytes()
    for data in (pdf, letter, page, "এক\n দুই \n\n\nতিনি\n".encode()):
        document = read_document(data, name="a")
        texts = [document.text[part.start_char : part.end_char] for part in document.segments]
        assert all(text and text == text.strip() for text in texts)
        assert "".join("".join(texts).split()) == "".join(document.text.split())
        assert document.place_of(document.segments[-1].start_char) == document.segments[-1].place


def test_plain_text_stays_as_it_is() -> None:
    text = "এক\r\nদুই\n\n তিনি "
    assert read_document(b"\xef\xbb\xbf" + text.encode(), name="a.txt").text == text
    assert read_document(text.encode("utf-16"), name="a.txt").text == text


OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "a.pdf", "empty"),
        (b" \n", "a.txt", "empty"),
        (b"plain", "a.pdf", "not PDF"),
        (b"plain", "a.docx", "not DOCX"),
        (b"%PDF-1.7 and no more", "a.pdf", "damaged PDF"),
        (b"PK\x03\x04 and no more", "a.docx", "damaged DOCX"),
        (b"PK\x03\x04 and no more", "a.xlsx", "an Excel file.*save it as CSV"),
        (OLE + b"\0" * 600, "a.xls", "an Excel file.*save it as CSV"),
        (OLE + b"\0" * 600, "a.doc", "save it as DOCX"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "a.docx", "password"),
        (b"{\\rtf1 x}", "a.rtf", "an RTF file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a.png", "tesseract"),
        (b"\x7fELF\0\0", "a.bin", "binary data"),
        (b"\xe0\xa6", "a.txt", "not UTF-8"),
        (b"<html><body></body></html>", "a.html", "no text"),
    ],
)
def test_what_is_no_document_is_said(data: bytes, name: str, said: str) -> None:
    with pytest.raises(DocumentError, match=f"^{name}: .*{said}"):
        read_document(data, name=name)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"mimetype": "application/vnd.oasis.opendocument.text"}, "OpenDocument"),
        ({"[Content_Types].xml": "", "xl/workbook.xml": ""}, "Excel.*as CSV"),
        ({"[Content_Types].xml": "", "ppt/x.xml": ""}, "PowerPoint"),
        ({"a.txt": "a"}, "a zip file"),
        ({"[Content_Types].xml": "", "word/x.xml": ""}, "word/document.xml"),
    ],
)
def test_other_zip_files(members: dict[str, str], said: str) -> None:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(DocumentError, match=said):
        read_document(out.getvalue(), name="a.docx")


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("nerbridge.documents.limits.MAX_BYTES", 10)
    with pytest.raises(DocumentError, match="Split the document"):
        read_document(b"a" * 11, name="a.txt")
    path = tmp_path / "a.txt"
    path.write_bytes(b"a" * 11)
    with pytest.raises(DocumentError, match="Split the document"):
        read_document(path, name="a.txt")
    monkeypatch.setattr("nerbridge.documents.limits.MAX_CHARS", 3)
    for data in (b"abcd", b"<!doctype html><p>abcd"):
        monkeypatch.setattr("nerbridge.documents.limits.MAX_BYTES", 100)
        with pytest.raises(DocumentError, match="more than 3 characters"):
            read_document(data, name="a")


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="No such file"):
        read_document(tmp_path / "none.pdf", name="none.pdf")


def test_a_missing_library_is_said(monkeypatch: pytest.MonkeyPatch, page: bytes) -> None:
    monkeypatch.setitem(sys.modules, "lxml", None)
    monkeypatch.delitem(sys.modules, "nerbridge.documents.html_text", raising=False)
    monkeypatch.delitem(sys.modules, "nerbridge.documents.markup", raising=False)
    with pytest.raises(EnvironmentProblem, match=r"nerbridge\[documents\]"):
        read_document(page, name="a.html")


def test_cut_files_are_errors_never_anything_else(
    folder: Path, letter: bytes, simple_pdf: Callable[..., bytes]
) -> None:
    for data in (letter, simple_pdf(["hello"]), (folder / "narrow.pdf").read_bytes()):
        for part in (0.3, 0.9):
            with contextlib.suppress(DocumentError):  # pdfium mends some, as readers expect
                read_document(data[: int(len(data) * part)], name="a")


def test_comments_before_nothing_take_no_time() -> None:
    """How to divide them among comments was once tried in every way: for ever."""
    assert read_document(b"<!-- -->" * 1000 + b"<", name="a.txt").kind == "text"
