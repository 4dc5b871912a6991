"""Tagging, serving and training where the operating system lacks what Linux has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nerbridge.corpus import read_corpus
from nerbridge.corpus.writing import write_sentences
from server_process import Server
from tiny_tagger import write_tiny_tagger

SITE = Path(__file__).parent / "other_system"
TEXT = "ৰমেন দাস গুৱাহাটীত থাকে।"
TOGETHER = {  # what is missing at the same time, or not at all
    "forks": ("os.fork", "os.forkpty", "os.register_at_fork"),
    "groups": ("os.killpg", "os.setpgid", "os.setsid"),
    "limits": ("resource",),
    "cores": ("os.sched_getaffinity", "os.sysconf", "os.getloadavg", "proc"),
    "signals": (
        *("signal.SIGALRM", "signal.SIGHUP", "signal.SIGKILL", "signal.SIGUSR1", "signal.alarm"),
        "signal.pthread_sigmask",
    ),
    "waiting": ("select.epoll", "select.poll", "socket.SO_REUSEPORT", "os.posix_spawn"),
    "users": ("grp", "os.geteuid", "os.getuid", "pwd"),
    "terminals": ("termios", "tty", "pty"),
    "file calls": ("fcntl", "os.O_DIRECTORY", "os.fchmod", "os.mkfifo", "os.statvfs"),
    "file habits": ("fsync", "open files", "permissions", "symlinks"),
}
EVERYTHING = [name for names in TOGETHER.values() for name in names]
# What a server asks for, beside what tagging does.
SERVING = ("forks", "groups", "limits", "signals", "waiting")
# Libraries that training needs ask for these on every system but Windows.
ASKED_BY_LIBRARIES = {
    *("os.register_at_fork", "os.statvfs", "os.sysconf", "resource", "signal.SIGKILL"),
    *TOGETHER["terminals"],
}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="takes away what Linux has")


def other_system(*missing: str) -> dict[str, str]:
    """The environment of a process that lacks these."""
    return {**os.environ, "PYTHONPATH": str(SITE), "OTHER_SYSTEM": ",".join(missing)}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_tagger(tmp_path_factory.mktemp("model") / "tiny")


def nerbridge(*arguments: object, missing: tuple[str, ...], cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nerbridge", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env={**other_system(*missing), "OMP_NUM_THREADS": "1", "NERBRIDGE_DEBUG": "1"},
        cwd=cwd,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def tag(model: Path, folder: Path, *missing: str) -> None:
    """A file is tagged into another, over one that is there."""
    (folder / "in.txt").write_text(TEXT, encoding="utf-8")
    (folder / "out.jsonl").write_text("old", encoding="utf-8")
    command = ("tag", "in.txt", "-m", model, "-o", "out.jsonl", "--overwrite")
    nerbridge(*command, missing=missing, cwd=folder)
    (line,) = (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [entity["type"] for entity in json.loads(line)["entities"]] == ["PER", "LOC"]


def serve(model: Path, *missing: str) -> None:
    """A text and a document are answered, and the server ends when it is told."""
    with Server("-m", str(model), **other_system(*missing)) as server:
        answer = server.http.post("/tag", json={"texts": [TEXT]})
        assert answer.status_code == 200, (answer.text, server.text())
        page = f"<html><body><p>{TEXT}</p></body></html>"
        files = {"file": ("a.html", page.encode(), "text/html")}
        answer = server.http.post("/tag/document", files=files)
        assert answer.status_code == 200, (answer.text, server.text())
    assert server.process.returncode == 0


RECIPE = """
name = "tiny"
seeds = [1, 2]
encoder.id = "encoder"
lora = {r = 4, lora_alpha = 8, target_modules = "all-linear"}
target = {path = "as", language = "as", script = "Beng"}
sources = [{path = "bn", language = "bn", script = "Beng"}]
baseline = {epochs = 1, batch_size = 8, learning_rate = 5e-3, retries = 0}
transfer = {epochs = 1, batch_size = 8, learning_rate = 5e-3, retries = 0}
adapt = {epochs = 1, batch_size = 8, learning_rate = 5e-3, retries = 0}
"""


def train(folder: Path, *missing: str) -> None:
    """Two seeds are trained at a time; the same command then finds them trained."""
    pytest.importorskip("torch")
    from hub_standin import write_tiny_encoder

    texts = []
    for language in ("as", "bn"):
        for split, sentences in read_corpus(f"bundled:{language}").splits.items():
            write_sentences(folder / language / f"{split}.conll", sentences[:12])
            texts += [" ".join(sentence.words) for sentence in sentences[:12]]
    write_tiny_encoder(folder / "encoder", texts)
    (folder / "tiny.toml").write_text(RECIPE, encoding="utf-8")
    for _ in range(2):
        nerbridge("run", "tiny.toml", "-o", "run", "--jobs", 2, missing=missing, cwd=folder)
    found = {path.name for path in (folder / "run" / "models").iterdir()}
    assert {"baseline-1", "baseline-2", "adapt-1", "adapt-2"} <= found


PRETENDING = """
import asyncio, ctypes, multiprocessing.connection, platform, socket, subprocess, sys, tempfile
import urllib.request, webbrowser
import huggingface_hub, lxml.html, numpy, onnxruntime, pydantic, regex, rich.console, safetensors
import tokenizers, typer, typer.testing
import sysconfig
sysconfig.get_config_vars()
sys.platform = sys.argv.pop(1)  # what is above has asked already
from nerbridge.cli.app import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_a_system_of_another_name(system: str, model: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PRETENDING, encoding="utf-8")
    (tmp_path / "in.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "in.html").write_text(f"<p>{TEXT}</p>", encoding="utf-8")
    (tmp_path / "in.conll").write_bytes("ৰমেন\tB-PER\r\nদাস\tI-PER\r\n".encode())
    for command in (
        ("tag", "in.txt", "in.html", "-m", model, "-o", "out.jsonl"),
        ("tag", "in.txt", "-m", model, "-o", "out.jsonl", "--overwrite"),
        ("data", "convert", "in.conll", "out.csv"),
        ("data", "audit", "bundled:as"),
    ):
        arguments = [sys.executable, "program.py", system, *map(str, command)]
        done = subprocess.run(arguments, capture_output=True, encoding="utf-8", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert "ৰমেন" in (tmp_path / "out.csv").read_text(encoding="utf-8")
    arguments = [sys.executable, "program.py", "win32", "tag", "in.txt", "-o", "NUL.jsonl"]
    done = subprocess.run(arguments, capture_output=True, encoding="utf-8", cwd=tmp_path)
    assert (done.returncode, "a device or a pipe was found" in done.stderr) == (2, True)


@pytest.mark.parametrize("missing", TOGETHER)
def test_tagging_lacks_some_things(missing: str, model: Path, tmp_path: Path) -> None:
    tag(model, tmp_path, *TOGETHER[missing])


@pytest.mark.slow
@pytest.mark.parametrize("missing", SERVING)
def test_serving_lacks_some_things(missing: str, model: Path) -> None:
    serve(model, *TOGETHER[missing])


@pytest.mark.slow
def test_tagging_and_serving_lack_everything(model: Path, tmp_path: Path) -> None:
    tag(model, tmp_path, *EVERYTHING)
    serve(model, *EVERYTHING)


@pytest.mark.slow
def test_training_lacks_everything(tmp_path: Path) -> None:
    train(tmp_path, *sorted(set(EVERYTHING) - ASKED_BY_LIBRARIES))
