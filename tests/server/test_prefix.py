"""The server under a path: real proxies, a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytest.importorskip("fastapi", reason="needs nerbridge[serve]")

import httpx2

import nerbridge.server
from browser import Watch, chromium
from nerbridge.client import Client
from nerbridge.errors import InputError
from nerbridge.server.prefix import check_root_path, clean_prefix
from proxy import proxy
from server_process import Server
from tiny_tagger import write_tiny_tagger

STATIC = Path(nerbridge.server.__file__).parent / "static"
REPORT = "<!doctype html><title>R</title><h1>Ours</h1>"
TEXT = "ৰমেন দাস গুৱাহাটীত আছিল।"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_tiny_tagger(tmp_path_factory.mktemp("prefix") / "tiny")
    (folder / "README.md").write_text("# Card\n")
    (folder.parent / "report.html").write_text(REPORT)
    return folder


@pytest.fixture(scope="module")
def options(model: Path) -> list[str]:
    return [
        *("--model", str(model), "--report", str(model.parent / "report.html")),
        *("--threads", "1"),
    ]


@pytest.fixture(scope="module")
def plain(options: list[str]) -> Iterator[Server]:
    with Server(*options) as running:
        yield running


@pytest.fixture(scope="module")
def rooted(options: list[str]) -> Iterator[Server]:
    with Server(*options, "--root-path", "/news/ner") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def _try_the_page(browser: Any, address: str, prefix: str) -> None:
    """Marks, card and report; every request stays under the prefix."""
    context = browser.new_context(locale="en-GB")
    origin = f"http://{urlsplit(address).netloc}"
    watch = Watch(context.new_page(), origin + prefix)
    watch.page.set_default_timeout(8000)
    watch.page.goto(address)
    watch.page.wait_for_selector("#model:not([hidden])")
    watch.write(TEXT)
    assert watch.marks() == [("ৰমেন দাস", "person"), ("গুৱাহাটীত", "place")]
    watch.page.click("#model")
    watch.page.wait_for_selector("#card-body h3:text-is('Card')")
    watch.page.keyboard.press("Escape")
    watch.page.click("#tab-report")
    watch.page.frame_locator("#panel-report iframe").locator("h1:has-text('Ours')").wait_for()
    own = (f"{origin}{prefix}/", f"blob:{origin}/", "data:")
    assert [url for url in watch.requests if not url.startswith(own) and url != address] == []
    assert watch.complaints == []
    context.close()


@pytest.mark.parametrize("options_of_proxy", [["strip"], ["strip", "forward"]])
@pytest.mark.parametrize("prefix", ["/ner", "/user/me/proxy/8000", "/tag"])
def test_the_page_behind_a_proxy_that_strips(
    plain: Server, browser: Any, prefix: str, options_of_proxy: list[str]
) -> None:
    with proxy(plain.url, prefix, *options_of_proxy) as address:
        _try_the_page(browser, f"{address}/", prefix)


def test_without_a_slash_where_the_proxy_says_the_prefix(plain: Server, browser: Any) -> None:
    with proxy(plain.url, "/ner", "strip", "forward") as address:
        _try_the_page(browser, address, "/ner")


@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize("options_of_proxy", [[], ["strip"], ["forward"]])
def test_the_page_with_a_root_path(
    rooted: Server, browser: Any, options_of_proxy: list[str], end: str
) -> None:
    with proxy(rooted.url, "/news/ner", *options_of_proxy) as address:
        _try_the_page(browser, f"{address}{end}", "/news/ner")


@pytest.mark.parametrize("options_of_proxy", [[], ["strip"]])
def test_programs_and_the_description(
    rooted: Server, options_of_proxy: list[str], tmp_path: Path
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text(TEXT)
    with proxy(rooted.url, "/news/ner", *options_of_proxy) as address, Client(address) as client:
        assert client.ready()
        assert [entity.text for entity in client.tag(TEXT)] == ["ৰমেন দাস", "গুৱাহাটীত"]
        assert len(client.tag_document(letter)["entities"]) == 2
        found = httpx2.get(f"{address}/openapi.json").json()
    assert found["servers"] == [{"url": "/news/ner"}]
    assert "/tag" in found["paths"]


def test_only_paths_of_the_server_are_answered_under_a_root_path(rooted: Server) -> None:
    assert rooted.http.get("/news/ner/no/such").status_code == 404
    assert rooted.http.get("/news/nerves").status_code == 404
    assert rooted.http.get("/news/ner/news/ner/models").status_code == 404
    assert rooted.http.get("/news/ner/models").status_code == 200
    paths = {line["path"] for line in rooted.requests()}
    assert "/models" in paths
    assert not any(path.startswith("/news") for path in paths)


def test_a_header_gets_nobody_past_the_token(options: list[str]) -> None:
    with Server(*options, "--root-path", "/ner", NERBRIDGE_TOKEN="t" * 20) as server:
        for path in ("/models", "/ner/models", "/static/models", "/ner/ner/models"):
            for prefix in ("/static", "/static/models", "/ner/static", "/"):
                answer = server.http.get(path, headers={"X-Forwarded-Prefix": prefix})
                assert answer.status_code in (401, 404), (path, prefix)
        assert server.http.get("/ner/models").status_code == 401


@pytest.mark.parametrize("value", ["//evil.example", "https://evil.example", '/a"><script>', "a b"])
def test_a_header_that_is_no_path_is_not_written_into_the_page(plain: Server, value: str) -> None:
    answer = plain.http.get("/", headers={"X-Forwarded-Prefix": value})
    assert re.findall(r'(?:src|href)="([^#"]*)"', answer.text) == [
        *("static/icon.svg", "static/app.css", "static/theme.js", "static/app.js"),
    ]
    assert "X-Forwarded-Prefix".lower() in answer.headers["Vary"].lower()


def test_no_file_of_the_page_names_a_path_from_the_root() -> None:
    """In quotes, behind ``url(``, or in a template: an import, a link or a request."""
    files = [path for path in STATIC.iterdir() if path.suffix in (".html", ".js", ".css")]
    found = [
        f"{path.name}: {link}"
        for path in files
        for link in re.findall(r"""["'`(]/[A-Za-z$][^"'`)]*""", path.read_text("utf-8"))
    ]
    assert files
    assert found == []


@pytest.mark.parametrize(
    ("given", "prefix"),
    [("", ""), ("/", ""), ("ner", "/ner"), ("/ner/", "/ner"), ("/a/b-1.2_~/", "/a/b-1.2_~")],
)
def test_root_paths_are_cleaned(given: str, prefix: str) -> None:
    assert check_root_path(given) == prefix == clean_prefix(given)


@pytest.mark.parametrize(
    "given", ["https://host/ner", "/a b", "//ner", "/ner?x", "/tag", "static/x"]
)
def test_what_cannot_be_a_root_path_is_refused(given: str) -> None:
    with pytest.raises(InputError, match="--root-path"):
        check_root_path(given)
