"""Errors as answers: ``application/problem+json`` (RFC 9457), and never anything internal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from nerbridge import errors

MEDIA_TYPE = "application/problem+json"
URN = "urn:nerbridge:problem:"
_MAX_LISTED = 10
_MESSAGES = {
    "json_invalid": "not valid JSON",
    "model_attributes_type": "expected a JSON object, sent with Content-Type: application/json",
}
_DETAILS = {400: "The body cannot be read. Expected JSON in UTF-8, or a form, not compressed."}


class Problem(HTTPException):
    """A refusal, with all that its answer says.

    ``kind`` is a short name that programs can rely on; ``detail`` is for people.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        retry_after_s: int | None = None,
        headers: Mapping[str, str] | None = None,
        mistakes: Sequence[Mapping[str, str]] = (),
    ) -> None:
        retry = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
        super().__init__(status, detail, {**(headers or {}), **retry})
        self.kind, self.mistakes = kind, mistakes

    def to_dict(self) -> dict[str, Any]:
        """The answer's body.

        >>> Problem(404, "no-such-model", "no model x.").to_dict()["title"]
        'Not Found'
        """
        found = {
            "type": URN + self.kind,
            "title": HTTPStatus(self.status_code).phrase,
            "status": self.status_code,
            "detail": self.detail,
        }
        return {**found, "errors": list(self.mistakes)} if self.mistakes else found

    def to_response(self, request_id: str | None = None) -> JSONResponse:
        """The answer."""
        content = {**self.to_dict(), "request_id": request_id}
        return JSONResponse(content, self.status_code, headers=self.headers, media_type=MEDIA_TYPE)


@dataclass(frozen=True)
class ErrorResponse:
    """How an error is answered; its message goes to the client only if ``is_shown``."""

    status: int
    kind: str
    is_shown: bool = False


ERROR_RESPONSES: dict[type[errors.NerbridgeError], ErrorResponse] = {
    errors.NerbridgeError: ErrorResponse(500, "internal"),
    errors.InputError: ErrorResponse(422, "input-error", is_shown=True),
    errors.CorpusError: ErrorResponse(422, "corpus-error", is_shown=True),
    errors.RecipeError: ErrorResponse(422, "recipe-error", is_shown=True),
    errors.DocumentError: ErrorResponse(422, "document-error", is_shown=True),
    errors.TextError: ErrorResponse(422, "text-error", is_shown=True),
    errors.TextTypeError: ErrorResponse(422, "text-type-error", is_shown=True),
    # Their messages name places on this machine.
    errors.ModelError: ErrorResponse(500, "model-error"),
    errors.RunError: ErrorResponse(500, "run-error"),
    errors.EnvironmentProblem: ErrorResponse(503, "environment-problem"),
}
"""Every class of `nerbridge.errors` has a row (tested)."""


def to_problem(error: errors.NerbridgeError) -> Problem:
    """The answer to an error raised on purpose.

    >>> to_problem(errors.ModelError("/srv/model: damaged")).detail
    'The server failed; its log says why.'
    """
    row = next(ERROR_RESPONSES[cls] for cls in type(error).__mro__ if cls in ERROR_RESPONSES)
    detail = str(error) if row.is_shown else "The server failed; its log says why."
    return Problem(row.status, row.kind, detail, retry_after_s=60 if row.status == 503 else None)


def internal_problem() -> Problem:
    """The answer to an error nobody expected."""
    return Problem(500, "internal", "The server failed; its log says why.")


def invalid_problem(found: Iterable[Mapping[str, Any]]) -> Problem:
    """The answer to a request of the wrong form: where, and what is expected, not what was sent."""
    mistakes = list(_describe(found))
    detail = "; ".join(f"{mistake['place']}: {mistake['message']}" for mistake in mistakes)
    return Problem(422, "invalid-request", detail, mistakes=mistakes)


def _describe(found: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    for error, _ in zip(found, range(_MAX_LISTED), strict=False):
        # The name of the form that a body was taken for is no part of it.
        parts = [_part(part) for part in error["loc"] if part not in ("TagText", "TagTexts")]
        place = "body" if error["type"] == "json_invalid" else ".".join(parts)
        yield {"place": place, "message": _say(error)}


def _say(error: Mapping[str, Any]) -> str:
    """What is wrong, for people who do not know what the server is written in."""
    if "UploadFile" in error["msg"]:
        return "expected a file, sent as multipart/form-data"
    message: str = _MESSAGES.get(error["type"], error["msg"])
    return message.removeprefix("Value error, ")


def _part(part: object) -> str:
    """A step of the way to a mistake; a key may be anything a client made up."""
    return str(part)[:40].encode("ascii", "backslashreplace").decode()


def http_problem(error: HTTPException) -> Problem:
    """The answer to what the web framework refuses, such as an unknown path."""
    if isinstance(error, Problem):
        return error
    phrase = HTTPStatus(error.status_code).phrase
    kind = phrase.lower().replace(" ", "-")
    detail = _DETAILS.get(error.status_code, f"{phrase}.")
    return Problem(error.status_code, kind, detail, headers=error.headers)
