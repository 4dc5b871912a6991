"""What `nerbridge serve` was asked for, and what requests may take from a worker."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import Receive

from nerbridge.server.problems import Problem
from nerbridge.type_maps import TypeMap

_MIB = 2**20
MIN_PROGRESS_BYTES = 128 * 1024
"""What a client has to send of its body in `Limits.receive_s`, unless less is left of it. A line of
52 kbit/s is fast enough, and the largest document takes an hour at most."""


@dataclass(frozen=True)
class Limits:
    """Bounds of a worker; sizes in bytes, times in seconds.

    ``max_queue`` requests may wait to be tagged, ``max_seconds`` passes at most from there to the
    answer, ``receive_s`` until a request's head, and then each `MIN_PROGRESS_BYTES` of its body,
    has come in, and ``send_s`` until a client that reads slowly takes the next piece of its answer.
    """

    max_bytes: int = _MIB
    max_document_bytes: int = 20 * _MIB
    max_texts: int = 256
    max_chars: int = 100_000
    max_queue: int = 256
    max_seconds: float = 30.0
    max_document_seconds: float = 60.0
    max_documents: int = 8
    max_connections: int = 1000
    receive_s: float = 20.0
    send_s: float = 30.0

    @property
    def max_buffered_bytes(self) -> int:
        """Bodies that a worker holds at the same time, all together."""
        return 4 * max(self.max_document_bytes, 4 * self.max_bytes)

    def check_texts(self, texts: Sequence[str]) -> None:
        """Refuse too many texts, or one that is too long.

        Raises:
            Problem: 413.
        """
        if len(texts) > self.max_texts:
            raise too_large(
                f"{len(texts):,} texts; at most {self.max_texts:,} fit in a request. Send them in "
                "several requests."
            )
        for number, text in enumerate(texts, start=1):
            if len(text) > self.max_chars:
                raise too_large(
                    f"text {number} has {len(text):,} characters; at most {self.max_chars:,} are "
                    "read. Cut it between sentences, or send it as a document."
                )


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


class Buffers:
    """Reads request bodies, within bounds for each and for all together."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.n_bytes = 0
        self._until = math.inf

    async def read(self, receive: Receive, declared: bytes | None, max_bytes: int) -> bytes:
        """The whole body; what is too large is refused as soon as that is known.

        Whoever reads a body gives its length back with `release`.

        Args:
            receive: the request's ASGI channel.
            declared: the Content-Length header, if there is one.
            max_bytes: what this request may hold.

        Raises:
            Problem: 413 for too many bytes, declared or sent; 408 for a body that does not come;
                503 if the worker holds all the bodies it may.
            ClientGone: if the client goes away.
        """
        # Python refuses to convert thousands of digits; 20 digits are above every limit.
        if declared is not None and (not declared.isdigit() or int(declared[:20]) > max_bytes):
            raise _body_too_large(max_bytes)
        body = bytearray()
        try:
            while await self._read_stretch(receive, body, max_bytes):
                pass
        except BaseException:
            self.release(len(body))
            raise
        return bytes(body)

    def end(self) -> None:
        """Wait for no body much longer: the server ends."""
        self._until = asyncio.get_running_loop().time() + self._limits.receive_s

    async def _read_stretch(self, receive: Receive, body: bytearray, max_bytes: int) -> bool:
        """Append what has to come without delay; whether there is more."""
        seconds, enough = self._limits.receive_s, len(body) + MIN_PROGRESS_BYTES
        until = min(asyncio.get_running_loop().time() + seconds, self._until)
        try:
            async with asyncio.timeout_at(until):
                while has_more := await self._read_piece(receive, body, max_bytes):
                    if len(body) >= enough:
                        break
        except TimeoutError:
            detail = (
                f"the request's body came too slowly: expected its end, or {MIN_PROGRESS_BYTES:,} "
                f"bytes every {seconds:g} s."
            )
            raise Problem(408, "request-timeout", detail) from None
        return has_more

    async def _read_piece(self, receive: Receive, body: bytearray, max_bytes: int) -> bool:
        """Append what comes next; whether there is more."""
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece = message.get("body", b"")
        body += piece
        # Before the checks: `read` gives back all that was appended, also what is refused.
        self.n_bytes += len(piece)
        if len(body) > max_bytes:
            raise _body_too_large(max_bytes)
        if self.n_bytes > self._limits.max_buffered_bytes:
            raise Problem(503, "overloaded", "too many large requests at once.", retry_after_s=1)
        return bool(message.get("more_body", False))

    def release(self, n_bytes: int) -> None:
        """Say that a body of this length is not held any more."""
        self.n_bytes -= n_bytes


def too_large(detail: str) -> Problem:
    """A refusal of what is larger than a limit."""
    return Problem(413, "too-large", detail)


def _body_too_large(max_bytes: int) -> Problem:
    return too_large(f"the request's body is larger than {max_bytes:,} bytes.")


@dataclass(frozen=True)
class ServerSettings:
    """Goes to every worker, pickled.

    ``is_local`` says that it listens for programs on this machine alone. ``root_path`` is where a
    proxy shows it: empty, or such as ``/ner``.
    """

    models: tuple[str, ...] = ("bundled:as",)
    limits: Limits = field(default_factory=Limits)
    n_threads: int | None = None
    token: str | None = field(default=None, repr=False)
    is_local: bool = False
    report: Path | None = None
    type_map: TypeMap = field(default_factory=dict)
    root_path: str = ""
