"""Who may ask."""

from pathlib import Path

import pytest

from nerbridge.errors import InputError
from nerbridge.server.access import (
    check_site,
    check_token,
    is_loopback,
    is_this_machine,
    read_token,
)
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


OWN = [(b"host", b"localhost:8000")]


@pytest.mark.parametrize(
    ("method", "headers", "is_open"),
    [
        ("POST", [], True),  # such as HTTP/1.0
        ("POST", OWN, True),
        ("POST", [(b"host", b"ner.example")], False),
        ("POST", [*OWN, (b"origin", b"http://127.0.0.1:8000")], True),
        ("POST", [(b"origin", b"https://ner.example"), (b"sec-fetch-site", b"same-origin")], False),
        ("GET", [*OWN, (b"sec-fetch-site", b"cross-site")], True),  # a link
    ],
)
def test_sites_that_may(method: str, headers: list[tuple[bytes, bytes]], is_open: bool) -> None:
    check_site(headers, method, is_open=is_open)


@pytest.mark.parametrize(
    ("method", "headers", "is_open", "kind"),
    [
        ("GET", [(b"host", b"evil.example:8000")], True, "foreign-host"),
        ("POST", [*OWN, (b"host", b"evil.example")], True, "foreign-host"),
        ("POST", [*OWN, (b"origin", b"null")], True, "cross-site"),
        ("POST", [*OWN, (b"origin", b"http://evil.example")], True, "cross-site"),
        ("POST", [*OWN, (b"sec-fetch-site", b"cross-site")], False, "cross-site"),
        ("PUT", [*OWN, (b"sec-fetch-site", b"same-site")], False, "cross-site"),
    ],
)
def test_sites_that_may_not(
    method: str, headers: list[tuple[bytes, bytes]], is_open: bool, kind: str
) -> None:
    with pytest.raises(Problem) as refusal:
        check_site(headers, method, is_open=is_open)
    assert (refusal.value.status_code, refusal.value.kind) == (403, kind)


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


def test_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NERBRIDGE_TOKEN", raising=False)
    assert read_token(None) is None
    monkeypatch.setenv("NERBRIDGE_TOKEN", "0123456789abcdef")
    assert read_token(None) == "0123456789abcdef"
    path = tmp_path / "token"
    path.write_text("another-0123456789\n")
    assert read_token(path) == "another-0123456789"
    for wrong in ("", "short", "অসম" * 10, "a b\x00c" * 10):
        path.write_text(wrong, "utf-8")
        with pytest.raises(InputError, match="expected 16 or more"):
            read_token(path)
    monkeypatch.setenv("NERBRIDGE_TOKEN", "")
    with pytest.raises(InputError, match="NERBRIDGE_TOKEN: 0 characters"):
        read_token(None)
