"""PDF, read and redacted in a process of its own.

pdfium is large, not safe in threads, and reads what strangers made: a page that crashes it, hangs
it, or eats memory must not take the server with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ParamSpec, TypeVar

import regex

from nerbridge.documents.isolation import Failed, TookTooLong, run_isolated
from nerbridge.documents.legacy_fonts import broken_share, refuse_unreadable
from nerbridge.documents.limits import MAX_SECONDS
from nerbridge.documents.pdf_pages import PageText, read_pages
from nerbridge.documents.pdf_redaction import redact_pages
from nerbridge.errors import DocumentError
from nerbridge.text.counts import count_of

P = ParamSpec("P")
Result = TypeVar("Result")

_SOME_BROKEN = 0.02
_MIN_ALONE = 4


def read_pdf(data: bytes, name: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Place and text of each paragraph, and notices.

    Raises:
        DocumentError: locked, damaged, scanned, in a font that is not Unicode, too large.
    """
    found = _isolated(read_pages, name, data)
    pages = found.pages
    parts = [part for number, page in enumerate(pages, start=1) for part in _parts(number, page)]
    scanned = [n for n, page in enumerate(pages, 1) if not page.paragraphs and page.n_images]
    if not parts:
        raise DocumentError(_nothing_found(name, len(pages), len(scanned)))
    text = "\n".join(text for _, text in parts)
    refuse_unreadable(found.fonts, text, name)
    return parts, [*_notices(pages, scanned), *found.notices]


def _parts(number: int, page: PageText) -> Iterator[tuple[str, str]]:
    """Place and text of the paragraphs of a page, then of its notes and form fields."""
    for index, text in enumerate(page.paragraphs, start=1):
        yield f"page {number}, paragraph {index}", text
    for what, text in page.notes:
        yield f"page {number}, {what}", text


def is_letter_alone(text: str) -> bool:
    """Whether a text is one letter with its signs, or a sign alone.

    >>> is_letter_alone("কি"), is_letter_alone("৭"), is_letter_alone("কথা")
    (True, False, False)
    """
    return regex.fullmatch(r"\s*(?=[\p{L}\p{M}])\X\s*", text) is not None


def _count_letters_alone(paragraph: str) -> int:
    """Letters that are lines of their own, or far apart on a line of nothing else."""
    lines = [line.split() for line in paragraph.split("\n")]
    return sum(len(parts) for parts in lines if all(map(is_letter_alone, parts)))


def redact_pdf(data: bytes, name: str, spans: Sequence[tuple[int, int]]) -> bytes:
    """Pictures of the pages, with what lies at ``spans`` of the document's text blackened.

    Nothing but the pictures is in the new PDF. Pages that could not be read are black as a whole.

    Raises:
        DocumentError: as `read_pdf`.
    """
    return _isolated(redact_pages, name, data, list(spans))


def _isolated(function: Callable[P, Result], name: str, *args: P.args, **kw: P.kwargs) -> Result:
    """What a function that opens a PDF gives, its errors with the name of the document."""
    try:
        return run_isolated(MAX_SECONDS, function, *args, **kw)
    except DocumentError as error:
        raise DocumentError(f"{name}: {error}") from error
    except TookTooLong as error:
        raise DocumentError(
            f"{name}: not done within {MAX_SECONDS:.0f} seconds. Split the document, or print it "
            "to a new PDF, which makes its pages simpler."
        ) from error
    except Failed as error:
        reason = "out of memory" if error.cause == "MemoryError" else error.cause or "a crash"
        raise DocumentError(
            f"{name}: the PDF library failed on it ({reason}); it is damaged, or larger than it "
            "looks. Print it to a new PDF in a browser, and pass that."
        ) from error


def _nothing_found(name: str, n_pages: int, n_scanned: int) -> str:
    if n_scanned:
        return (
            f"{name}: a scan: {n_scanned} of {n_pages} pages are pictures without a text layer. "
            "Recognise the text first (OCR), for example: ocrmypdf -l asm scan.pdf read.pdf"
        )
    return f"{name}: no text on its {n_pages} pages; expected a text layer. Check the file."


def _notices(pages: Sequence[PageText], scanned: Sequence[int]) -> list[str]:
    notices = [
        f"page {number}: a picture without a text layer; nothing of it was read. Recognise its "
        "text first (OCR)."
        for number in scanned
    ]
    for number, page in enumerate(pages, start=1):
        n_alone = sum(map(_count_letters_alone, page.paragraphs))
        if n_alone >= _MIN_ALONE:
            notices.append(
                f"page {number}: {n_alone:,} letters stand alone; words whose letters are set far "
                "apart are not read as words."
            )
        if n_drawn := page.n_drawn_notes:
            notices.append(
                f"page {number}: not read: {count_of(n_drawn, 'stamp or note', 'stamps or notes')} "
                "whose words are only drawn."
            )
        if n_texts := page.n_alternatives:
            notices.append(
                f"page {number}: not read: {count_of(n_texts, 'alternative text')} of pictures."
            )
        if page.is_reordered:
            notices.append(
                f"page {number}: vowel signs stood in drawing order and were put in reading order; "
                "some words may be wrong."
            )
        if (share := broken_share(" ".join(page.paragraphs))) >= _SOME_BROKEN:
            notices.append(f"page {number}: {share:.0%} of the characters have no letter.")
    return notices
