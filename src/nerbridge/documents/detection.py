"""What a file is, told by its content; its ending only decides between HTML and plain text."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from pathlib import PurePath

from nerbridge.documents.document import Kind
from nerbridge.errors import DocumentError

BAD_ZIP = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    EOFError,
    zlib.error,
)
"""What `zipfile` raises where a zip file is damaged, locked or of an unknown kind."""
_ZIP, _OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*+<(?:!doctype\s+html|html)\b", re.I | re.S
)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM", b"RIFF")
_HEAD = 1024
_BINARY_ENDINGS = {".pdf": "PDF", ".docx": "DOCX", ".docm": "DOCX", ".doc": "Word"}
_EXCEL_ENDINGS = (".xlsx", ".xlsm", ".xls")
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
    if data.startswith((_ZIP, _OLE)) and ending in _EXCEL_ENDINGS:
        raise _excel_error(name)
    if data.startswith(_ZIP):
        return _kind_of_zip(data, name)
    _refuse_others(data, name)
    if ending in _BINARY_ENDINGS:
        raise DocumentError(
            f"{name}: named {ending}, but the content is not {_BINARY_ENDINGS[ending]} (it begins "
            f"with {data[:12]!r}). The file is damaged or misnamed: fetch it again, or rename it."
        )
    if ending in (".html", ".htm", ".xhtml") or _HTML.match(
        data[: 8 * _HEAD].removeprefix(b"\xef\xbb\xbf")
    ):
        return "html"
    if b"\0" in data and not data.startswith(_UTF16):
        raise DocumentError(
            f"{name}: binary data of an unknown kind; expected PDF, DOCX, HTML or text. Save it as "
            "one of these."
        )
    return "text"


def _kind_of_zip(data: bytes, name: str) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = set(archive.namelist())
            kind = archive.read("mimetype")[:100] if _is_small(archive, "mimetype") else b""
    except BAD_ZIP as error:
        raise DocumentError(
            f"{name}: a damaged DOCX or zip file ({error}). It was probably cut: fetch it again."
        ) from error
    if "[Content_Types].xml" in members and any(m.startswith("word/") for m in members):
        return "docx"
    found = "a zip file"
    if b"opendocument" in kind:
        found = "an OpenDocument file"
    elif any(member.startswith("ppt/") for member in members):
        found = "a PowerPoint file"
    elif any(member.startswith("xl/") for member in members):
        raise _excel_error(name)
    raise DocumentError(
        f"{name}: {found}; expected PDF, DOCX, HTML or text. Open it in its program and save it as "
        "DOCX or PDF; a table as CSV."
    )


def _excel_error(name: str) -> DocumentError:
    return DocumentError(
        f"{name}: an Excel file; expected PDF, DOCX, HTML, text or a table as CSV. Open it in "
        "Excel and save it as CSV UTF-8."
    )


def _is_small(archive: zipfile.ZipFile, member: str) -> bool:
    return member in archive.namelist() and archive.getinfo(member).file_size < _HEAD


def _refuse_others(data: bytes, name: str) -> None:
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise DocumentError(
                f"{name}: locked with a password. Open it in Word, remove the password (File, "
                "Info, Protect Document), and save it."
            )
        raise DocumentError(
            f"{name}: an old Office file (.doc); expected DOCX. Open it in Word or LibreOffice and "
            "save it as DOCX."
        )
    if data.startswith(b"{\\rtf"):
        raise DocumentError(
            f"{name}: an RTF file; expected DOCX. Open it in Word or LibreOffice and save it as "
            "DOCX."
        )
    if data.startswith(_PICTURES) and b"\0" in data[:_HEAD]:
        raise DocumentError(
            f"{name}: a picture; expected text. Recognise its text first, for example with "
            "tesseract -l asm, and pass that."
        )
