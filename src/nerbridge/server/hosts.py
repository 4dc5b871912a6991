"""Names and addresses that mean this machine."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can reach an address.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_this_machine(authority: str) -> bool:
    """Whether a ``Host`` header, or what follows ``http://`` in an ``Origin``, means loopback.

    >>> is_this_machine("localhost:8000"), is_this_machine("[::1]"), is_this_machine("a.example")
    (True, True, False)
    """
    host, _, port = authority.strip().lower().rpartition(":")
    if not host or authority.endswith("]") or not port.isdigit():
        host = authority.strip().lower()
    return is_loopback(host.removeprefix("[").removesuffix("]").removesuffix("."))
