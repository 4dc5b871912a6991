"""A real `nerbridge serve`, as a process with its port, its log and its workers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import httpx2

START_S = 180


class Server:
    """``nerbridge serve`` with some options on a free port; ends with the block."""

    def __init__(self, *options: str, **environment: str) -> None:
        self.log: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nerbridge", "serve", "--port", "0", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
            # Tests that run in the background inherit an ignored SIGINT.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Server:
        self.url = self._find_url()
        self.http = httpx2.Client(base_url=self.url, timeout=30)
        self.wait_until(self.is_ready)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()
        self.stop()

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def is_ready(self) -> bool:
        try:
            return self.http.get("/ready").status_code == 200
        except httpx2.TransportError:
            return False

    def terminate(self) -> None:
        """Send SIGTERM, and go on."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """End it; its exit code."""
        if self.process.poll() is None:
            self.terminate()
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()
            self._reader.join(5)

    def wait_until(self, is_so: Callable[[], object], seconds: float = START_S) -> None:
        until = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < until, self.text()
            assert self.process.poll() is None, self.text()
            time.sleep(0.05)

    def worker_pids(self) -> set[int]:
        """The workers that have started, from the log; some may have ended."""
        return {line["pid"] for line in self.events() if "startup complete" in line["message"]}

    def events(self) -> list[dict[str, Any]]:
        """The lines of the log that are JSON."""
        return [json.loads(line) for line in list(self.log) if line.startswith("{")]

    def requests(self) -> list[dict[str, Any]]:
        """What the log says of requests."""
        return [event for event in self.events() if event["message"] == "request"]

    def text(self) -> str:
        return "".join(self.log)

    def _find_url(self) -> str:
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            for line in list(self.log):
                if found := re.search(r" on (http://\S+) \(Ctrl-C to stop\)", line):
                    # Tests may connect to loopback alone.
                    return found.group(1).replace("0.0.0.0", "127.0.0.1")
            assert self.process.poll() is None, self.text()
            time.sleep(0.02)
        raise AssertionError(self.text())

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
