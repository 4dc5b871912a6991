"""Who may ask: everybody, or those with the token."""

from __future__ import annotations

import hmac

from nerbridge.server.problems import Problem

OPEN_PATHS = frozenset({"/", "/health", "/ready"})
"""What needs no token, besides the files of the page."""
STATIC = "/static/"


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
