"""The server as processes: signals, killed workers, full queues, tokens."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from nerbridge.errors import EnvironmentProblem, InputError
from nerbridge.server.processes import bind, url_of
from server_process import Server

TEXT = "ভূপেন হাজৰিকাৰ জন্ম শদিয়াত হৈছিল। " * 20
TOKEN = "a-token-of-some-length"


class Load:
    """Clients that ask, one request after the other, until they are refused."""

    def __init__(self, url: str, n_clients: int) -> None:
        self.statuses: Counter[int] = Counter()
        self.lost: list[str] = []
        self.problems: list[str] = []
        self._url = url
        self._threads = [threading.Thread(target=self._ask) for _ in range(n_clients)]
        self._lock = threading.Lock()

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        for thread in self._threads:
            thread.join(60)

    def _ask(self) -> None:
        with httpx2.Client(base_url=self._url, timeout=30) as http:
            status = 200
            while status == 200:
                try:
                    answer = http.post("/tag", json={"text": TEXT})
                except httpx2.ConnectError:
                    return  # refused: nothing was accepted
                except httpx2.TransportError as error:
                    with self._lock:
                        self.lost.append(repr(error))
                    return
                status = answer.status_code
                with self._lock:
                    self.statuses[status] += 1
                    if status == 200 and not answer.json()["results"][0]["entities"]:
                        self.problems.append(answer.text)
                    if status != 200 and "Retry-After" not in answer.headers:
                        self.problems.append(answer.text)


@pytest.mark.slow
def test_sigterm_under_load_loses_no_accepted_request() -> None:
    with Server("--workers", "2", "--threads", "1") as server:
        with Load(server.url, 16) as load:
            server.wait_until(lambda: load.statuses[200] > 40)
            server.terminate()
        assert server.stop() == 0
        with pytest.raises(httpx2.ConnectError):
            server.http.get("/health")
    assert (load.lost, load.problems) == ([], [])
    assert set(load.statuses) <= {200, 503}
    assert load.statuses[503] > 0


def test_what_is_being_tagged_at_sigterm_is_finished_and_new_is_refused() -> None:
    with Server() as server, ThreadPoolExecutor(1) as threads:
        long = threads.submit(server.http.post, "/tag", json={"texts": [TEXT * 20] * 4})
        time.sleep(0.2)
        with httpx2.Client(base_url=server.url) as other:
            assert other.get("/health").status_code == 200
            server.terminate()
            server.wait_until(lambda: other.get("/ready").status_code == 503)
            answer = other.post("/tag", json={"text": TEXT})
            assert (answer.status_code, answer.json()["type"][-13:]) == (503, "shutting-down")
            assert answer.headers["Retry-After"]
            assert other.get("/health").status_code == 200
        assert long.result().status_code == 200
        assert server.stop() == 0


@pytest.mark.slow
def test_a_killed_worker_is_replaced() -> None:
    with Server("--workers", "2", "--threads", "1") as server:
        server.wait_until(lambda: len(server.worker_pids()) == 2)
        first = server.worker_pids()
        killed = min(first)
        os.kill(killed, signal.SIGKILL)
        server.wait_until(lambda: len(server.worker_pids()) == 3)
        for _ in range(8):
            with httpx2.Client(base_url=server.url) as http:
                assert http.post("/tag", json={"text": TEXT}).status_code == 200
        assert "nerbridge_workers 2.0" in server.http.get("/metrics").text


def test_orphans_end_with_their_supervisor() -> None:
    with Server() as server:
        [pid] = server.worker_pids()
        server.process.kill()
        server.process.wait()
        until = time.monotonic() + 60
        while Path(f"/proc/{pid}").exists() and "Z" not in state_of(pid):
            assert time.monotonic() < until
            time.sleep(0.1)


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"


def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    with Server("--max-queue", "2", "--threads", "1") as server:
        with ThreadPoolExecutor(32) as threads:
            asked = [
                threads.submit(server.http.post, "/tag", json={"text": TEXT}) for _ in range(200)
            ]
            answers = [one.result() for one in asked]
        assert {answer.status_code for answer in answers} == {200, 503}
        for answer in answers:
            if answer.status_code == 503:
                assert answer.json()["type"] == "urn:nerbridge:problem:queue-full"
                assert int(answer.headers["Retry-After"]) > 0
        assert "nerbridge_queue_requests 0.0" in server.http.get("/metrics").text


def test_a_request_that_takes_too_long_is_given_up() -> None:
    with Server("--max-seconds", "0.2", "--threads", "1") as server:
        answer = server.http.post("/tag", json={"texts": [TEXT * 100] * 4})
        assert (answer.status_code, answer.json()["type"][-8:]) == (503, ":timeout")
        server.wait_until(lambda: server.http.post("/tag", json={"text": "অসম"}).status_code == 200)


def test_what_a_model_cannot_read_is_said_to_the_client_and_not_in_the_log() -> None:
    with Server() as server:
        text = "The minister will visit the old town with her friends on Monday"
        (result,) = server.http.post("/tag", json={"texts": [text]}).json()["results"]
        assert "such as English" in result["notices"][0]
        assert "ScriptWarning" not in server.text()


def test_ctrl_c_ends_it() -> None:
    with Server() as server:
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(60) in (0, 130)
        assert "Traceback" not in server.text()


def test_a_token() -> None:
    with Server(NERBRIDGE_TOKEN=TOKEN) as server:
        given = {"Authorization": f"Bearer {TOKEN}"}
        for path in ("/models", "/metrics", "/openapi.json", "/report", "/no/such"):
            assert server.http.get(path).status_code == 401
        assert server.http.get("/models", headers=given).status_code == 200
        for wrong in (
            "Bearer x",
            f"Bearer {TOKEN}x",
            f"Basic {TOKEN}",
            TOKEN,
            "Bearer",
            "Bearer é",
        ):
            answer = server.http.post(
                "/tag", json={"text": "a"}, headers={"Authorization": wrong.encode()}
            )
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        for path in ("/", "/health", "/ready"):
            assert server.http.get(path).status_code == 200
        assert server.http.get("/static/../models").status_code == 401
        description = server.http.get("/openapi.json", headers=given).json()
        assert description["paths"]["/tag"]["post"]["security"] == [{"token": []}]
        assert description["paths"]["/health"]["get"]["security"] == []
        assert TOKEN not in server.text()


def test_a_port_in_use_and_a_host_of_others() -> None:
    with bind("127.0.0.1", 0) as bound:
        bound.listen()
        port = bound.getsockname()[1]
        assert url_of(bound) == f"http://127.0.0.1:{port}"
        with pytest.raises(EnvironmentProblem, match=rf"127\.0\.0\.1:{port}: cannot be used"):
            bind("127.0.0.1", port)
    with pytest.raises(EnvironmentProblem, match="Cannot assign"):
        bind("192.0.2.1", 0)
    with pytest.raises(InputError, match="no such address"):
        bind("no host", 0)
    if socket.has_ipv6:
        try:
            with bind("::1", 0) as bound:
                assert url_of(bound).startswith("http://[::1]:")
        except EnvironmentProblem:
            pytest.skip("no IPv6 on this machine")
