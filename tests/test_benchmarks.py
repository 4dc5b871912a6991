"""The benchmark scripts run, and print the line they promise; the numbers mean nothing here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


def run_benchmark(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / "training.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_training_prints_its_ratios_as_json() -> None:
    done = run_benchmark("--quick", "--json")
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    result = json.loads(line)
    for method in ("lora", "full"):
        sides = result["raw"][method]
        speeds = {side: sides[side]["sentences_per_s"] for side in ("plain", "stage")}
        assert result[f"{method}_ratio"] == pytest.approx(
            speeds["stage"] / speeds["plain"], abs=1e-3
        )
        # Both sides start from the same loss up to their random heads: ln 7 = 1.95.
        assert all(1.5 < sides[side]["train_loss"] < 2.5 for side in ("plain", "stage"))
    assert 0 < result["full_memory_ratio"] < 2


def test_a_wrong_warm_up_is_refused() -> None:
    done = run_benchmark("--warm-up", "100")
    assert done.returncode == 2
    assert "--warm-up must be from 1 to 38" in done.stderr


def test_the_paper_stage_says_that_it_needs_a_gpu() -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = run_benchmark("--paper-stage", "--json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "no CUDA device" in done.stderr


def test_tagging_prints_its_ratios_as_json() -> None:
    command = [sys.executable, str(BENCHMARKS / "tagging.py"), "--quick", "--json", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    result = json.loads(line)
    better = result["raw"][result["better_pipeline"]]
    for name in ("fp32", "int8"):
        side = result["raw"][name]
        for what, key in (
            ("throughput", "sentences_per_s"),
            ("start", "start_s"),
            ("memory", "peak_memory_bytes"),
        ):
            assert result[f"{name}_{what}_ratio"] == pytest.approx(
                side[key] / better[key], abs=1e-3
            )
    same = result["same_entities"]
    assert same["exported"] == same["on_torch"] == same["the_same"] > 0
