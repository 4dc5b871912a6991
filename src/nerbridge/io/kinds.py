"""What a file is: documents by their endings, other files that are no plain text by content."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import PurePath
from typing import BinaryIO, Literal

DocumentKind = Literal["pdf", "docx", "html", "mail", "text"]

DOCUMENT_ENDINGS: dict[str, DocumentKind] = {
    ".pdf": "pdf",
    **dict.fromkeys((".docx", ".docm"), "docx"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".eml", ".mhtml", ".mht"), "mail"),
}
"""What the ending of a file's name says a document is; any other document is plain text."""

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
_HEAD = 1024
_MAX_OLE_BYTES = 64 << 20
_AS_DOCX = "Open it in Word or LibreOffice and save it as DOCX."
_AS_CSV = "Open it in Excel or LibreOffice and save it as CSV UTF-8, sheet by sheet."
_UNPACK = "Unpack it, and name the files in it."
_OCR = "Recognise its text first, for example with tesseract -l asm, and pass that."

_WHAT_TO_DO = {
    "PDF": ("a PDF file", "Give it the ending .pdf; a table or a corpus has to be text."),
    "DOCX": ("a Word file", "Give it the ending .docx; a table or a corpus has to be text."),
    "Parquet": ("a Parquet file", "Give it the ending .parquet."),
    "Excel": ("an Excel file", _AS_CSV),
    "OpenDocument sheet": ("an OpenDocument spreadsheet", _AS_CSV),
    "OpenDocument": ("an OpenDocument text", _AS_DOCX),
    "Word 97": ("an old Office file (.doc)", _AS_DOCX),
    "RTF": ("an RTF file", _AS_DOCX),
    "PowerPoint": ("a PowerPoint file", "Open it in PowerPoint and save it as PDF."),
    "slides": ("an OpenDocument presentation", "Open it in LibreOffice and save it as PDF."),
    "Apple": ("an Apple iWork file", "Open it in Pages or Numbers and export it as Word or CSV."),
    "Outlook": ("an Outlook message (.msg)", "Open it in Outlook and save it as .eml, or as text."),
    "locked Office": (
        "locked with a password",
        "Open it in its program, remove the password (File, Info, Protect Document), and save it.",
    ),
    "EPUB": ("an EPUB book", "Convert it to HTML or text, for example with pandoc or Calibre."),
    "mailbox": ("a mailbox of many messages", "Export the messages one by one, as .eml."),
    "zip": ("a zip file", _UNPACK),
    "archive": ("a packed archive", _UNPACK),
    "gzip": (
        "a gzip file",
        "Give it the ending .gz behind that of its content, as in news.csv.gz.",
    ),
    "bzip2": ("a bzip2 file", "Give it the ending .bz2 behind that of its content."),
    "xz": ("an xz file", "Give it the ending .xz behind that of its content."),
    "zstd": ("a Zstandard file", "Give it the ending .zst behind that of its content."),
    "SQLite": ("an SQLite database", "Export the table as CSV."),
    "Arrow": ("an Arrow or Feather file", "Write the table as Parquet."),
    "picture": ("a picture", _OCR),
}
_STARTS = (
    (b"%PDF-", "PDF"),
    (b"PAR1", "Parquet"),
    (b"{\\rtf", "RTF"),
    (b"ARROW1\0\0", "Arrow"),
    (b"SQLite format 3\0", "SQLite"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"II*\0", "picture"),
    (b"MM\0*", "picture"),
)
_PICTURES_OF_LETTERS = (b"GIF8", b"BM", b"RIFF")
"""So may a text begin; a picture holds a zero byte too."""
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*+<(?:!doctype\s+html|html)\b",
    re.I | re.S,
)
_MAIL = re.compile(
    rb"(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*+)*?mime-version:\s*1\.0", re.I
)
"""A block of headers, ``MIME-Version`` among them: a mail, or a page saved as MHTML."""
_ENDINGS = {
    "Excel": (".xlsx", ".xlsm", ".xlsb", ".xls"),
    "OpenDocument sheet": (".ods", ".fods"),
    "OpenDocument": (".odt", ".fodt"),
    "Word 97": (".doc",),
    "RTF": (".rtf",),
    "PowerPoint": (".pptx", ".ppt"),
    "slides": (".odp",),
    "Apple": (".pages", ".numbers"),
    "Outlook": (".msg",),
    "EPUB": (".epub",),
    "mailbox": (".mbox",),
    "zip": (".zip",),
    "archive": (".7z", ".rar", ".tar", ".tgz"),
    "SQLite": (".sqlite", ".db"),
    "Arrow": (".arrow", ".feather"),
    "picture": (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".gif", ".bmp", ".webp"),
}
_KIND_OF_ENDING = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings}


