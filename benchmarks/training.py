"""How fast nerbridge trains, and in how much memory, against the script that people write.

Both sides fine-tune the same XLM-R-base-sized encoder (random weights, the real vocabulary of
250,002) on the same sentences of wikiann_hi, one epoch in batches of 8, with LoRA (r 8, query and
value) and in full. The plain side is `sides/plain.py`: ``Trainer``, peft and a padding collator
with their defaults. nerbridge's is `sides/stage.py`: what `nerbridge run` does in a stage. Every
training has a process of its own, one after the other, so that peak memory is its own: resident,
loading and saving included. The clock runs over optimiser steps alone; the first ones, loading,
validation and saving do not count towards sentences/s.

The two differ in this, and in nothing else: nerbridge puts sentences of like length into a batch
(the same sentences an epoch, in another order), trains in full only the vocabulary rows that occur
(with the same predictions, see `nerbridge.models.vocabulary`), keeps freed memory for the next
step, and writes a checkpoint at the end. The loss is the same (mean cross entropy over the first
subwords of a batch), and so are optimiser, dropout, gradient clipping, precision (float32),
threads and sentences.

    python benchmarks/training.py --json
    python benchmarks/training.py --paper-stage     # on a GPU
    python benchmarks/training.py --quick           # does it run at all? The numbers mean nothing
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from side_by_side import SHARED, machine, run, run_side, say

METHODS = ("lora", "full")
TARGETS = {
    "lora_ratio": (">=", 1.8),
    "full_ratio": (">=", 5.0),
    "full_memory_ratio": ("<=", 0.5),
}


def measure(side: str, method: str, n_steps: int, asked: argparse.Namespace, work: Path) -> Any:
    """What one training gave."""
    output = run_side(
        side,
        *("--method", method, "--encoder", work / "encoder", "--corpus", asked.corpus),
        *("--n-steps", n_steps, "--n-warm-up", asked.warm_up),
        *("--work", work / f"{side}-{method}"),
    )
    result = json.loads(output.splitlines()[-1])
    speed, memory = result["sentences_per_s"], result["peak_memory_bytes"] / 1e9
    say(asked, f"{method:5} {side:6} {speed:8.2f} sentences/s {memory:6.2f} GB")
    return result


def compare(asked: argparse.Namespace, work: Path) -> dict[str, Any]:
    """All four trainings and their ratios."""
    make_encoder(asked, work / "encoder")
    raw: dict[str, dict[str, Any]] = {}
    for method in METHODS:
        n_steps = asked.full_steps if method == "full" else asked.lora_steps
        raw[method] = {
            side: measure(side, method, n_steps, asked, work) for side in ("plain", "stage")
        }
    return {
        "lora_ratio": ratio(raw["lora"], "sentences_per_s"),
        "full_ratio": ratio(raw["full"], "sentences_per_s"),
        "lora_memory_ratio": ratio(raw["lora"], "peak_memory_bytes"),
        "full_memory_ratio": ratio(raw["full"], "peak_memory_bytes"),
        "raw": raw,
        "machine": machine(),
    }


def ratio(sides: dict[str, Any], key: str) -> float:
    """nerbridge's value over the plain script's."""
    return float(round(sides["stage"][key] / sides["plain"][key], 3))


def paper_stage(asked: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Seconds of the paper's transfer stage on the GPU at hand."""
    corpora = [str(SHARED / "data" / name) for name in ("wikiann_hi", "multiconer2_bn")]
    if not all(Path(corpus).is_dir() for corpus in corpora):
        corpora = ["bundled:hi", "bundled:bn"]
    output = run_side(
        "paper_stage",
        *("--batch-size", asked.batch_size, *tokenizer_arguments(asked)),
        *(part for corpus in corpora for part in ("--corpus", corpus)),
        *("--precision", asked.precision, "--work", work / "paper"),
    )
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    say(asked, f"{result['paper_stage_s']} s (the paper: 521 s on a T4)")
    return {**result, "corpora": [Path(corpus).name for corpus in corpora]}


def make_encoder(asked: argparse.Namespace, folder: Path) -> None:
    """Write the encoder that all trainings start from."""
    shape = "tiny" if asked.quick else "base"
    tokenizer = tokenizer_arguments(asked)
    run_side("encoder", "--shape", shape, "--corpus", asked.corpus, "--output", folder, *tokenizer)


def tokenizer_arguments(asked: argparse.Namespace) -> list[object]:
    """The real tokenizer, where it is at hand and asked for."""
    folder = SHARED / "tokenizers" / "xlm-roberta-base"
    return [] if asked.quick or not folder.is_dir() else ["--tokenizer", folder]


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON last")
    parser.add_argument("--lora-steps", type=int, default=60, help="batches of 8, with LoRA")
    parser.add_argument("--full-steps", type=int, default=40, help="batches of 8, in full")
    parser.add_argument("--warm-up", type=int, default=3, help="first steps, not measured")
    parser.add_argument("--quick", action="store_true", help="a smoke test with a tiny encoder")
    parser.add_argument("--paper-stage", action="store_true", help="time the paper's stage (GPU)")
    parser.add_argument("--batch-size", type=int, default=8, help="of --paper-stage")
    parser.add_argument("--precision", choices=["fp16", "bf16"], default="bf16")
    asked = parser.parse_args()
    shortest = min(asked.lora_steps, asked.full_steps)
    if not 1 <= asked.warm_up < shortest - 1:
        parser.error(f"--warm-up must be from 1 to {shortest - 2}, two less than the fewest steps")
    if asked.quick:
        asked.lora_steps = asked.full_steps = 5
    asked.corpus = "bundled:hi" if asked.quick else str(SHARED / "data" / "wikiann_hi")
    return asked


def main() -> int:
    asked = read_arguments()
    corpus = None if asked.quick or asked.paper_stage else Path(asked.corpus)
    measure_all = paper_stage if asked.paper_stage else compare
    return run(asked, measure_all, TARGETS, corpus=corpus)


if __name__ == "__main__":
    sys.exit(main())
