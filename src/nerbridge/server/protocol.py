"""HTTP connections that cannot be held open for nothing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from nerbridge.server.limits import Limits
from nerbridge.server.problems import MEDIA_TYPE, Problem

MAX_HEAD_BYTES = 64 * 1024
_LINGER_S = 0.5
"""How long an ending server still waits for a request on a connection that it has accepted."""
_MIN_PROGRESS_BYTES = 16 * 1024
"""What a client has to read of its answer in `Limits.send_s`, unless less is left of it."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's connection with a time limit for heads and for clients that do not read.

    uvicorn itself waits without end for the head of a request, of any size, and for a client to
    take its answer.
    """

    def __init__(self, *args: Any, limits: Limits, **options: Any) -> None:
        super().__init__(*args, **options)
        self._limits = limits
        self._timer: asyncio.TimerHandle | None = None
        self._is_in_head, self._n_bytes = True, 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock; turn away what is more than the worker can hold."""
        super().connection_made(transport)
        self._arm(self._limits.receive_s)
        if len(self.connections) > self._limits.max_connections:
            # Answered instead of cut off, so that the client learns when to try again.
            self.app = _refuse

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and count what belongs to the request so far."""
        super().data_received(data)
        # What begins no request, such as empty lines, has ended the wait for one all the same.
        if self._is_idle and self._timer is None and self.timeout_keep_alive_task is None:
            self._arm(self._limits.receive_s)
        self._n_bytes += len(data)
        if self._is_in_head and self._n_bytes > MAX_HEAD_BYTES:
            detail = f"the request's head is larger than {MAX_HEAD_BYTES:,} bytes."
            self._answer(Problem(431, "head-too-large", detail))
        # Chunked bodies can hide any number of bytes between and behind the chunks.
        elif self._n_bytes > 2 * self._limits.max_buffered_bytes:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._answer(Problem(400, "bad-request", "this is not HTTP."))

    def on_message_begin(self) -> None:
        """A request begins: its head has to arrive in time."""
        self._is_in_head, self._n_bytes = True, 0
        self._arm(self._limits.receive_s)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is complete; whoever reads the body has a clock of its own."""
        self._disarm()
        self._is_in_head = False
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The answer is written; if the connection is to close, it must not take for ever."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._wait_for_reader()

    def pause_writing(self) -> None:
        """The client reads slowly or not at all: wait, as long as it goes on."""
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        """The client has read almost everything."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._disarm()

    def shutdown(self) -> None:
        """End: answer what was asked, and what is being sent at this moment."""
        if self._is_idle:
            self.loop.call_later(_LINGER_S, super().shutdown)
        else:
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, after its client has read everything or stopped to."""
        self.transport.close()
        self._wait_for_reader()

    @property
    def _is_idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _answer(self, problem: Problem) -> None:
        # No application has this request, so the answer is written as bytes.
        body = json.dumps(problem.to_dict()).encode()
        lines = (
            f"content-type: {MEDIA_TYPE}",
            f"content-length: {len(body)}",
            *("connection: close", "", ""),
        )
        head = STATUS_LINE[problem.status_code] + "\r\n".join(lines).encode()
        self.transport.write(head + body)
        self.transport.close()

    def _wait_for_reader(self) -> None:
        """Cut off a client that does not read on; an answer may wait in one piece to be sent."""
        before = self.transport.get_write_buffer_size()

        def look() -> None:
            if before - self.transport.get_write_buffer_size() < _MIN_PROGRESS_BYTES:
                self.transport.abort()
            else:
                self._wait_for_reader()

        self._disarm()
        self._timer = self.loop.call_later(self._limits.send_s, look)

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request on a connection too many."""
    problem = Problem(
        503,
        "overloaded",
        "too many connections.",
        retry_after_s=1,
        headers={"Connection": "close"},
    )
    await problem.to_response()(scope, receive, send)
