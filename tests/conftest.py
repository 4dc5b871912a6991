"""Fixtures for all tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_standin import Hub

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of corpora that may be used but not redistributed; skips where it is absent."""
    folder = Path(os.environ.get("NERBRIDGE_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"needs the shared corpora: no {folder}/data (set NERBRIDGE_SHARED)")
    return folder


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """An empty stand-in for the Hugging Face hub; put repositories below ``hub.root``."""
    with Hub(tmp_path / "hub") as running:
        yield running
