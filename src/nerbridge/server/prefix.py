"""The path under which a proxy shows the server, such as ``/ner`` of ``https://host/ner/``."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from nerbridge.errors import InputError

FORWARDED = b"x-forwarded-prefix"
_PREFIX = re.compile(r"(?:/[A-Za-z0-9_.~-]+)+")
_OWN = ("tag", "models", "report", "static", "health", "ready", "metrics", "openapi.json")
"""How the server's own paths begin: a prefix like one of them could not be told from it."""


def clean_prefix(given: str) -> str | None:
    """The prefix with a slash before it and none behind it; None if it is no path.

    >>> clean_prefix("ner/"), clean_prefix("/"), clean_prefix("//host/a b")
    ('/ner', '', None)
    """
    stripped = given.strip().rstrip("/")
    prefix = stripped if not stripped or stripped.startswith("/") else f"/{stripped}"
    return prefix if not prefix or _PREFIX.fullmatch(prefix) else None


def check_root_path(given: str) -> str:
    """The prefix that the user names, cleaned.

    Raises:
        InputError: it is no path, or begins as a path of the server does.
    """
    prefix = clean_prefix(given)
    if prefix is None:
        raise InputError(
            f"--root-path {given}: not a path; expected letters, digits and slashes, such as "
            "/ner. Leave out the host."
        )
    if prefix.partition("/")[2].partition("/")[0] in _OWN:
        raise InputError(
            f"--root-path {given}: the server has a path of that name; expected one that begins "
            f"with none of {', '.join(_OWN)}. Choose another, such as /ner."
        )
    return prefix


class UnderPath:
    """Takes the prefix off a request's path, and keeps it as ``request.state.prefix``.

    A proxy may strip the prefix itself, so a path without it is right as well. The header
    ``X-Forwarded-Prefix`` says only how links begin. Anybody can send it, so it never changes which
    path is asked for: a proxy's own rules for paths would be of no use otherwise.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app, self.root_path = app, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, under the path that the application knows."""
        if scope["type"] == "http":
            scope.setdefault("state", {})["prefix"] = self.root_path or _forwarded(scope)
            scope["path"] = self._without_prefix(scope["path"])
        await self.app(scope, receive, send)

    def _without_prefix(self, path: str) -> str:
        if self.root_path and path == self.root_path:
            return "/"
        return path.removeprefix(self.root_path) if path.startswith(f"{self.root_path}/") else path


def _forwarded(scope: Scope) -> str:
    given = dict(scope["headers"]).get(FORWARDED, b"").decode("latin-1")
    return clean_prefix(given) or ""
