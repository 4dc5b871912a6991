"""What both sides of the training benchmark share: sentences, the clock, and peak memory."""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch.optim.optimizer import register_optimizer_step_post_hook

from nerbridge.corpus import Sentence, read_corpus

BATCH_SIZE = 8
LEARNING_RATES = {"lora": 1e-3, "full": 2e-5}
LORA_TARGETS = ("query", "value")


@dataclass(frozen=True)
class Job:
    """What one side is to do, from its command line."""

    method: Literal["lora", "full"]
    encoder: Path
    corpus: str
    n_steps: int
    n_warm_up: int
    work: Path

    def sentences(self) -> list[Sentence]:
        """``n_steps`` batches of training sentences, the same draw on both sides."""
        found = read_corpus(self.corpus, language="hi").splits["train"]
        return random.Random(0).sample(found, self.n_steps * BATCH_SIZE)


def read_job() -> Job:
    """The job that the command line describes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--method", choices=["lora", "full"], required=True)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--n-steps", type=int, required=True)
    parser.add_argument("--n-warm-up", type=int, required=True)
    parser.add_argument("--work", type=Path, required=True)
    return Job(**vars(parser.parse_args()))


class StepClock:
    """Notes the time after every optimiser step, whoever runs the loop."""

    def __init__(self) -> None:
        self.times: list[float] = []
        register_optimizer_step_post_hook(lambda *_: self.times.append(time.perf_counter()))

    def sentences_per_s(self, n_warm_up: int) -> float:
        """Sentences a second over all steps but the first ``n_warm_up``."""
        times = self.times[n_warm_up - 1 :]
        return BATCH_SIZE * (len(times) - 1) / (times[-1] - times[0])


def print_result(job: Job, clock: StepClock, losses: Sequence[float]) -> None:
    """One line of JSON for the parent process.

    Raises:
        RuntimeError: not the steps that were asked for were taken.
    """
    if len(clock.times) != job.n_steps:
        raise RuntimeError(f"{len(clock.times)} steps taken, {job.n_steps} expected")
    unit = 1 if sys.platform == "darwin" else 1024
    result = {
        "sentences_per_s": round(clock.sentences_per_s(job.n_warm_up), 3),
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        "train_loss": round(losses[-1], 4),
        "step_s": [round(b - a, 4) for a, b in zip(clock.times, clock.times[1:], strict=False)],
    }
    print(json.dumps(result))
