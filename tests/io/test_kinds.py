"""Files that are no text: told by their content, refused with what to do."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

import pytest

from nerbridge.io.kinds import detect_binary, is_html, is_mail, kind_of, kind_of_ending, refusal

OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def zipped(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def office(folder: str) -> bytes:
    return zipped(**{"[Content_Types].xml": "", f"{folder}/part.xml": ""})


def open_document(kind: str) -> bytes:
    return zipped(mimetype=f"application/vnd.oasis.opendocument.{kind}", content="")


def ole(stream: str) -> bytes:
    return OLE + b"\0" * 600 + stream.encode("utf-16-le")


KINDS = [
    (b"%PDF-1.4", "PDF"),
    (office("word"), "DOCX"),
    (office("xl"), "Excel"),
    (office("ppt"), "PowerPoint"),
    (open_document("text"), "OpenDocument"),
    (open_document("spreadsheet"), "OpenDocument sheet"),
    (open_document("presentation"), "slides"),
    (zipped(mimetype="application/epub+zip"), "EPUB"),
    (zipped(**{"Index/Document.iwa": ""}), "Apple"),
    (zipped(**{"news.csv": "text"}), "zip"),
    (b"PK\x03\x04 cut", "zip"),
    (ole("WordDocument"), "Word 97"),
    (ole("Workbook"), "Excel"),
    (ole("Book\0"), "Excel"),
    (ole("PowerPoint Document"), "PowerPoint"),
    (ole("__properties_version1.0"), "Outlook"),
    (ole("EncryptedPackage"), "locked Office"),
    (b"{\\rtf1 x}", "RTF"),
    (b"PAR1 and more", "Parquet"),
    (b"ARROW1\0\0 and more", "Arrow"),
    (b"SQLite format 3\0", "SQLite"),
    (gzip.compress(b"text", mtime=0), "gzip"),
    (bz2.compress(b"text"), "bzip2"),
    (lzma.compress(b"text"), "xz"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"name" + b"\0" * 253 + b"ustar", "archive"),
    (b"\x89PNG\r\n\x1a\n\0", "picture"),
    (b"GIF89a\0", "picture"),
]


@pytest.mark.parametrize(("data", "kind"), KINDS)
def test_the_content_tells(data: bytes, kind: str) -> None:
    stream = io.BytesIO(data)
    assert detect_binary(stream) == kind
    assert stream.tell() == 0
    assert kind_of(stream, "misnamed.txt") == kind
    said = refusal(kind, "a.txt", "text")
    assert said.startswith("a.txt: ")
    assert "; expected text. " in said


@pytest.mark.parametrize(
    "text",
    ["", "অসম", "BMW আৰু RIFF", "GIF8 a word", "PK", "PARIS", "Rar things", "text,date\n1,2"],
)
def test_text_is_none_of_them(text: str) -> None:
    assert detect_binary(io.BytesIO(text.encode())) is None
    assert kind_of(io.BytesIO(text.encode()), "a.csv") is None


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"a\tb", "export.xls", "Excel"),
        (OLE + b"\0" * 600, "old.XLS", "Excel"),
        (b"PK\x03\x04 cut", "a.ods", "OpenDocument sheet"),
        (office("xl"), "a.odt", "Excel"),
        (b"text", "a.zip", "zip"),
    ],
)
def test_the_ending_tells_where_the_content_does_not(data: bytes, name: str, kind: str) -> None:
    assert kind_of(io.BytesIO(data), name) == kind


def test_endings() -> None:
    assert kind_of_ending("A.ODS") == "OpenDocument sheet"
    assert kind_of_ending("a.txt") is kind_of_ending("a") is None


@pytest.mark.parametrize(
    ("head", "is_one"),
    [
        (b"MIME-Version: 1.0\r\n", True),
        (b"From: <Saved by Blink>\r\nSubject: =?utf-8?Q?a?=\r\n\tb\r\nMIME-Version: 1.0\r\n", True),
        (b"Subject: a\n\nMIME-Version: 1.0\n", False),
        (b"Note: about\nmail with MIME-Version: 1.0\n", False),
        (b"", False),
    ],
)
def test_mails(head: bytes, is_one: bool) -> None:
    assert is_mail(head) is is_one


def test_a_long_text_is_told_from_a_mail_at_once() -> None:
    assert not is_mail(b"a: b\n c\n" * 1000)
    assert not is_mail(b"a-b-c" * 1600)


def test_pages() -> None:
    assert is_html(b"\xef\xbb\xbf<!-- a -->\n<HTML lang=as>")
    assert not is_html(b"<htmlx> is a word")
