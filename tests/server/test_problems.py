"""Errors as answers: every error of the tree has a row, and internals stay inside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.exceptions import HTTPException

from nerbridge.errors import NerbridgeError
from nerbridge.server.problems import (
    ERROR_RESPONSES,
    Problem,
    http_problem,
    internal_problem,
    invalid_problem,
    to_problem,
)


def tree(root: type[NerbridgeError]) -> Iterator[type[NerbridgeError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == "nerbridge.errors":
            yield from tree(child)


EVERY_ERROR = sorted(set(tree(NerbridgeError)), key=lambda cls: cls.__name__)
SECRET = "/srv/models/assamese: damaged"


def test_the_table_is_the_tree() -> None:
    assert set(ERROR_RESPONSES) == set(EVERY_ERROR)
    assert len({row.kind for row in ERROR_RESPONSES.values()}) == len(ERROR_RESPONSES)


@pytest.mark.parametrize("kind", EVERY_ERROR, ids=lambda cls: cls.__name__)
def test_every_error_has_an_answer(kind: type[NerbridgeError]) -> None:
    problem = to_problem(kind(SECRET))
    is_the_clients = problem.status_code < 500
    assert problem.status_code in (422, 500, 503)
    assert (SECRET in problem.to_response().body.decode()) == is_the_clients
    assert ("Retry-After" in problem.headers) == (problem.status_code == 503)  # type: ignore[operator]


def test_a_class_that_is_not_in_the_tree_is_answered_as_its_base() -> None:
    class Special(NerbridgeError):
        pass

    assert to_problem(Special(SECRET)).status_code == 500
    assert SECRET not in str(to_problem(Special(SECRET)).to_dict())


def test_a_problem_says_what_rfc_9457_wants() -> None:
    response = Problem(503, "busy", "so busy.", retry_after_s=3).to_response("id-1")
    assert response.media_type == "application/problem+json"
    assert response.headers["Retry-After"] == "3"
    assert response.body == (
        b'{"type":"urn:nerbridge:problem:busy","title":"Service Unavailable","status":503,'
        b'"detail":"so busy.","request_id":"id-1"}'
    )


def test_invalid_requests_are_described_without_what_was_sent() -> None:
    found = [
        {"type": "missing", "loc": ("body", "TagText", "text"), "msg": "Field required"},
        {"type": "extra", "loc": ("body", "\ud800" + "x" * 100), "msg": "No", "input": SECRET},
        *[{"type": "t", "loc": ("body", number), "msg": "m"} for number in range(50)],
    ]
    problem = invalid_problem(found)
    body = problem.to_response().body.decode()
    assert "body.text: Field required" in body
    assert SECRET not in body
    assert len(problem.to_dict()["errors"]) == 10


def test_refusals_of_the_framework_keep_their_headers() -> None:
    problem = http_problem(HTTPException(405, "x", {"Allow": "GET"}))
    assert (problem.status_code, problem.kind) == (405, "method-not-allowed")
    assert problem.headers == {"Allow": "GET"}
    assert http_problem(problem) is problem
    assert internal_problem().status_code == 500
