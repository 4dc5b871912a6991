"""Fixtures for all tests."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hub_standin import Hub

REPOSITORY = Path(__file__).resolve().parent.parent

# How long an example takes says nothing here: machines differ, and other work goes on beside.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


def connect_to_loopback_only(sock: socket.socket, address: object) -> None:
    """Refuse a connection to anywhere else: a test that needs the network is a mistake."""
    is_local = sock.family == socket.AF_UNIX or (
        isinstance(address, tuple) and address[0] in ("127.0.0.1", "::1", "localhost")
    )
    if not is_local:
        raise ConnectionRefusedError(f"tests are offline, and one connects to {address}")
    _connect(sock, address)  # type: ignore[arg-type]


_connect = socket.socket.connect
socket.socket.connect = connect_to_loopback_only  # type: ignore[method-assign,assignment]


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


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Names for bytes: archives hold the time at which they were made, so each process has others.

    Processes that find tests of different names refuse to share them.
    """
    return argname if isinstance(val, bytes) else None
