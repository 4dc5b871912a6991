"""Who may ask."""

import pytest

from nerbridge.server.access import check_token
from nerbridge.server.problems import Problem

TOKEN = "a-token-of-some-length"
RIGHT = f"Bearer {TOKEN}".encode()


@pytest.mark.parametrize(
    ("token", "path", "header"),
    [
        (None, "/tag", None),
        (TOKEN, "/tag", RIGHT),
        (TOKEN, "/tag", f"bearer  {TOKEN} ".encode()),
        (TOKEN, "/", None),
        (TOKEN, "/ready", b"Bearer wrong"),
        (TOKEN, "/static/app.css", None),
    ],
)
def test_may(token: str | None, path: str, header: bytes | None) -> None:
    check_token(token, path, header)


@pytest.mark.parametrize("path", ["/tag", "/models", "/static", "/healthy", "/report", ""])
@pytest.mark.parametrize(
    "header",
    [None, b"", b"Bearer", b"Basic " + TOKEN.encode(), TOKEN.encode(), RIGHT + b"x", b"\xff"],
)
def test_may_not(path: str, header: bytes | None) -> None:
    with pytest.raises(Problem) as refusal:
        check_token(TOKEN, path, header)
    assert refusal.value.status_code == 401
    assert refusal.value.headers == {"WWW-Authenticate": "Bearer"}
    assert TOKEN not in refusal.value.detail
