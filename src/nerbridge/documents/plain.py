"""Plain text as a document: the text is the file's, letter by letter."""

from __future__ import annotations

import re

from nerbridge.documents.document import Document, Segment
from nerbridge.documents.legacy_fonts import refuse_gibberish
from nerbridge.documents.limits import check_chars
from nerbridge.errors import DocumentError

_PARAGRAPH = re.compile(r"\S(?:.*\S)?(?:[^\S\n]*\n[^\S\n]*\S(?:.*\S)?)*")
_BYTE_ORDER_MARK = "\ufeff"


def read_plain(data: bytes, name: str) -> Document:
    """A text in UTF-8, or in UTF-16 with a byte order mark; its paragraphs are the segments.

    Raises:
        DocumentError: it is neither, or too long.
    """
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    try:
        text = data.decode(encoding).removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{name}: byte {error.start} is not {encoding.upper()} ({error.reason}); expected "
            "UTF-8 text. Save it as UTF-8, or convert it, for example with iconv."
        ) from error
    check_chars(len(text), name)
    refuse_gibberish(text, name)
    segments = tuple(
        Segment(f"paragraph {number}", match.start(), match.end())
        for number, match in enumerate(_PARAGRAPH.finditer(text), start=1)
    )
    return Document(name, "text", text, segments, (), data)
