"""``nerbridge serve``: what is checked before anything is served."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs nerbridge[serve]")

from nerbridge.client import Client
from server_process import Server
from tiny_tagger import write_tiny_tagger


def run(*arguments: str, environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "nerbridge", "serve", "--port", "0", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--model", "nowhere"], 1, "error: nowhere: no such model"),
        (["--model", "bundled:xx"], 1, "Available: bundled:as"),
        (["--model", "bundled:as", "--model", "bundled:as"], 2, "both would be called"),
        (["--report", "/dev/null/x"], 2, "no report there"),
        (["--host", "no host"], 2, "no such address"),
        (["--token-file", "/no/such/file"], 2, "cannot be read"),
        (["--port", "70000"], 2, "65535"),
    ],
)
def test_what_cannot_be_is_said_at_once(arguments: Sequence[str], code: int, said: str) -> None:
    found, out, shown = run(*arguments)
    assert (found, out) == (code, "")
    assert said in shown
    assert "Traceback" not in shown


def test_a_model_that_is_damaged_ends_it(tmp_path: Path) -> None:
    folder = write_tiny_tagger(tmp_path / "model")
    (folder / "model.onnx").write_bytes(b"nothing")
    code, out, shown = run("--model", str(folder))
    assert (code, out) == (1, "")
    assert "7 bytes, expected" in shown
    assert "error: a worker could not start" in shown


def test_a_map_that_leaves_out_a_type_is_said_without_a_traceback(tmp_path: Path) -> None:
    folder = write_tiny_tagger(tmp_path / "model")
    for name in ("config.json", "nerbridge.json"):
        content = (folder / name).read_text("utf-8")
        (folder / name).write_text(content.replace("LOC", "GPE"), "utf-8")
    code, out, shown = run("--model", str(folder), "--map-types", "X=PER")
    assert (code, out) == (1, "")
    assert "no type map names GPE" in shown
    assert "Traceback" not in shown
    assert "error: a worker could not start" in shown


def test_workers_that_die_while_they_start_are_not_replaced_for_ever(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'spawn_main' in str(sys.orig_argv) or 'forkserver' in str(sys.orig_argv):\n"
        "    os._exit(9)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    code, _, shown = run(environment=environment)
    assert code == 1
    assert shown.count("died (9)") == 3
    assert "error: 3 workers died, one after the other, before they were ready" in shown


def test_two_models_and_a_wide_open_door(tmp_path: Path) -> None:
    folder = write_tiny_tagger(tmp_path / "tiny")
    options = ("--model", str(folder), "-m", "bundled:as", "--host", "0.0.0.0")
    with Server(*options) as server:
        assert "warning: anybody who reaches 0.0.0.0" in server.text()
        models = server.http.get("/models").json()["models"]
        assert [(m["name"], m["is_default"]) for m in models] == [
            ("tiny", True),
            ("bundled:as", False),
        ]
        assert str(tmp_path) not in server.http.get("/models").text
        assert server.http.get("/models/tiny/card").json()["type"].endswith(":no-card")
        found = server.http.post("/tag", json={"text": "ৰমেন দাস"}).json()
        assert (found["model"], len(found["results"][0]["entities"])) == ("tiny", 1)


def test_quiet_logs_no_requests() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "nerbridge", "serve", "-q", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        with Client(f"http://127.0.0.1:{port}") as client:
            while not client.ready():
                time.sleep(0.05)
            client.tag("অসম")
        process.terminate()
        _, shown = process.communicate(timeout=60)
    assert shown == ""
