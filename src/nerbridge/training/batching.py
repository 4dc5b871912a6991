"""Batches that waste little padding, in an order fixed by seed and epoch alone.

Because the order does not depend on what was drawn before, an epoch resumed from a checkpoint sees
exactly the batches it would have seen.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nerbridge.alignment.subwords import IGNORE_INDEX, SpecialIds

_POOL = 50
"""Batches sorted by length together: enough to group, few enough to keep the order mixed."""


@dataclass(frozen=True, slots=True)
class Example:
    """One window of training text: ids without special tokens, one label a subword.

    ``targets`` are the probabilities of the tags where a word's label is less than certain.
    Shape: (n_subwords, n_tags); rows without a label count for nothing.
    """

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    targets: NDArray[np.float32] | None = None


class LengthGroupedBatches:
    """Indices of examples by batch, examples of like length together.

    Call `set_epoch` before each pass. Every example comes once a pass; batches come in random
    order and differ from epoch to epoch.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self.lengths, self.batch_size, self.seed = lengths, batch_size, seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next pass."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        rng = random.Random(f"{self.seed}/{self.epoch}")
        order = list(range(len(self.lengths)))
        rng.shuffle(order)
        # Sorting everything by length would give the same neighbours in every epoch; sorting within
        # pools keeps padding low and the order random.
        pool = self.batch_size * _POOL
        order = [
            index
            for start in range(0, len(order), pool)
            for index in sorted(order[start : start + pool], key=self.lengths.__getitem__)
        ]
        batches = [
            order[start : start + self.batch_size]
            for start in range(0, len(order), self.batch_size)
        ]
        rng.shuffle(batches)
        return iter(batches)


class Collator:
    """Pad examples to a batch."""

    def __init__(self, specials: SpecialIds) -> None:
        self.specials = specials

    def __call__(self, examples: Sequence[Example]) -> dict[str, Tensor]:
        """``input_ids``, ``attention_mask``, ``labels``; ``targets`` if an example has any.

        Shape of each: (n_examples, longest + 2); of the targets: (n_examples, longest + 2, n_tags),
        zeros where there are none.
        """
        width = max(len(example.ids) for example in examples) + 2
        ids = torch.full((len(examples), width), self.specials.pad)
        labels = torch.full((len(examples), width), IGNORE_INDEX)
        mask = torch.zeros((len(examples), width), dtype=torch.long)
        for row, example in enumerate(examples):
            end = len(example.ids) + 1
            ids[row, 0], ids[row, end] = self.specials.start, self.specials.end
            ids[row, 1:end] = torch.tensor(example.ids)
            labels[row, 1:end] = torch.tensor(example.labels)
            mask[row, : end + 1] = 1
        batch = {"input_ids": ids, "attention_mask": mask, "labels": labels}
        return batch | _pad_targets(examples, width)


def _pad_targets(examples: Sequence[Example], width: int) -> dict[str, Tensor]:
    given = [(row, e.targets) for row, e in enumerate(examples) if e.targets is not None]
    if not given:
        return {}
    padded = torch.zeros((len(examples), width, given[0][1].shape[1]))
    for row, targets in given:
        padded[row, 1 : len(targets) + 1] = torch.from_numpy(targets)
    return {"targets": padded}
