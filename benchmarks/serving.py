"""What `nerbridge serve` bears, and how fast it is against a thin wrapper around a pipeline.

**Load** (the default): clients that ask without pause, on sentences of a corpus, every answer
compared with what the tagger says. First for some minutes; then eight times as many clients as the
queue has room for; then SIGTERM under load; then a killed worker under load. Lost is a request that
was sent and not answered. What the killed worker held is lost with it; nothing else may be.

**--compare**: the same XLM-R-base-sized token classifier (random weights, the real vocabulary)
behind FastAPI and ``transformers.pipeline``, as people write it, and behind `nerbridge serve`, as
exported in float32 and in int8, at 1, 2, 4, … clients. The pipeline's best throughput has a 95th
percentile of latency; against it counts the most that nerbridge does within that.

    python benchmarks/serving.py --json
    python benchmarks/serving.py --compare --json
    python benchmarks/serving.py --quick           # does it run at all? The numbers mean nothing
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from side_by_side import SHARED, SIDES, SideFailed, machine, run, run_side, say
from tagging import make_models, read_texts

TARGETS = {"fp32_throughput_ratio": (">=", 1.0), "int8_throughput_ratio": (">=", 3.0)}
MAX_QUEUE = 64
_START_S = 120


class Server:
    """A server process on a free port, its log in a file, its memory sampled."""

    def __init__(self, command: list[str], work: Path, port: int) -> None:
        self.port, self.peak_bytes = port, 0
        self.log = work / f"server-{port}.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out)
        self._is_over = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Server:
        until = time.monotonic() + _START_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                self.process.kill()
                print(self.log.read_text("utf-8")[-4000:], file=sys.stderr)
                raise SideFailed(1)
            time.sleep(0.1)
        self._sampler.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self.process.terminate()
        self.process.wait(60)

    def answers(self) -> bool:
        """Whether it is ready."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def memory_bytes(self) -> int:
        """Resident memory of the process and all it started, shared pages counted each time."""
        return sum(resident_bytes(pid) for pid in family(self.process.pid))

    def workers(self) -> set[int]:
        """Workers that have started, whether or not they still live."""
        found = re.findall(r'"pid": (\d+), "message": "Application startup complete', self.text())
        return set(map(int, found))

    def text(self) -> str:
        """The log."""
        return self.log.read_text("utf-8")

    def _sample(self) -> None:
        while not self._is_over.wait(0.5):
            self.peak_bytes = max(self.peak_bytes, self.memory_bytes())


