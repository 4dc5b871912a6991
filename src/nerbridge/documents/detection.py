"""What a file is, told by its content; its ending only decides between HTML and plain text."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

from nerbridge.documents.document import Kind
from nerbridge.errors import DocumentError
from nerbridge.io.kinds import is_html, is_mail, kind_of, refusal

_HEAD = 1024
_BINARY_ENDINGS = {".pdf": "PDF", ".docx": "DOCX", ".docm": "DOCX"}
_MAIL_ENDINGS = (".eml", ".mhtml", ".mht")
_EXPECTED = "PDF, DOCX, HTML, a mail or text"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def detect_kind(data: bytes, name: str) -> Kind:
    """What the bytes are.

    Raises:
        DocumentError: nothing that can be read; the message says what it is and what to do.

    >>> detect_kind(b"<!doctype html><p>", "page"), detect_kind(b"text", "a.txt")
    ('html', 'text')
    """
    ending = PurePath(name).suffix.lower()
    if not data.strip():
        raise DocumentError(f"{name}: the file is empty; expected a document. Fetch it again.")
    if b"%PDF-" in data[:_HEAD]:
        return "pdf"
    found = kind_of(io.BytesIO(data), name)
    if found == "DOCX":
        return "docx"
    if found == "zip" and not zipfile.is_zipfile(io.BytesIO(data)):
        raise DocumentError(
            f"{name}: a damaged DOCX or zip file. It was probably cut: fetch it again."
        )
    if found is not None:
        raise DocumentError(refusal(found, name, _EXPECTED))
    if ending in _BINARY_ENDINGS:
        raise DocumentError(
            f"{name}: named {ending}, but the content is not {_BINARY_ENDINGS[ending]} (it begins "
            f"with {data[:12]!r}). The file is damaged or misnamed: fetch it again, or rename it."
        )
    if ending in _MAIL_ENDINGS or is_mail(data[: 8 * _HEAD]):
        return "mail"
    if ending in (".html", ".htm", ".xhtml") or is_html(data[: 8 * _HEAD]):
        return "html"
    if b"\0" in data and not data.startswith(_UTF16):
        raise DocumentError(
            f"{name}: binary data of an unknown kind; expected {_EXPECTED}. Save it as one of "
            "these."
        )
    return "text"
