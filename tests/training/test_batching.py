"""Every example once an epoch, in an order fixed by seed and epoch, with little padding."""

from __future__ import annotations

import random

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.alignment.subwords import IGNORE_INDEX, SpecialIds
from nerbridge.training.batching import Collator, Example, LengthGroupedBatches

SPECIALS = SpecialIds(start=0, end=2, pad=1, unk=3)
MASK = 9
LENGTHS = random.Random(5).choices(range(3, 60), k=500)


def draw(
    lengths: list[int], batch_size: int, seed: int, epoch: int, *, group: bool
) -> list[list[int]]:
    batches = LengthGroupedBatches(lengths, batch_size, seed, group=group)
    batches.set_epoch(epoch)
    return list(batches)


@given(
    lengths=st.lists(st.integers(1, 40), max_size=60),
    batch_size=st.integers(1, 9),
    seed=st.integers(0, 2**32),
    epoch=st.integers(0, 5),
    group=st.booleans(),
)
def test_every_example_comes_once_a_pass(
    lengths: list[int], batch_size: int, seed: int, epoch: int, group: bool
) -> None:
    batches = draw(lengths, batch_size, seed, epoch, group=group)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert len(batches) == len(LengthGroupedBatches(lengths, batch_size, seed, group=group))
    assert sum(len(batch) != batch_size for batch in batches) <= 1


def test_the_order_is_that_of_seed_and_epoch_alone() -> None:
    batches = LengthGroupedBatches(LENGTHS, 8, seed=1, group=True)
    passes = []
    for epoch in (0, 1, 2):
        batches.set_epoch(epoch)
        passes.append(list(batches))
        assert list(batches) == passes[-1]
    assert passes[2] == draw(LENGTHS, 8, 1, 2, group=True)
    assert passes[0] != passes[1] != passes[2]
    assert passes[0] != draw(LENGTHS, 8, 2, 0, group=True)


def test_grouping_halves_the_padding() -> None:
    def padding(group: bool) -> int:
        batches = draw(LENGTHS, 8, 1, 0, group=group)
        return sum(max(LENGTHS[i] for i in batch) - LENGTHS[i] for batch in batches for i in batch)

    assert padding(group=True) < padding(group=False) / 2


def test_batches_of_like_length_come_in_mixed_order() -> None:
    firsts = [LENGTHS[batch[0]] for batch in draw(LENGTHS, 8, 1, 0, group=True)]
    assert firsts != sorted(firsts)


EXAMPLES = [Example((5, 6, 7), (0, IGNORE_INDEX, 2)), Example((8,), (1,))]


def test_a_batch_is_padded_and_marked() -> None:
    batch = Collator(SPECIALS, 0.0, MASK)(EXAMPLES)
    assert batch["input_ids"].tolist() == [[0, 5, 6, 7, 2], [0, 8, 2, 1, 1]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
    out = IGNORE_INDEX
    assert batch["labels"].tolist() == [[out, 0, out, 2, out], [out, 1, out, out, out]]


def test_targets_are_padded_where_an_example_has_them() -> None:
    targets = np.array([[0.25, 0.75], [0, 0], [1, 0]], np.float32)
    first = Example((5, 6, 7), (0, IGNORE_INDEX, 1), targets)
    batch = Collator(SPECIALS, 0.0, MASK)([first, EXAMPLES[1]])
    nothing = [0, 0]
    assert batch["targets"].tolist() == [[nothing, *targets.tolist(), nothing], [nothing] * 5]
    assert "targets" not in Collator(SPECIALS, 0.0, MASK)(EXAMPLES)


def test_words_are_hidden_and_nothing_else() -> None:
    plain = Collator(SPECIALS, 0.0, MASK)(EXAMPLES)
    hidden = Collator(SPECIALS, 1.0, MASK)(EXAMPLES)
    is_word = plain["labels"] != IGNORE_INDEX
    assert torch.equal(hidden["input_ids"] == MASK, is_word)
    assert torch.equal(hidden["input_ids"][~is_word], plain["input_ids"][~is_word])
    assert torch.equal(hidden["labels"], plain["labels"])


def test_about_the_share_asked_for_is_hidden() -> None:
    torch.manual_seed(0)
    batch = Collator(SPECIALS, 0.2, MASK)([Example((5,) * 1000, (0,) * 1000)])
    assert 150 < (batch["input_ids"] == MASK).sum().item() < 250
