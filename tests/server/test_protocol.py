"""Connections that are slow, endless or no HTTP, on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn import Config, Server

from nerbridge.server.limits import Limits
from nerbridge.server.protocol import GuardedProtocol

LIMITS = Limits(receive_s=0.5, send_s=0.5, max_connections=8, max_document_bytes=2**20)
LARGE = b"x" * 50_000_000
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body it was sent; on /large with more than a socket holds."""
    content = LARGE if scope["path"] == "/large" else await Request(scope, receive).body()
    await PlainTextResponse(content)(scope, receive, send)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """uvicorn with the guarded protocol, in a thread."""
    guarded = cast(Any, partial(GuardedProtocol, limits=LIMITS))
    config = Config(
        application,
        http=guarded,
        port=0,
        lifespan="off",
        log_config=None,
        ws="none",
        timeout_keep_alive=1,
    )
    server = Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def connect(port: int) -> socket.socket:
    found = socket.create_connection(("127.0.0.1", port), timeout=5)
    found.settimeout(5)
    return found


def read_all(connection: socket.socket) -> bytes:
    """What comes until the other side closes, or resets."""
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def seconds_until_closed(connection: socket.socket) -> float:
    began = time.monotonic()
    read_all(connection)
    return time.monotonic() - began


def test_an_ordinary_request(port: int) -> None:
    with connect(port) as connection:
        for _ in range(2):
            connection.sendall(GET)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("sent", [b"", b"GE", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
def test_a_head_that_does_not_come_is_not_waited_for(port: int, sent: bytes) -> None:
    with connect(port) as connection:
        connection.sendall(sent)
        assert 0.3 < seconds_until_closed(connection) < 4


def test_a_head_that_comes_letter_by_letter_is_not_waited_for(port: int) -> None:
    began = time.monotonic()
    with connect(port) as connection, contextlib.suppress(OSError):
        for letter in GET * 10:
            connection.sendall(bytes([letter]))
            time.sleep(0.1)
            if time.monotonic() - began > 4:
                break
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("sent", [b"\r\n", b"\r\n\r\n"])
def test_empty_lines_after_an_answer_are_no_request(port: int, sent: bytes) -> None:
    """They end the wait for another request, without beginning one."""
    with connect(port) as connection:
        connection.sendall(GET)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK")
        time.sleep(0.1)
        connection.sendall(sent)
        assert 0.3 < seconds_until_closed(connection) < 4


def test_empty_lines_without_end_hold_no_connection(port: int) -> None:
    began = time.monotonic()
    with connect(port) as connection, contextlib.suppress(OSError):
        connection.sendall(GET)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK")
        while time.monotonic() - began < 4:
            connection.sendall(b"\r\n")
            time.sleep(0.1)
    assert time.monotonic() - began < 4


def test_a_request_behind_empty_lines(port: int) -> None:
    with connect(port) as connection:
        for _ in range(3):
            connection.sendall(b"\r\n" + GET)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK")


def test_an_endless_head_is_refused(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000)
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"application/problem+json" in answer


def test_many_headers_are_refused(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 20_000)
        assert read_all(connection).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\nX\r\n\r\n"])
def test_what_is_no_http_is_refused(port: int, sent: bytes) -> None:
    with connect(port) as connection:
        connection.sendall(sent)
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer


def test_endless_trailers_are_cut_off(port: int) -> None:
    sent = 0
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    with connect(port) as connection, contextlib.suppress(OSError):
        connection.sendall(head)
        while sent < 200_000_000:
            connection.sendall(b"X: " + b"a" * 100_000 + b"\r\n")
            sent += 100_000
    assert sent < 200_000_000


def test_a_client_that_does_not_read_is_cut_off(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(1.5)
        assert len(read_all(connection)) < len(LARGE)


@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
def test_a_client_that_reads_slowly_gets_everything(port: int, more: bytes) -> None:
    """Its answer waits in the server in one piece, for longer than an idle connection may."""
    n_bytes = 0
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**18)
        connection.settimeout(5)
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n" + more + b"\r\n")
        while n_bytes < len(LARGE) and (piece := connection.recv(2**20)):
            n_bytes += len(piece)
            time.sleep(len(piece) / 2**25)
    assert n_bytes > len(LARGE)


def test_connections_beyond_the_limit_are_told_so(port: int) -> None:
    with contextlib.ExitStack() as held:
        for _ in range(8):
            held.enter_context(connect(port))
        with connect(port) as connection:
            connection.sendall(GET)
            answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in answer.lower()
