"""Work that hangs, crashes or swells, in processes of its own."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nerbridge.documents import read_document
from nerbridge.errors import DocumentError
from nerbridge.server.isolation import _receive, prepare, run_isolated
from nerbridge.server.logs import FACTS
from nerbridge.server.problems import Problem

prepare("nerbridge.documents")


def isolated(function: Any, *arguments: Any, seconds: float = 20) -> Any:
    return asyncio.run(run_isolated(seconds, function, *arguments))


def test_a_result_comes_back() -> None:
    document = asyncio.run(run_isolated(20, read_document, b"abc", name="a.txt"))
    assert (document.text, document.name) == ("abc", "a.txt")
    assert isolated(os.getpid) != os.getpid()


def test_errors_of_the_tree_come_back() -> None:
    with pytest.raises(DocumentError, match=r"a\.pdf"):
        asyncio.run(run_isolated(20, read_document, b"%PDF-1.4", name="a.pdf"))


def test_what_hangs_is_killed() -> None:
    began = time.monotonic()
    with pytest.raises(Problem) as refusal:
        isolated(time.sleep, 60, seconds=0.5)
    assert time.monotonic() - began < 10
    assert (refusal.value.status_code, refusal.value.kind) == (503, "timeout")


def test_what_it_started_is_killed_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    program = f"import time, pathlib; time.sleep(2); pathlib.Path({str(mark)!r}).touch()"
    with pytest.raises(Problem):
        isolated(subprocess.call, [sys.executable, "-c", program], seconds=0.7)
    time.sleep(2)
    assert not mark.exists()


def test_what_crashes_or_swells_or_fails_is_the_documents_fault() -> None:
    for function, argument in (
        (os.abort, None),
        (signal.raise_signal, signal.SIGSEGV),
        (bytearray, 5 * 2**30),
        (int, "no number"),
    ):
        with pytest.raises(Problem) as refusal:
            isolated(function, *([] if argument is None else [argument]))
        assert (refusal.value.status_code, refusal.value.kind) == (422, "unreadable-document")


def test_what_is_killed_while_it_answers_is_the_documents_fault() -> None:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    with receiver:
        with sender:  # a message of 100 bytes, of which three come
            os.write(sender.fileno(), struct.pack("!i", 100) + b"abc")
        found = _receive(receiver, 5)
    assert isinstance(found, Problem)
    assert (found.status_code, found.kind) == (422, "unreadable-document")


def test_what_fails_unexpectedly_is_in_the_log_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(Problem):
        isolated(json.loads, "গোপন কথা")
    [record] = caplog.records
    facts = getattr(record, FACTS)
    assert facts["error"] == "JSONDecodeError"
    assert "raw_decode" in facts["where"][-1]
    assert "গোপন" not in json.dumps(facts, ensure_ascii=False) + record.getMessage()


def test_a_large_argument_and_a_large_result() -> None:
    assert len(isolated(bytes.upper, b"a" * 20_000_000)) == 20_000_000
