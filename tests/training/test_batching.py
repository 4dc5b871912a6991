"""Every example once an epoch, in an order fixed by seed and epoch, with little padding."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.alignment.subwords import IGNORE_INDEX, SpecialIds
from nerbridge.training.batching import Collator, Example, LengthGroupedBatches

SPECIALS = SpecialIds(start=0, end=2, pad=1, unk=3)
LENGTHS = random.Random(5).choices(range(3, 60), k=500)


def draw(
    lengths: list[int],
    batch_size: int,
    seed: int,
    epoch: int,
) -> list[list[int]]:
    batches = LengthGroupedBatches(lengths, batch_size, seed)
    batches.set_epoch(epoch)
    return list(batches)


@given(
    lengths=st.lists(st.integers(1, 40), max_size=60),
    batch_size=st.integers(1, 9),
    seed=st.integers(0, 2**32),
    epoch=st.integers(0, 5),
)
def test_every_example_comes_once_a_pass(
    lengths: list[int], batch_size: int, seed: int, epoch: int
) -> None:
    batches = draw(lengths, batch_size, seed, epoch)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert len(batches) == len(LengthGroupedBatches(lengths, batch_size, seed))
    assert sum(len(batch) != batch_size for batch in batches) <= 1


def test_the_order_is_that_of_seed_and_epoch_alone() -> None:
    batches = LengthGroupedBatches(LENGTHS, 8, seed=1)
    passes = []
    for epoch in (0, 1, 2):
        batches.set_epoch(epoch)
        passes.append(list(batches))
        assert list(batches) == passes[-1]
    assert passes[2] == draw(LENGTHS, 8, 1, 2)
    assert passes[0] != passes[1] != passes[2]
    assert passes[0] != draw(LENGTHS, 8, 2, 0)


def test_grouping_halves_the_padding() -> None:
    def padding(batches: list[list[int]]) -> int:
        return sum(max(LENGTHS[i] for i in batch) - LENGTHS[i] for batch in batches for i in batch)

    order = random.Random(1).sample(range(len(LENGTHS)), len(LENGTHS))
    ungrouped = [order[start : start + 8] for start in range(0, len(order), 8)]
    assert padding(draw(LENGTHS, 8, 1, 0)) < padding(ungrouped) / 2


def test_batches_of_like_length_come_in_mixed_order() -> None:
    firsts = [LENGTHS[batch[0]] for batch in draw(LENGTHS, 8, 1, 0)]
    assert firsts != sorted(firsts)


EXAMPLES = [Example((5, 6, 7), (0, IGNORE_INDEX, 2)), Example((8,), (1,))]


def test_a_batch_is_padded_and_marked() -> None:
    batch = Collator(SPECIALS)(EXAMPLES)
    assert batch["input_ids"].tolist() == [[0, 5, 6, 7, 2], [0, 8, 2, 1, 1]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
    out = IGNORE_INDEX
    assert batch["labels"].tolist() == [[out, 0, out, 2, out], [out, 1, out, out, out]]


def test_targets_are_padded_where_an_example_has_them() -> None:
    targets = np.array([[0.25, 0.75], [0, 0], [1, 0]], np.float32)
    first = Example((5, 6, 7), (0, IGNORE_INDEX, 1), targets)
    batch = Collator(SPECIALS)([first, EXAMPLES[1]])
    nothing = [0, 0]
    assert batch["targets"].tolist() == [[nothing, *targets.tolist(), nothing], [nothing] * 5]
    assert "targets" not in Collator(SPECIALS)(EXAMPLES)