def family(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


def resident_bytes(pid: int) -> int:
    """Memory of a process; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf(
            "SC_PAGE_SIZE"
        )
    except OSError:
        return 0


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def nerbridge(model: str, work: Path, *options: str) -> Server:
    """`nerbridge serve`."""
    port = free_port()
    command = [sys.executable, "-m", "nerbridge", "serve", "--model", model, "--port", str(port)]
    return Server([*command, *options], work, port)


def ask(server: Server, work: Path, n_clients: int, seconds: float, *more: str) -> dict[str, Any]:
    """What clients say of a server."""
    where = ("--host", f"127.0.0.1:{server.port}", "--texts", work / "pairs.json")
    output = run_side(
        "serving_clients", *where, "--clients", n_clients, "--seconds", seconds, *more
    )
    found: dict[str, Any] = json.loads(output)
    return found


@contextmanager
def asking(server: Server, work: Path, *arguments: Any) -> Iterator[dict[str, Any]]:
    """The same, in the background, while the block does something; filled in when it ends."""
    found: dict[str, Any] = {}
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(ask, server, work, *arguments)
        time.sleep(3)
        yield found
        found.update(answer.result())


def load(asked: argparse.Namespace, work: Path) -> dict[str, Any]:
    """All four phases."""
    result: dict[str, Any] = {"machine": machine()}
    workers = ("--workers", str(asked.workers), "--max-queue", str(MAX_QUEUE))
    with nerbridge(asked.model, work, *workers) as server:
        before = server.memory_bytes()
        result["load"] = ask(server, work, asked.clients, asked.seconds)
        result["load"] |= {"before_bytes": before, "after_bytes": server.memory_bytes()}
        result["load"]["peak_bytes"] = server.peak_bytes
        show(asked, "load", result["load"])
        n_many = 8 * MAX_QUEUE * asked.workers
        result["overload"] = ask(server, work, n_many, asked.phase_s)
        result["overload"]["peak_bytes"] = server.peak_bytes
        show(asked, "overload", result["overload"])
        with asking(server, work, asked.clients, 60, "--until-refused") as found:
            server.process.send_signal(signal.SIGTERM)
        result["sigterm"] = {**found, "exit_code": server.process.wait(60)}
        show(asked, "sigterm", result["sigterm"])
    with nerbridge(asked.model, work, "--workers", "2") as server:
        result["killed_worker"] = kill_a_worker(asked, work, server)
        show(asked, "killed", result["killed_worker"])
    return result


def kill_a_worker(asked: argparse.Namespace, work: Path, server: Server) -> dict[str, Any]:
    """What clients see of it, and how long the worker is missed."""
    while len(server.workers()) < 2:
        time.sleep(0.1)
    with asking(server, work, asked.clients, asked.phase_s) as found:
        began, known = time.monotonic(), server.workers()
        os.kill(min(known), signal.SIGKILL)
        while server.workers() == known and time.monotonic() < began + _START_S:
            time.sleep(0.05)
        replaced_s = round(time.monotonic() - began, 2)
    return {**found, "replaced_s": replaced_s, "after": ask(server, work, asked.clients, 3)}


def show(asked: argparse.Namespace, name: str, found: dict[str, Any]) -> None:
    """A line for people."""
    say(
        asked,
        f"{name:9} {found['statuses']} wrong {found['n_wrong']} lost {found['n_lost']} "
        f"{found['requests_per_s']} requests/s p50 {found['p50_s']} p95 {found['p95_s']} "
        f"p99 {found['p99_s']} s",
    )


def compare(asked: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Throughput within the pipeline's own latency."""
    make_models(asked, work)
    sides = {name: measure(asked, work, name) for name in ("pipeline", "fp32", "int8")}
    best = max(sides["pipeline"], key=lambda row: row["requests_per_s"])
    result: dict[str, Any] = {"at_p95_s": best["p95_s"], "machine": machine(), "raw": sides}
    for name in ("fp32", "int8"):
        within = [row["requests_per_s"] for row in sides[name] if row["p95_s"] <= best["p95_s"]]
        ratio = max(within, default=0.0) / best["requests_per_s"]
        result[f"{name}_throughput_ratio"] = round(ratio, 3)
    return result


def measure(asked: argparse.Namespace, work: Path, name: str) -> list[dict[str, Any]]:
    """One side, with more and more clients."""
    if name == "pipeline":
        port = free_port()
        side = [sys.executable, str(SIDES / "serving_pipeline.py"), "--port", str(port)]
        server = Server([*side, "--model", str(work / "model")], work, port)
    else:
        server = nerbridge(str(work / name), work, "--quiet")
    rows = []
    with server:
        ask(server, work, 2, min(5, asked.phase_s))  # warm
        n_clients = 1
        while n_clients <= asked.clients:
            rows.append(ask(server, work, n_clients, asked.phase_s))
            show(asked, name, rows[-1])
            n_clients *= 2
    return rows


def write_pairs(asked: argparse.Namespace, work: Path) -> None:
    """Texts, and (under load) what the tagger finds in them."""
    texts = read_texts(asked.corpus)
    (work / "texts.json").write_text(json.dumps(texts), "utf-8")
    expected: list[Any] = [None] * len(texts)
    if not asked.compare:
        program = (
            "import json, pathlib, sys; from nerbridge.tagging import Tagger\n"
            "texts = json.loads(pathlib.Path(sys.argv[1]).read_text('utf-8'))\n"
            "print(json.dumps([[[e.type, e.text, e.start_char, e.end_char, e.score] for e in found]"
            " for found in Tagger.load(sys.argv[2]).tag_many(texts)]))"
        )
        command = [sys.executable, "-c", program, str(work / "texts.json"), asked.model]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        expected = json.loads(done.stdout)
    pairs = list(zip(texts, expected, strict=True))
    (work / "pairs.json").write_text(json.dumps(pairs), "utf-8")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON last")
    parser.add_argument("--compare", action="store_true", help="against a pipeline")
    parser.add_argument("--model", default="bundled:as", help="under load")
    parser.add_argument("--clients", type=int, default=64, help="at the same time; at most")
    parser.add_argument("--seconds", type=float, default=300, help="of load")
    parser.add_argument("--phase-s", type=float, default=20, help="of every other measurement")
    parser.add_argument("--workers", type=int, default=1, help="of the server, under load")
    parser.add_argument("--quick", action="store_true", help="a smoke test of a few seconds")
    asked = parser.parse_args()
    has_corpus = (SHARED / "data" / "asner_as").is_dir()
    small = asked.quick or not (asked.compare or has_corpus)
    asked.corpus = "bundled:as" if small else str(SHARED / "data" / "asner_as")
    if asked.quick:
        asked.clients, asked.seconds, asked.phase_s = 4, 2, 2
    return asked


def measure_all(asked: argparse.Namespace, work: Path) -> dict[str, Any]:
    """The figures that were asked for."""
    write_pairs(asked, work)
    return compare(asked, work) if asked.compare else load(asked, work)


def main() -> int:
    asked = read_arguments()
    needs_corpus = asked.compare and not asked.quick
    return run(asked, measure_all, TARGETS, corpus=Path(asked.corpus) if needs_corpus else None)


if __name__ == "__main__":
    sys.exit(main())
