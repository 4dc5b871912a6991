"""How often are two systems that are the same called different, and do intervals hold the truth?

Both systems of a pair are drawn from one distribution: sentences differ in difficulty, seeds in how
good they are, and each seed errs on sentences of its own. "Different" is what reports call so:
bootstrap and randomisation both below 0.05. Nothing is trained; what is measured is
`evaluation.resampling`.

    python benchmarks/false_verdicts.py
"""

from __future__ import annotations

import argparse
import json
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nerbridge.evaluation.resampling import (
    approximate_randomisation,
    bootstrap_interval,
    mean_f1,
    paired_bootstrap,
)

N_REPLICATES = 500
SPREAD_OF_SENTENCES = 2.0
SPREAD_WITHIN = 0.5
"""Logits: of sentences, and of one sentence from seed to seed."""
MEAN_LOGIT = 0.9
SPURIOUS = 0.7
"""Entities wrongly found for each one missed."""
LEVEL = 0.05


class Setting(NamedTuple):
    """Size of a comparison, and the spread of seeds in logits."""

    n_sentences: int
    n_seeds: int
    spread_of_seeds: float


SETTINGS = [
    Setting(100, 1, 0.2),
    Setting(100, 3, 0.2),
    Setting(100, 5, 0.2),
    Setting(443, 1, 0.12),
    Setting(443, 3, 0.12),
    Setting(443, 5, 0.12),
    Setting(100, 5, 0.0),
]


class Test:
    """A test set: entities and difficulty of its sentences."""

    def __init__(self, rng: np.random.Generator, n_sentences: int) -> None:
        """Draw one."""
        self.n_gold = rng.choice([0, 1, 1, 2, 3], n_sentences)
        self.logits = rng.normal(MEAN_LOGIT, SPREAD_OF_SENTENCES, n_sentences)

    def score(self, rng: np.random.Generator, setting: Setting) -> NDArray[np.integer]:
        """Counts of a system drawn anew. Shape: (n_seeds, n_sentences, 3)."""
        seeds = rng.normal(0, setting.spread_of_seeds, (setting.n_seeds, 1))
        own = rng.normal(0, SPREAD_WITHIN, (setting.n_seeds, len(self.logits)))
        chance = 1 / (1 + np.exp(-(self.logits + seeds + own)))
        tp = rng.binomial(self.n_gold, chance)
        fp = rng.binomial(np.broadcast_to(self.n_gold, tp.shape), SPURIOUS * (1 - chance))
        return np.stack([tp, fp, self.n_gold - tp], axis=-1)


def measure(setting: Setting, n_pairs: int) -> dict[str, float]:
    """Shares of pairs called different, and of intervals that hold the mean of all pairs' F1."""
    rng = np.random.default_rng(3)
    verdicts, means, intervals, deviations = [], [], [], []
    for pair in range(n_pairs):
        test = Test(rng, setting.n_sentences)
        a, b = test.score(rng, setting), test.score(rng, setting)
        p = [
            resample(a, b, n_replicates=N_REPLICATES, seed=pair).p
            for resample in (paired_bootstrap, approximate_randomisation)
        ]
        verdicts.append(max(p) < LEVEL)
        means.append(mean_f1(a))
        intervals.append(bootstrap_interval(a, n_replicates=N_REPLICATES, seed=pair))
        deviations.append(np.std([mean_f1(seed[None]) for seed in a], ddof=1) if len(a) > 1 else 0)
    truth = np.mean(means)
    return {
        "seed deviation": float(np.mean(deviations)),
        "called different": float(np.mean(verdicts)),
        "interval holds the mean": float(np.mean([low <= truth <= up for low, up in intervals])),
    }


def main() -> None:
    """Print a line for each setting."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--json", action="store_true", help="print one line of JSON a setting")
    asked = parser.parse_args()
    for setting in SETTINGS:
        found = measure(setting, asked.pairs)
        if asked.json:
            print(json.dumps(setting._asdict() | found), flush=True)
            continue
        figures = ", ".join(f"{name} {value:.3f}" for name, value in found.items())
        print(f"{setting.n_sentences} sentences, {setting.n_seeds} seeds: {figures}", flush=True)


if __name__ == "__main__":
    main()
