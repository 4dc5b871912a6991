"""The application: what comes before every request, and the paths."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nerbridge import __version__
from nerbridge.errors import NerbridgeError
from nerbridge.server.access import check_site, check_token
from nerbridge.server.batching import queue_full
from nerbridge.server.limits import ClientGone, ServerSettings
from nerbridge.server.logs import FACTS
from nerbridge.server.prefix import UnderPath
from nerbridge.server.problems import (
    Problem,
    http_problem,
    internal_problem,
    invalid_problem,
    to_problem,
)
from nerbridge.server.routes import PAGE_CSP, PAGE_PATHS, router, static_files
from nerbridge.server.service import Service, drain_on_sigterm, end_with_parent

_ALWAYS_ANSWERED = frozenset({"/health", "/ready", "/metrics"})
_TEXT_PATH, _DOCUMENT_PATH = "/tag", "/tag/document"
_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_CSP = "default-src 'none'; frame-ancestors 'none'"

log = logging.getLogger("nerbridge.server")


def create_app(settings: ServerSettings) -> ASGIApp:
    """The application of one worker."""
    service = Service(settings)

    @asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[None]:
        await service.start()
        watch = asyncio.create_task(end_with_parent())
        with drain_on_sigterm(service):
            yield
        watch.cancel()
        await service.stop()

    app = FastAPI(
        title="nerbridge",
        version=__version__,
        summary="Named entities in text and documents.",
        lifespan=live,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    app.include_router(router)
    app.mount("/static", static_files(), name="static")
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(NerbridgeError, _answer_own)
    app.add_exception_handler(Exception, _answer_unexpected)  # and then it goes on to the edge
    return UnderPath(RequestGuard(app, service), settings.root_path)


def _answer_http(request: Request, error: Any) -> Response:
    return http_problem(error).to_response(request.state.request_id)


def _answer_invalid(request: Request, error: Any) -> Response:
    return invalid_problem(error.errors()).to_response(request.state.request_id)


def _answer_own(request: Request, error: Any) -> Response:
    problem = to_problem(error)
    if problem.status_code >= 500:
        log.error("a request failed", exc_info=error)
    return problem.to_response(request.state.request_id)


def _answer_unexpected(request: Request, error: Exception) -> Response:
    return internal_problem().to_response(request.state.request_id)


@dataclass
class _Exchange:
    """A request and its answer, as the log tells of them."""

    id: str
    method: str
    began: float = field(default_factory=time.monotonic)
    status: int = 0
    is_answered: bool = False


class RequestGuard:
    """Before every request: is it wanted, may it, is it small enough. After it: count and log.

    The whole body is read here, so that what comes after has complete requests, and time spent on
    slow clients is no time in which anything is held but their bytes.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app, self.service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; nothing that happens in it leaves this method."""
        if scope["type"] != "http":
            await self.app(scope, receive, self._without_traceback(send))
            return
        headers = dict(scope["headers"])
        # The id goes into the log and the answer, so a client's own must be a plain word.
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        exchange = _Exchange(given if _ID.fullmatch(given) else uuid.uuid4().hex, scope["method"])
        scope.setdefault("state", {})["request_id"] = exchange.id
        self.service.n_active += 1
        try:
            await self._answer(scope, headers, receive, self._watch(scope, send, exchange))
        except ClientGone:
            exchange.status = exchange.status or 499  # as nginx has it; nobody is told
        except Exception as error:  # the edge: whatever happened, the client gets an answer
            facts = {"request_id": exchange.id}
            log.error("a request failed", exc_info=error, extra={FACTS: facts})
            if not exchange.is_answered:
                raise  # uvicorn closes the connection: half an answer must not look like one
        finally:
            self.service.n_active -= 1
            self._tell(scope, exchange)

    def _without_traceback(self, send: Send) -> Send:
        """Send, with the message alone of an error that was raised on purpose while starting."""

        async def told(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed" and self.service.why_not_started:
                message = {**message, "message": self.service.why_not_started}
            await send(message)

        return told

    async def _answer(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        n_bytes = 0
        try:
            body = await self._admit(scope, headers, receive)
            n_bytes = len(body)
            scope["state"]["is_body_read"] = True
            await self.app(scope, _replay(body, receive), send)
        except Problem as problem:
            await problem.to_response(scope["state"]["request_id"])(scope, receive, send)
        finally:
            self.service.buffers.release(n_bytes)

    async def _admit(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """The body of a request that is taken.

        Raises:
            Problem: it is not.
        """
        path, limits = scope["path"], self.service.limits
        # Probes come without end, so they must not delay the end of a worker.
        if path not in _ALWAYS_ANSWERED:
            self.service.last_came = time.monotonic()
        if self.service.is_draining and path not in _ALWAYS_ANSWERED:
            raise Problem(503, "shutting-down", "the server is ending.", retry_after_s=2)
        settings = self.service.settings
        is_open = settings.is_local and settings.token is None
        # Before the body is read: a request that is not allowed must not cost memory.
        check_site(scope["headers"], scope["method"], is_open=is_open)
        check_token(settings.token, path, headers.get(b"authorization"))
        if path == _TEXT_PATH and self.service.is_full:
            raise queue_full()  # before it costs anything
        is_document = path == _DOCUMENT_PATH
        max_bytes = limits.max_document_bytes if is_document else limits.max_bytes
        return await self.service.buffers.read(receive, headers.get(b"content-length"), max_bytes)

    def _watch(self, scope: Scope, send: Send, exchange: _Exchange) -> Send:
        """Send, with the headers that every answer has, and note the status."""

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = exchange.id
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                is_page = scope["path"] in PAGE_PATHS or scope["path"].startswith("/static/")
                headers.setdefault("Content-Security-Policy", PAGE_CSP if is_page else _CSP)
                if is_page:  # its files belong together: all are those of one version
                    headers["Cache-Control"] = "no-cache"
                # The rest of an unread body would be taken for the next request.
                if self.service.is_draining or not scope["state"].get("is_body_read"):
                    headers["Connection"] = "close"
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                exchange.is_answered = True

        return watched

    def _tell(self, scope: Scope, exchange: _Exchange) -> None:
        seconds, path = time.monotonic() - exchange.began, _template(scope)
        self.service.metrics.observe_request(exchange.method, path, exchange.status, seconds)
        facts = {
            "request_id": exchange.id,
            "method": exchange.method,
            "path": path,
            "status": exchange.status,
            "seconds": round(seconds, 4),
            **scope["state"].get("counts", {}),
        }
        log.info("request", extra={FACTS: facts})


def _replay(body: bytes, receive: Receive) -> Receive:
    """An ASGI channel that gives a body which was read already."""
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            # After the body, the application waits for the client to go away.
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _template(scope: Scope) -> str:
    """The path with names in the place of values, so that there are few of them."""
    path: str = scope["path"]
    if path.startswith("/static/"):
        return "/static"
    template = getattr(scope.get("route"), "path", None)
    known = {getattr(route, "path", None) for route in router.routes}
    return template or (path if path in known else "unmatched")
