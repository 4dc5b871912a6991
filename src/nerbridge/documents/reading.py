"""Bytes or a file in, a document out."""

from __future__ import annotations

import io
import zipfile
from importlib import import_module
from pathlib import Path, PurePath
from types import ModuleType

from nerbridge.documents.document import Document, join_segments
from nerbridge.documents.limits import check_bytes, check_chars
from nerbridge.documents.plain import read_plain
from nerbridge.errors import DocumentError, missing_extra
from nerbridge.io.kinds import DOCUMENT_ENDINGS, DocumentKind, is_html, is_mail, kind_of, refusal


def read_document(data: bytes | Path, *, name: str, is_whole_page: bool = False) -> Document:
    """Read a PDF, a DOCX, an HTML page, a mail (or a page saved as MHTML), or plain text.

    What it is is told by its content; ``name`` says how messages call it, and its ending decides
    between HTML and plain text where the content does not. With ``is_whole_page``, a page is read
    with its menus, forms, hidden parts and alternative texts, not its main text alone.

    Raises:
        DocumentError: it cannot be read: damaged, locked, without a text layer, in a font that is
            not Unicode, too large, of another kind.
        EnvironmentProblem: a library of ``nerbridge[documents]`` is missing.
    """
    content = _load(data, name) if isinstance(data, Path) else data
    check_bytes(len(content), name)
    kind = detect_kind(content, name)
    if kind == "text":
        return read_plain(content, name)
    notices: list[str]
    if kind == "pdf":
        parts, notices = load_module("pdf", name).read_pdf(content, name)
    elif kind == "docx":
        parts, notices = load_module("docx_text", name).read_docx(content, name)
    elif kind == "mail":
        read_mail = load_module("mail", name).read_mail
        parts, notices = read_mail(content, name, is_whole=is_whole_page)
    else:
        parts, notices = load_module("html_text", name).read_html(
            content, name, is_whole=is_whole_page
        )
    text, segments = join_segments(parts)
    check_chars(len(text), name)
    if not text.strip():
        raise DocumentError(
            f"{name}: no text found in it. If it holds pictures of text, recognise them first "
            "(OCR), for example with tesseract -l asm."
            + "".join(f" Also {notice}" for notice in notices)
            + (" Read the whole page with --whole-page." if kind == "html" and notices else "")
        )
    return Document(name, kind, text, segments, tuple(notices), content, is_whole_page)


def load_module(module: str, name: str) -> ModuleType:
    """A module of this package whose libraries may be missing.

    Raises:
        EnvironmentProblem: one is; ``name`` is the document that needs it.
    """
    try:
        return import_module(f"nerbridge.documents.{module}")
    except ModuleNotFoundError as error:
        raise missing_extra(f"{name}: documents need", error.name, "documents") from error


def _load(path: Path, name: str) -> bytes:
    try:
        # Before reading: a file larger than the memory must not be loaded at all.
        check_bytes(path.stat().st_size, name)
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(
            f"{name}: cannot be read ({error.strerror}); expected a document. Check the path and "
            "its permissions."
        ) from error


_HEAD = 1024
_EXPECTED = "PDF, DOCX, HTML, a mail or text"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def detect_kind(data: bytes, name: str) -> DocumentKind:
    """What the bytes are.

    Raises:
        DocumentError: nothing that can be read; the message says what it is and what to do.

    >>> detect_kind(b"<!doctype html><p>", "page"), detect_kind(b"text", "a.txt")
    ('html', 'text')
    """
    ending = PurePath(name).suffix.lower()
    named = DOCUMENT_ENDINGS.get(ending, "text")
    if not data.strip():
        raise DocumentError(f"{name}: the file is empty; expected a document. Fetch it again.")
    # PDF readers accept the mark anywhere in the first 1,024 bytes, behind other lines.
    if b"%PDF-" in data[:_HEAD]:
        return "pdf"
    found = kind_of(io.BytesIO(data), name)
    if found == "DOCX":
        return "docx"
    # A zip file keeps its directory at its end: one that was cut has none.
    if found == "zip" and not zipfile.is_zipfile(io.BytesIO(data)):
        raise DocumentError(
            f"{name}: a damaged DOCX or zip file. It was probably cut: fetch it again."
        )
    if found is not None:
        raise DocumentError(refusal(found, name, _EXPECTED))
    if named in ("pdf", "docx"):
        raise DocumentError(
            f"{name}: named {ending}, but the content is not {named.upper()} (it begins "
            f"with {data[:12]!r}). The file is damaged or misnamed: fetch it again, or rename it."
        )
    if named == "mail" or is_mail(data[: 8 * _HEAD]):
        return "mail"
    if named == "html" or is_html(data[: 8 * _HEAD]):
        return "html"
    # UTF-16 text holds zero bytes too, and is known by its mark.
    if b"\0" in data and not data.startswith(_UTF16):
        raise DocumentError(
            f"{name}: binary data of an unknown kind; expected {_EXPECTED}. Save it as one of "
            "these."
        )
    return "text"
