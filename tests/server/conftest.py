"""Servers for the tests: one with the bundled model for all that do not end it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi", reason="needs nerbridge[serve]")

from nerbridge.tagging.tagger import Tagger
from server_process import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """`nerbridge serve` with bundled:as and everything at its default."""
    with Server() as running:
        yield running


@pytest.fixture(scope="session")
def tagger() -> Tagger:
    """What the server is to agree with."""
    return Tagger.load("bundled:as", n_threads=1)
