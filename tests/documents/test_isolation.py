"""Work that hangs, crashes or swells, in processes of its own."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nerbridge.documents import read_document
from nerbridge.documents.isolation import Failed, TookTooLong, _receive, run_isolated
from nerbridge.errors import DocumentError


def test_a_result_comes_back() -> None:
    document = run_isolated(20, read_document, b"abc", name="a.txt")
    assert (document.text, document.name) == ("abc", "a.txt")
    assert run_isolated(20, os.getpid) != os.getpid()


def test_errors_of_the_tree_come_back() -> None:
    with pytest.raises(DocumentError, match=r"a\.pdf"):
        run_isolated(20, read_document, b"%PDF-1.4", name="a.pdf")


def test_what_hangs_is_killed() -> None:
    began = time.monotonic()
    with pytest.raises(TookTooLong):
        run_isolated(0.5, time.sleep, 60)
    assert time.monotonic() - began < 10


def test_what_it_started_is_killed_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    program = f"import time, pathlib; time.sleep(2); pathlib.Path({str(mark)!r}).touch()"
    with pytest.raises(TookTooLong):
        run_isolated(0.7, subprocess.call, [sys.executable, "-c", program])
    time.sleep(2)
    assert not mark.exists()


def test_what_crashes_or_swells_or_fails_is_said() -> None:
    for function, argument, cause in (
        (os.abort, None, ""),
        (signal.raise_signal, signal.SIGSEGV, ""),
        (bytearray, 5 * 2**30, "MemoryError"),
        (int, "no number", "ValueError"),
    ):
        with pytest.raises(Failed) as failure:
            run_isolated(20, function, *([] if argument is None else [argument]))
        assert failure.value.cause == cause


def test_what_is_killed_while_it_answers_has_failed() -> None:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    with receiver:
        with sender:  # a message of 100 bytes, of which three come
            os.write(sender.fileno(), struct.pack("!i", 100) + b"abc")
        assert isinstance(_receive(receiver, 5), Failed)


def test_what_fails_unexpectedly_leaves_its_place_and_not_its_words() -> None:
    with pytest.raises(Failed) as failure:
        run_isolated(20, json.loads, "গোপন কথা")
    assert failure.value.cause == "JSONDecodeError"
    assert "raw_decode" in failure.value.where[-1]
    assert "গোপন" not in repr(failure.value)


def test_a_large_argument_and_a_large_result() -> None:
    assert len(run_isolated(20, bytes.upper, b"a" * 20_000_000)) == 20_000_000


def test_a_document_is_isolated_once() -> None:
    assert run_isolated(20, run_isolated, 20, os.getpid) != run_isolated(20, os.getpid)
    assert run_isolated(20, _is_direct)


def _is_direct() -> bool:
    return run_isolated(20, os.getpid) == os.getpid()


SCRIPT = """
from pathlib import Path
from nerbridge.documents import read_document
print(read_document(Path("a.pdf"), name="a.pdf").text)
"""


def test_a_script_without_a_guard_and_a_folder_with_modules(
    tmp_path: Path, simple_pdf: Callable[..., bytes]
) -> None:
    """The script is run once, and no file of the current folder is taken for Python's own."""
    (tmp_path / "script.py").write_text(SCRIPT)
    here = tmp_path / "here"
    here.mkdir()
    (here / "random.py").write_text("import os; os.write(2, b'taken')")
    (here / "a.pdf").write_bytes(simple_pdf(["Office"]))
    ran = subprocess.run(
        [sys.executable, str(tmp_path / "script.py")],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout.split(), ran.stderr) == (["Office"], "")
