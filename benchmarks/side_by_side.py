"""What the benchmarks share: the corpora, their sides in processes of their own, how they end."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# This process imports nothing large: a child's peak memory begins at its parent's.

SIDES = Path(__file__).parent / "sides"
SHARED = Path(os.environ.get("NERBRIDGE_SHARED", Path(__file__).parents[1].parent / "shared"))


class SideFailed(Exception):
    """A child process ended with an error; its exit code is the argument."""


def run_side(name: str, *arguments: object) -> str:
    """The standard output of ``sides/NAME.py``; what it says besides is shown if it fails."""
    command = [sys.executable, str(SIDES / f"{name}.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip(), file=sys.stderr)
        raise SideFailed(done.returncode)
    return done.stdout


def machine() -> dict[str, Any]:
    """What the numbers depend on besides the code."""
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text(encoding="utf-8").splitlines() if cpus.exists() else []
    models = [line.split(": ", 1)[1] for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor(),
        "n_cores": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS", "all cores"),
        "load_average": os.getloadavg()[0],
        "versions": {
            name: importlib.metadata.version(name)
            for name in ("nerbridge", "torch", "transformers", "peft")
        },
    }


def say(asked: argparse.Namespace, message: str) -> None:
    """A line of progress, out of the way of the JSON."""
    print(message, file=sys.stderr if asked.json else sys.stdout, flush=True)


def run(
    asked: argparse.Namespace,
    measure: Callable[[argparse.Namespace, Path], dict[str, Any]],
    targets: Mapping[str, tuple[str, float]],
    *,
    corpus: Path | None = None,
) -> int:
    """Measure in a temporary folder, and print the result beside its targets; the exit code.

    Args:
        asked: the command line, with ``json``.
        measure: gives what is to be printed as JSON.
        targets: for a name in the result, the sign and number it is wanted to meet.
        corpus: a folder without which nothing can be measured.
    """
    if corpus is not None and not corpus.is_dir():
        print(
            f"error: no {corpus}; expected the shared corpora there. Set NERBRIDGE_SHARED to their "
            "folder, or try --quick.",
            file=sys.stderr,
        )
        return 2
    with tempfile.TemporaryDirectory() as folder:
        try:
            result = measure(asked, Path(folder))
        except SideFailed as failure:
            return int(failure.args[0])
    for name, (sign, target) in targets.items():
        if name in result:
            say(asked, f"{name} {result[name]} (target {sign} {target:.3g})")
    if asked.json:
        print(json.dumps(result))
    return 0
