"""Workers: their errors arrive, their deaths are noticed, and they outlive nobody."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nerbridge.errors import CorpusError, RunError
from nerbridge.io.toml import to_toml
from nerbridge.training.experiment import run_seed
from nerbridge.training.run import StageProgress
from nerbridge.training.workers import run_in_workers


@pytest.mark.slow
def test_a_worker_s_error_arrives_as_it_is(tiny: Any, tmp_path: Path) -> None:
    recipe = tiny.recipe(data_root=str(tmp_path / "absent"))
    with pytest.raises(CorpusError, match="absent"):
        run_in_workers(run_seed, recipe, tmp_path / "run", 1, lambda _: None)
    assert multiprocessing.active_children() == []


@pytest.mark.slow
def test_a_killed_worker_is_noticed(tiny: Any, tmp_path: Path) -> None:
    def kill(_: StageProgress) -> None:
        for worker in multiprocessing.active_children():
            os.kill(worker.pid or 0, signal.SIGKILL)

    recipe = tiny.recipe(seeds=[1], baseline={"epochs": 50})
    with pytest.raises(RunError, match=r"SIGKILL.*Repeat the command"):
        run_in_workers(run_seed, recipe, tmp_path / "run", 1, kill)
    assert multiprocessing.active_children() == []


@pytest.fixture
def command(tiny: Any, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`nerbridge run` with two workers busy for long, in a process group of its own."""
    recipe = tmp_path / "recipe.toml"
    long = tiny.recipe(baseline={"epochs": 1}, transfer={"epochs": 500}, reference={"crf": False})
    recipe.write_text(to_toml(long.to_dict()), "utf-8")
    arguments = ["run", str(recipe), "--jobs", "2", "--output", str(tmp_path / "run")]
    process = subprocess.Popen(
        [sys.executable, "-m", "nerbridge", *arguments],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        # Tests that run in the background inherit an ignored SIGINT; a terminal's command does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    yield process
    if members(process.pid):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def members(group: int) -> list[int]:
    """Living processes of a group."""
    shown = subprocess.run(
        ["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True
    )
    lines = [line.split() for line in shown.stdout.splitlines()]
    return [int(pid) for pid, pgid, state in lines if int(pgid) == group and state[0] != "Z"]


def wait_for_both_seeds(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    seen: set[str] = set()
    while seen != {"1", "2"}:
        line = process.stderr.readline()
        assert line, "ended too early"
        if line.startswith("baseline"):
            seen.add(line.split()[2])


def is_soon_empty(group: int) -> bool:
    deadline = time.monotonic() + 20
    while members(group) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not members(group)


@pytest.mark.slow
def test_ctrl_c_ends_all_of_them_with_one_message(command: subprocess.Popen[str]) -> None:
    wait_for_both_seeds(command)
    assert len(members(command.pid)) >= 3
    os.killpg(command.pid, signal.SIGINT)  # as a terminal does
    out, err = command.communicate(timeout=60)
    assert command.returncode == 130
    assert out == ""
    assert err.startswith("Interrupted. Finished models are kept. To resume: nerbridge run ")
    assert err.count("\n") == 1
    assert is_soon_empty(command.pid)


@pytest.mark.slow
def test_a_killed_command_leaves_no_workers_behind(command: subprocess.Popen[str]) -> None:
    wait_for_both_seeds(command)
    command.kill()
    command.wait()
    assert is_soon_empty(command.pid)
