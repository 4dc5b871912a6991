"""What hostile packages try."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

import pytest

from nerbridge.documents import read_document
from nerbridge.documents.docx_package import read_package
from nerbridge.errors import DocumentError

Changed = Callable[[bytes, str, bytes], bytes]
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><w>&d;</w>"""


def test_a_zip_bomb_is_not_unpacked(letter: bytes, changed: Changed) -> None:
    bomb = changed(letter, "word/document.xml", b" " * (20 << 20))
    with pytest.raises(DocumentError, match="zip bomb"):
        read_document(bomb, name="a.docx")
    with pytest.raises(DocumentError, match=r"word/big\.xml has 40 MiB"):
        read_document(changed(letter, "word/big.xml", b" " * (40 << 20)), name="a.docx")


def test_declared_sizes_count(letter: bytes) -> None:
    at = letter.rindex(b"PK\x01\x02")
    declared = bytearray(letter)
    declared[at + 24 : at + 28] = struct.pack("<I", 1 << 30)
    with pytest.raises(DocumentError, match=r"1,\d\d\d MiB unpacked"):
        read_document(bytes(declared), name="a.docx")


def test_a_file_larger_than_it_says(letter: bytes) -> None:
    lying = bytearray(letter)
    at = letter.rindex(b"PK\x01\x02")
    lying[at + 24 : at + 28] = struct.pack("<I", 1)
    with pytest.raises(DocumentError, match="damaged DOCX"):
        read_document(bytes(lying), name="a.docx")


def test_too_many_files(letter: bytes) -> None:
    out = io.BytesIO(letter)
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(5_001):
            archive.writestr(f"word/{number}.txt", "")
    with pytest.raises(DocumentError, match=r"5,0\d\d files inside"):
        read_document(out.getvalue(), name="a.docx")


@pytest.mark.parametrize(
    "content",
    [
        LAUGHS,
        LAUGHS.decode().encode("utf-16"),
        b'<!DOCTYPE w SYSTEM "http://127.0.0.1:1/x.dtd"><w/>',
        b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><w>&x;</w>',
    ],
)
def test_document_types_are_refused(letter: bytes, changed: Changed, content: bytes) -> None:
    with pytest.raises(DocumentError, match="declares a document type"):
        read_document(changed(letter, "word/document.xml", content), name="a.docx")


def test_broken_compression(letter: bytes) -> None:
    start = letter.index(b"word/document.xml") + len("word/document.xml")
    broken = letter[:start] + bytes(200) + letter[start + 200 :]
    with pytest.raises(DocumentError, match="damaged DOCX"):
        read_document(broken, name="a.docx")


def test_a_locked_member(letter: bytes) -> None:
    at = letter.rindex(b"PK\x01\x02")
    locked = bytearray(letter)
    locked[at + 8] |= 1
    with pytest.raises(DocumentError, match="encrypted"):
        read_package(bytes(locked), "a.docx")


def test_names_that_climb_are_only_names(letter: bytes, changed: Changed) -> None:
    climbing = changed(letter, "../../../tmp/nerbridge-climbed", b"x")
    assert "ৰমেন" in read_document(climbing, name="a.docx").text
