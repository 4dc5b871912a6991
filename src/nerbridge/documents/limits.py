"""How much of a document is read: what is larger is refused, not cut."""

from __future__ import annotations

from nerbridge.errors import DocumentError

MIB = 1 << 20

MAX_BYTES = 100 * MIB
"""Of a file."""
MAX_CHARS = 2_000_000
"""Of its text: about 800 printed pages."""
MAX_PAGES = 2_000
"""Of a PDF."""
MAX_SECONDS = 120.0
"""To read a PDF, or to redact one; a machine that is busy needs a part of it."""
MAX_MEMORY_BYTES = 3 << 30
"""Address space of the process that reads a PDF."""
MAX_ENTRIES = 5_000
"""Files inside a DOCX."""
MAX_UNPACKED_BYTES = 256 * MIB
"""Of all files inside a DOCX together."""
MAX_XML_BYTES = 32 * MIB
"""Of one XML file inside a DOCX."""
MAX_RATIO = 200
"""Unpacked to packed size of one XML file above 1 MiB; Word's own reach about 40."""


def check_bytes(n_bytes: int, name: str) -> None:
    """Refuse a file that is too large.

    Raises:
        DocumentError: it has more than `MAX_BYTES` bytes.
    """
    if n_bytes > MAX_BYTES:
        raise DocumentError(
            f"{name}: {n_bytes / MIB:,.0f} MiB; expected at most {MAX_BYTES // MIB} MiB. "
            "Split the document."
        )


def check_chars(n_chars: int, name: str) -> None:
    """Refuse a text that is too long.

    Raises:
        DocumentError: it has more than `MAX_CHARS` characters.
    """
    if n_chars > MAX_CHARS:
        raise DocumentError(
            f"{name}: more than {MAX_CHARS:,} characters of text. Split the document, or extract "
            "its text into a .jsonl file with a record per part."
        )
