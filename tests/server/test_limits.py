"""Bodies: declared, chunked, slow, too many at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from nerbridge.server.limits import MIN_PROGRESS_BYTES, Buffers, ClientGone, Limits
from nerbridge.server.problems import Problem

LIMITS = Limits(receive_s=0.2, max_bytes=100, max_document_bytes=100)


def channel(pieces: Sequence[bytes | None], pause_s: float = 0.0) -> Callable[[], Any]:
    """An ASGI channel that gives pieces of a body; None for a client that goes away."""
    left = list(pieces)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause_s)
        piece = left.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    return receive


def read(
    pieces: Sequence[bytes | None], declared: bytes | None = None, pause_s: float = 0.0
) -> tuple[bytes, int]:
    """The body, and what the buffers count after it, or after the error."""
    buffers = Buffers(LIMITS)
    try:
        body = asyncio.run(buffers.read(channel(pieces, pause_s), declared, 100))
    except (Problem, ClientGone):
        assert buffers.n_bytes == 0
        raise
    return body, buffers.n_bytes


def test_a_body_in_pieces() -> None:
    assert read([b"ab", b"", b"c"]) == (b"abc", 3)
    assert read([b"x" * 100], declared=b"100") == (b"x" * 100, 100)


@pytest.mark.parametrize("declared", [b"101", b"1073741824", b"9" * 5000, b"-1", b"x", b""])
def test_a_declared_length_is_believed_at_once(declared: bytes) -> None:
    with pytest.raises(Problem) as refusal:
        read([], declared)
    assert refusal.value.status_code == 413


def test_a_body_that_is_larger_than_declared_is_cut_off() -> None:
    with pytest.raises(Problem) as refusal:
        read([b"x" * 60] * 1000, declared=b"60")
    assert refusal.value.status_code == 413


def test_a_slow_body_is_not_waited_for() -> None:
    with pytest.raises(Problem) as refusal:
        read([b"x"] * 50, pause_s=0.05)
    assert refusal.value.status_code == 408


def test_a_large_body_may_come_slowly_as_long_as_it_comes() -> None:
    buffers = Buffers(Limits(receive_s=1))
    pieces = [b"x" * MIN_PROGRESS_BYTES] * 5
    body = asyncio.run(buffers.read(channel(pieces, pause_s=0.3), None, 2**30))
    assert body == b"".join(pieces)


def test_a_large_body_that_trickles_is_not_waited_for() -> None:
    pieces = [b"x" * MIN_PROGRESS_BYTES, *[b"x" * (MIN_PROGRESS_BYTES // 10)] * 100]
    buffers = Buffers(Limits(receive_s=0.2))
    with pytest.raises(Problem) as refusal:
        asyncio.run(buffers.read(channel(pieces, pause_s=0.1), None, 2**30))
    assert (refusal.value.status_code, buffers.n_bytes) == (408, 0)


def test_a_server_that_ends_waits_for_no_large_body() -> None:
    buffers = Buffers(Limits(receive_s=0.2))

    async def read() -> bytes:
        asyncio.get_running_loop().call_later(0.15, buffers.end)
        pieces = [b"x" * MIN_PROGRESS_BYTES] * 60
        return await buffers.read(channel(pieces, pause_s=0.1), None, 2**30)

    began = time.monotonic()
    with pytest.raises(Problem) as refusal:
        asyncio.run(read())
    assert (refusal.value.status_code, buffers.n_bytes) == (408, 0)
    assert time.monotonic() - began < 3


def test_a_client_that_goes_away() -> None:
    with pytest.raises(ClientGone):
        read([b"x", None])


def test_all_bodies_together_are_bounded() -> None:
    buffers = Buffers(LIMITS)
    n_held = LIMITS.max_buffered_bytes // 100
    for _ in range(n_held):
        asyncio.run(buffers.read(channel([b"x" * 100]), None, 100))
    with pytest.raises(Problem) as refusal:
        asyncio.run(buffers.read(channel([b"x"]), None, 100))
    assert (refusal.value.status_code, refusal.value.headers["Retry-After"]) == (503, "1")  # type: ignore[index]
    buffers.release(100)
    assert asyncio.run(buffers.read(channel([b"x"]), None, 100)) == b"x"
