"""Micro-batches: right, in order, bounded, and not at the mercy of one request."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from nerbridge.errors import ModelError
from nerbridge.server.batching import Abandoned, Batcher, stop_when
from nerbridge.server.limits import Limits
from nerbridge.server.metrics import Metrics
from nerbridge.server.problems import Problem
from nerbridge.tagging.tagger import Tagger
from tiny_tagger import write_tiny_tagger

TEXTS = ["ৰমেন দাস গুৱাহাটীত", "", "অসম।", "কোনো নহয়", "সংঘ ৰমেন দাস"]
Work = Callable[[Batcher], Awaitable[Any]]


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    return Tagger.load(write_tiny_tagger(tmp_path_factory.mktemp("tiny") / "model"), n_threads=1)


def run(tagger: Tagger, work: Work, **limits: Any) -> Any:
    """Do something with a batcher that runs."""

    async def live() -> Any:
        batcher = Batcher(tagger, Limits(**limits), Metrics())
        batcher.start()
        try:
            return await work(batcher)
        finally:
            await batcher.stop()

    return asyncio.run(live())


class Gate:
    """A tagger whose model waits until it is let through, and counts its calls."""

    def __init__(self, tagger: Tagger) -> None:
        self.n_calls = 0
        self.is_open = threading.Event()
        self.forward = tagger.model.forward
        self.tagger = Tagger(replace(tagger.model, forward=self))

    def __call__(self, ids: Any, mask: Any) -> Any:
        self.n_calls += 1
        assert self.is_open.wait(10)
        return self.forward(ids, mask)


def test_each_gets_its_own(tagger: Tagger) -> None:
    async def work(batcher: Batcher) -> Any:
        pairs = [[TEXTS[i % 5], TEXTS[(i * 3) % 5]] for i in range(200)]
        return pairs, await asyncio.gather(*(batcher.tag(texts) for texts in pairs))

    pairs, found = run(tagger, work)
    for texts, entities in zip(pairs, found, strict=True):
        assert entities == [tagger.tag(text) for text in texts]
    assert any(entities[0] for entities in found)


def test_what_comes_together_goes_together(tagger: Tagger) -> None:
    gate = Gate(tagger)
    gate.is_open.set()

    async def work(batcher: Batcher) -> None:
        await asyncio.gather(*(batcher.tag(["অসম"]) for _ in range(32)))

    run(gate.tagger, work)
    assert gate.n_calls <= 2


def test_a_full_queue_refuses(tagger: Tagger) -> None:
    gate = Gate(tagger)

    async def work(batcher: Batcher) -> Any:
        asked = [asyncio.create_task(batcher.tag(["অসম"])) for _ in range(5)]
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        gate.is_open.set()
        return [one.exception() for one in done], await asyncio.gather(
            *asked, return_exceptions=True
        )

    refused, all_of_them = run(gate.tagger, work, max_queue=3)
    assert [error.status_code for error in refused] == [503, 503]
    assert [type(found) for found in all_of_them] == [list, list, list, Problem, Problem]


def test_time_that_is_over_ends_the_work_too(tagger: Tagger) -> None:
    gate = Gate(tagger)

    async def work(batcher: Batcher) -> Any:
        with pytest.raises(Problem) as refusal:
            # Many sentences of different lengths: more than one batch of the model.
            await batcher.tag([f"{'অসম ' * n}।" for n in range(1, 200)])
        gate.is_open.set()
        again = await batcher.tag(["অসম"])
        return refusal.value, again

    refused, again = run(gate.tagger, work, max_seconds=1.0)
    assert (refused.status_code, refused.kind) == (503, "timeout")
    assert len(again[0]) == 1
    assert gate.n_calls <= 3  # the one that waited, not all the others


def test_one_that_fails_does_not_take_the_others_with_it(tagger: Tagger) -> None:
    unknown = tagger.model.specials.unk

    def forward(ids: Any, mask: Any) -> Any:
        if (ids == unknown).any():
            raise ModelError("/srv/model: failed")
        return tagger.model.forward(ids, mask)

    fragile = Tagger(replace(tagger.model, forward=forward))

    async def work(batcher: Batcher) -> Any:
        texts = ["অসম", "অচিনাকি", "ৰমেন"]
        return await asyncio.gather(
            *(batcher.tag([text]) for text in texts), return_exceptions=True
        )

    first, second, third = run(fragile, work)
    assert isinstance(second, ModelError)
    assert [len(first[0]), len(third[0])] == [1, 1]


def test_an_abandoned_tagger_stops(tagger: Tagger) -> None:
    assert stop_when(tagger, lambda: False).tag("অসম") == tagger.tag("অসম")
    with pytest.raises(Abandoned):
        stop_when(tagger, lambda: True).tag("অসম")


def test_a_request_that_is_cancelled_frees_its_place(tagger: Tagger) -> None:
    gate = Gate(tagger)

    async def work(batcher: Batcher) -> Any:
        asked = asyncio.create_task(batcher.tag(["অসম"]))
        await asyncio.sleep(0.05)
        asked.cancel()
        await asyncio.wait([asked])
        gate.is_open.set()
        return await batcher.tag(["অসম"])

    assert len(run(gate.tagger, work, max_queue=1)[0]) == 1
