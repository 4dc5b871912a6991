from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nerbridge import platforms

LIMITS = """
import json, resource, sys
from nerbridge.platforms import limit_this_process, allow_many_open_files
allow_many_open_files()
limit_this_process(2**30, cpu_seconds=50)
names = ("RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_CPU")
print([resource.getrlimit(getattr(resource, name))[0] for name in names])
print(len(set(resource.getrlimit(resource.RLIMIT_NOFILE))))
"""


def test_cores_are_counted_with_and_without_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 3, 5}, raising=False)
    assert platforms.n_usable_cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert platforms.n_usable_cores() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert platforms.n_usable_cores() == 1


def test_memory_is_measured_with_resource_and_with_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psutil")
    found = platforms.peak_resident_bytes()
    assert 2**20 < found < 2**40
    monkeypatch.setitem(sys.modules, "resource", None)
    assert found / 4 < platforms.peak_resident_bytes() <= found * 1.1
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert platforms.peak_resident_bytes() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="Linux takes all limits")
def test_limits_are_set() -> None:
    done = subprocess.run([sys.executable, "-c", LIMITS], capture_output=True, text=True)
    assert done.stdout.splitlines() == [str([2**30, 0, 50]), "1"], done.stderr


def test_without_limits_the_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    platforms.limit_this_process(1, cpu_seconds=1)
    platforms.allow_many_open_files()


def test_a_limit_that_the_system_refuses_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(which: int, bounds: object) -> None:
        raise ValueError("current limit exceeds maximum limit")

    fake = SimpleNamespace(RLIMIT_AS=1, getrlimit=lambda which: (9, 9), setrlimit=refuse)
    monkeypatch.setitem(sys.modules, "resource", fake)  # type: ignore[arg-type]
    platforms.limit_this_process(2**30)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")
@pytest.mark.parametrize("has_groups", [True, False])
def test_a_process_is_killed(has_groups: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_groups:
        monkeypatch.delattr(os, "killpg")
    program = "import os, time; os.setpgid(0, 0); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        platforms.kill_with_children(process.pid)
        assert process.wait(10) == -signal.SIGKILL
    platforms.kill_with_children(process.pid)  # which is gone


def test_on_windows_its_own_tool_kills(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr(platforms, "IS_WINDOWS", True)
    monkeypatch.setattr(subprocess, "run", lambda command, **options: called.append(command))
    platforms.kill_with_children(77)
    assert called == [["taskkill", "/F", "/T", "/PID", "77"]]


def test_processes_start_from_a_server_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork", raising=False)
    context = platforms.process_context()
    assert context.get_start_method() == "spawn"
    platforms.preload_in_processes(context, ["json"])
    monkeypatch.undo()
    if "forkserver" in multiprocessing.get_all_start_methods():
        assert platforms.process_context().get_start_method() == "forkserver"


def test_interrupts_wait_where_they_can(monkeypatch: pytest.MonkeyPatch) -> None:
    if hasattr(signal, "pthread_sigmask"):
        with platforms.interrupts_held():
            assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
        monkeypatch.delattr(signal, "pthread_sigmask")
    with platforms.interrupts_held():
        pass


def test_a_port_is_not_shared_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bound:
        options: list[int] = []  # noqa: RUF012

        def setsockopt(self, level: int, option: int, value: int) -> None:
            self.options.append(option)

    bound: Any = Bound()
    platforms.claim_address(bound)
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)
    platforms.claim_address(bound)
    assert bound.options == [socket.SO_REUSEADDR, -5]


def test_the_processor_is_asked_where_the_system_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_there(path: Path, **options: object) -> str:
        raise FileNotFoundError(path)

    assert platforms.has_processor_flag("no-such-flag") in (False, None)
    monkeypatch.setattr(Path, "read_text", nothing_there)
    assert platforms.has_processor_flag("vnni") is None


@pytest.mark.parametrize(
    ("name", "is_device"),
    [("NUL", True), ("con.txt", True), ("COM1.jsonl", True), ("out.txt", False), ("নাম", False)],
)
def test_devices_of_windows_are_no_files(
    name: str, is_device: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not platforms.is_device_name(Path("folder") / name) or platforms.IS_WINDOWS
    monkeypatch.setattr(platforms, "IS_WINDOWS", True)
    assert platforms.is_device_name(Path("folder") / name) == is_device


def test_a_command_is_quoted_for_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["nerbridge", "tag", "my letters/a.txt"]
    assert platforms.quote_command(words) == "nerbridge tag 'my letters/a.txt'"
    monkeypatch.setattr(platforms, "IS_WINDOWS", True)
    assert platforms.quote_command(words) == 'nerbridge tag "my letters/a.txt"'


def test_forked_children_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(os, "register_at_fork", lambda **calls: told.append(calls), raising=False)
    platforms.call_in_forked_children(time.time)
    monkeypatch.delattr(os, "register_at_fork")
    platforms.call_in_forked_children(time.time)
    assert told == [{"after_in_child": time.time}]
