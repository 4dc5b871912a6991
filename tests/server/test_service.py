"""What a worker says of itself, from its start to its end."""

from __future__ import annotations

import asyncio

import pytest

from nerbridge.server import service
from nerbridge.server.limits import ServerSettings
from nerbridge.server.metrics import MULTIPROCESS_VARIABLE
from nerbridge.server.service import Service


def test_a_worker_counts_as_ready_while_it_takes_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MULTIPROCESS_VARIABLE, raising=False)
    monkeypatch.setattr(service, "DRAIN_S", 0)
    said: list[str] = []

    def load(*_: object) -> dict[str, object]:
        say()
        return {}

    def say() -> None:
        lines = worker.metrics.render().decode().splitlines()
        said.extend(line for line in lines if line.startswith("nerbridge_workers "))

    async def live() -> None:
        await worker.start()
        say()
        await worker.drain()
        say()

    monkeypatch.setattr(service, "load_models", load)
    worker = Service(ServerSettings())
    asyncio.run(live())
    assert said == [f"nerbridge_workers {n}.0" for n in (0, 1, 0)]
