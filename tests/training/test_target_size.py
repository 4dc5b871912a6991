"""The benchmark that cuts the target's training set down, on a finished tiny run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "target_size.py"

RECIPE = """
name = "tiny"
seeds = [1, 2]
data_root = "{data}"
encoder = {{id = "{encoder}"}}
lora = {{r = 4, lora_alpha = 8, target_modules = "all-linear"}}
target = {{path = "as", language = "as", script = "Beng"}}
sources = [
  {{path = "bn", language = "bn", script = "Beng"}},
  {{path = "hi", language = "hi", script = "Beng"}},
]
baseline = {{{stage}, learning_rate = 5e-3}}
transfer = {{{stage}, learning_rate = 2e-2}}
adapt = {{{stage}, learning_rate = 2e-2}}
"""
STAGE = 'epochs = 1, batch_size = 8, retries = 0, class_weights = "balanced"'


def test_every_size_stands_beside_zero_shot(finished: Any, tiny: Any, tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(RECIPE.format(data=tiny.data, encoder=tiny.encoder, stage=STAGE), "utf-8")
    command = [
        *(sys.executable, str(SCRIPT), str(recipe), "--reuse", str(finished.run.folder.path)),
        *("--output", str(tmp_path / "sizes"), "--sizes", "3", "8", "--seeds", "1,2", "--json"),
        *("--plot", str(tmp_path / "sizes.png")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {(row["row"], row["n_sentences"]): row for row in json.loads(done.stdout)}
    of_target = ("baseline", "adapt", "crf_target", "crf_all")
    assert sorted(found) == sorted(
        [("transfer", 0), ("crf_transfer", 0), *((row, k) for row in of_target for k in (3, 8))]
    )
    zero_shot = [
        finished.run.folder.read_result("transfer", seed).test.f1_strict for seed in (1, 2)
    ]
    assert found["transfer", 0]["f1"] == sum(zero_shot) / 2
    trained = json.loads((tmp_path / "sizes/k-8/results/baseline-1.json").read_text("utf-8"))
    assert trained["training"]["n_sentences"] == 8
    assert (tmp_path / "sizes.png").stat().st_size > 10_000


def test_a_failing_run_ends_it(tiny: Any, tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(RECIPE.format(data=tiny.data, encoder=tiny.encoder, stage=STAGE), "utf-8")
    command = [
        *(sys.executable, str(SCRIPT), str(recipe), "--reuse", str(tmp_path / "absent")),
        *("--output", str(tmp_path / "sizes"), "--sizes", "3", "--seeds", "1"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "no run folder" in done.stderr
    assert done.stdout == ""
