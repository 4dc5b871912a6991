"""Who may ask: everybody or those with the token, but no page of another site."""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Iterable
from pathlib import Path

from nerbridge.errors import InputError
from nerbridge.server.problems import Problem

OPEN_PATHS = frozenset({"/", "/health", "/ready"})
"""What needs no token, besides the files of the page."""
STATIC = "/static/"
TOKEN_VARIABLE = "NERBRIDGE_TOKEN"
_MIN_TOKEN_CHARS = 16
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
_ELSEWHERE = frozenset({"cross-site", "same-site"})


def read_token(path: Path | None) -> str | None:
    """The token that clients have to send: from a file, else from the environment; None without.

    Raises:
        InputError: the file cannot be read, or the token is not fit for a header, or too short.
    """
    if path is None:
        given, place = os.environ.get(TOKEN_VARIABLE), TOKEN_VARIABLE
    else:
        place = f"--token-file {path}"
        try:
            given = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{place}: cannot be read ({error}).") from error
    if given is None:
        return None
    token = given.strip()
    if len(token) < _MIN_TOKEN_CHARS or not token.isascii() or not token.isprintable():
        raise InputError(
            f"{place}: {len(token)} characters; expected {_MIN_TOKEN_CHARS} or more printable "
            "ASCII characters. Make one: python -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    return token


def check_token(token: str | None, path: str, authorization: bytes | None) -> None:
    """Let a request pass.

    Args:
        token: the server's token; None if it has none.
        path: the path asked for.
        authorization: the Authorization header, if there is one.

    Raises:
        Problem: 401 if there is a token and the request does not have it.
    """
    if token is None or path in OPEN_PATHS or path.startswith(STATIC):
        return
    scheme, _, given = (authorization or b"").partition(b" ")
    # Compared in a time that tells nothing of the token.
    is_equal = hmac.compare_digest(given.strip(), token.encode("utf-8"))
    if scheme.lower() != b"bearer" or not is_equal:
        found = "a wrong token" if authorization else "no token"
        raise Problem(
            401,
            "unauthorized",
            f"found {found}; expected the header 'Authorization: Bearer TOKEN'.",
            headers={"WWW-Authenticate": "Bearer"},
        )


def check_site(headers: Iterable[tuple[bytes, bytes]], method: str, *, is_open: bool) -> None:
    """Keep out pages of other sites, whose scripts and forms a browser here may run.

    Args:
        headers: of the request, names in lower case.
        method: of the request; a link from elsewhere may be followed, with GET.
        is_open: whether the server answers this machine alone and asks for no token, so that a
            site may have its own name point to it (DNS rebinding).

    Raises:
        Problem: 403.
    """
    given = [(name, value.decode("latin-1")) for name, value in headers]
    # A header may come twice: a single foreign value is enough.
    sites = {value.strip().lower() for name, value in given if name == b"sec-fetch-site"}
    origins = [value.partition("://")[2] for name, value in given if name == b"origin"]
    is_elsewhere = bool(sites & _ELSEWHERE) or (is_open and not all(map(is_this_machine, origins)))
    if method not in _HARMLESS and is_elsewhere:
        raise Problem(403, "cross-site", "asked for by a page of another site.")
    if is_open and not all(is_this_machine(value) for name, value in given if name == b"host"):
        raise Problem(
            403,
            "foreign-host",
            "the header Host names another machine; expected localhost or its address. Behind a "
            "proxy, set a token.",
        )


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
    # An IPv6 address has colons of its own: only behind the last one may a port stand.
    host, _, port = authority.strip().lower().rpartition(":")
    if not host or authority.endswith("]") or not port.isdigit():
        host = authority.strip().lower()
    return is_loopback(host.removeprefix("[").removesuffix("]").removesuffix("."))
