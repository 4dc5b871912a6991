"""Documents that are uploaded: read in a process of their own, tagged, answered in three ways."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import PurePosixPath
from typing import ParamSpec, TypeVar

from starlette.responses import JSONResponse, Response

from nerbridge.documents import Document, annotate_html, read_document, redact, tag_document
from nerbridge.documents.isolation import Failed, TookTooLong, run_isolated
from nerbridge.server.batching import Abandoned, stop_when, time_is_over
from nerbridge.server.logs import FACTS
from nerbridge.server.models import ServedModel
from nerbridge.server.problems import Problem
from nerbridge.tagging.entity import Entity

P = ParamSpec("P")
Result = TypeVar("Result")

log = logging.getLogger("nerbridge.server")
SHOWN_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
_MAX_NAME_CHARS = 200
_MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}
_ENDINGS = {"pdf": "pdf", "docx": "docx", "html": "html", "text": "txt"}


class Answer(StrEnum):
    """How a tagged document comes back."""

    JSON = "json"
    HTML = "html"
    REDACTED = "redacted"


def clean_name(name: str | None) -> str:
    """What to call an upload: a name without a path, and nothing that does not print.

    >>> clean_name("../../etc/passwd"), clean_name("C:\\\\letters\\\\চিঠি.pdf"), clean_name(None)
    ('passwd', 'চিঠি.pdf', 'document')
    """
    last = PurePosixPath((name or "").replace("\\", "/")).name
    kept = "".join(char for char in last if char.isprintable())[:_MAX_NAME_CHARS].strip()
    return kept if kept.strip(".") else "document"


async def _isolated(
    seconds: float, function: Callable[P, Result], *args: P.args, **options: P.kwargs
) -> Result:
    """What a function gives in a process of its own.

    Raises:
        NerbridgeError: what the function raises of these.
        Problem: 503 if it takes too long, 422 if it dies or fails otherwise.
    """
    try:
        return await asyncio.to_thread(lambda: run_isolated(seconds, function, *args, **options))
    except TookTooLong as error:
        detail = f"the document was not read within {seconds:g} s."
        raise Problem(503, "timeout", detail, retry_after_s=10) from error
    except Failed as error:
        if error.cause:
            facts = {"error": error.cause, "where": error.where}
            log.error("work on a document failed", extra={FACTS: facts})
        detail = "the document cannot be read: it is damaged."
        raise Problem(422, "unreadable-document", detail) from error


async def read(data: bytes, name: str, seconds: float, *, is_whole_page: bool = False) -> Document:
    """Read a document.

    Raises:
        DocumentError: it cannot be read.
        Problem: it takes too long, or reading it fails.
    """
    return await _isolated(
        seconds, read_document, data, name=clean_name(name), is_whole_page=is_whole_page
    )


async def tag(model: ServedModel, document: Document, seconds: float) -> list[Entity]:
    """Entities of a document, with offsets in its text.

    Raises:
        Problem: 503 if it takes too long.
    """
    until = time.monotonic() + seconds
    tagger = stop_when(model.tagger, lambda: time.monotonic() > until)
    try:
        return await asyncio.to_thread(tag_document, tagger, document)
    except Abandoned:
        raise time_is_over(seconds) from None


def to_json(model: ServedModel, document: Document, entities: Sequence[Entity]) -> Response:
    """The text, where its parts stand, and its entities; of a book, work for a thread."""
    found = [
        {**entity.to_dict(), "place": document.place_of(entity.start_char)} for entity in entities
    ]
    notices = model.tagger.model.notices_for(document.text)
    content = document.to_dict()
    return JSONResponse(
        {
            "model": model.name,
            **content,
            "entities": found,
            "notices": [*content["notices"], *notices],
        }
    )


async def to_html(
    document: Document, entities: Sequence[Entity], types: Sequence[str], seconds: float
) -> Response:
    """The document as a page with its entities highlighted."""
    page = await _isolated(seconds, annotate_html, document, entities, types)
    headers = {"Content-Security-Policy": SHOWN_CSP}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


async def to_redacted(
    document: Document, entities: Sequence[Entity], types: Sequence[str], seconds: float
) -> Response:
    """A copy of the document without the entities of ``types``, as a download."""
    content = await _isolated(seconds, redact, document, entities, types)
    # What an upload is called may be a name, also one that the model does not know.
    headers = {
        "Content-Disposition": f'attachment; filename="redacted.{_ENDINGS[document.kind]}"',
        "Content-Security-Policy": SHOWN_CSP,
    }
    return Response(content, media_type=_MEDIA_TYPES[document.kind], headers=headers)