def detect_binary(stream: BinaryIO) -> str | None:
    """What the content is, as a key for `refusal`; None if it is none of the kinds known here.

    The stream is read from its start, and stands there again behind the call.

    >>> import io
    >>> detect_binary(io.BytesIO(b"%PDF-1.7")), detect_binary(io.BytesIO(b"text"))
    ('PDF', None)
    """
    stream.seek(0)
    head = stream.read(_HEAD)
    found = next((kind for start, kind in _STARTS if head.startswith(start)), None)
    if head.startswith(b"BZh") and head[4:10] == b"1AY&SY":
        found = "bzip2"
    if head.startswith(_PICTURES_OF_LETTERS) and b"\0" in head:
        found = "picture"
    if head[257:262] == b"ustar":
        found = "archive"
    if head.startswith(_ZIP):
        found = _kind_of_zip(stream)
    elif head.startswith(_OLE):
        found = _kind_of_ole(head + stream.read(_MAX_OLE_BYTES))
    stream.seek(0)
    return found


def is_html(head: bytes) -> bool:
    """Whether a file that begins like this is a web page.

    >>> is_html(b"<!DOCTYPE html><p>"), is_html(b"<p>")
    (True, False)
    """
    return _HTML.match(head) is not None


def is_mail(head: bytes) -> bool:
    """Whether a file that begins like this is a mail, or a web page saved as one file (MHTML).

    >>> is_mail(b"From: a@b.in\\nMIME-Version: 1.0\\n"), is_mail(b"From: a letter")
    (True, False)
    """
    return _MAIL.match(head) is not None


def kind_of(stream: BinaryIO, name: str) -> str | None:
    """What the content is, else what the ending says: one of the kinds known here, or None."""
    found, said = detect_binary(stream), kind_of_ending(name)
    is_unsure = found in (None, "zip", "Word 97")
    return said if is_unsure and said is not None else found


def kind_of_ending(name: str) -> str | None:
    """The kind that a file's ending tells, of those that are never read.

    >>> kind_of_ending("table.XLSX"), kind_of_ending("letter.docx")
    ('Excel', None)
    """
    return _KIND_OF_ENDING.get(PurePath(name).suffix.lower())


def refusal(kind: str, name: str, expected: str) -> str:
    """Why the file is not read, and what to do.

    >>> refusal("zip", "a.zip", "text")
    'a.zip: a zip file; expected text. Unpack it, and name the files in it.'
    """
    found, remedy = _WHAT_TO_DO[kind]
    return f"{name}: {found}; expected {expected}. {remedy}"


def _kind_of_zip(stream: BinaryIO) -> str | None:
    """The kind; a zip file that cannot be opened is one all the same."""
    try:
        with zipfile.ZipFile(stream) as archive:
            members = set(archive.namelist())
            is_small = "mimetype" in members and archive.getinfo("mimetype").file_size < _HEAD
            mime = archive.read("mimetype") if is_small else b""
    except BAD_ZIP:
        return "zip"
    for start, kind in (
        (b"application/epub", "EPUB"),
        (b"application/vnd.oasis.opendocument.spreadsheet", "OpenDocument sheet"),
        (b"application/vnd.oasis.opendocument.presentation", "slides"),
        (b"application/vnd.oasis.opendocument", "OpenDocument"),
    ):
        if mime.strip().startswith(start):
            return kind
    for folder, kind in (("word/", "DOCX"), ("xl/", "Excel"), ("ppt/", "PowerPoint")):
        if "[Content_Types].xml" in members and any(one.startswith(folder) for one in members):
            return kind
    return "Apple" if any(one.endswith(".iwa") for one in members) else "zip"


def _kind_of_ole(data: bytes) -> str:
    """The kind, from the names of the streams inside."""
    for stream, kind in (
        ("EncryptedPackage", "locked Office"),
        ("WordDocument", "Word 97"),
        ("Workbook", "Excel"),
        ("Book\0", "Excel"),
        ("PowerPoint Document", "PowerPoint"),
        ("__properties_version1.0", "Outlook"),
    ):
        if stream.encode("utf-16-le") in data:
            return kind
    return "Word 97"
