"""Which names mean this machine."""

import pytest

from nerbridge.server.hosts import is_loopback, is_this_machine


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.5", "example.org", ""])
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "authority",
    ["localhost", "LOCALHOST:80", "localhost.:1", "127.0.0.1:8000", "[::1]", "[::1]:9"],
)
def test_this_machine(authority: str) -> None:
    assert is_this_machine(authority)


@pytest.mark.parametrize(
    "authority",
    ["", "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example",
     "127.0.0.1@evil.example", "evil.example:127.0.0.1", "[::2]", "0.0.0.0:8000", "localhost/x"],
)  # fmt: skip
def test_another_machine(authority: str) -> None:
    assert not is_this_machine(authority)
