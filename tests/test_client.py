"""The client, against a real server and against one that misbehaves."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

pytest.importorskip("fastapi", reason="needs nerbridge[serve]")

from nerbridge.client import BATCH_TEXTS, Client
from nerbridge.errors import (
    DocumentError,
    EnvironmentProblem,
    InputError,
    ModelError,
    NerbridgeError,
    TextError,
    TextTypeError,
)
from nerbridge.tagging.entity import Entity
from nerbridge.tagging.tagger import Tagger
from server_process import Server

TOKEN = "a-token-of-some-length"
TEXTS = ["ভূপেন হাজৰিকাৰ জন্ম শদিয়াত হৈছিল।", "", "গুৱাহাটী অসমৰ ডাঙৰ চহৰ। 😀"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("--max-chars", "1000", NERBRIDGE_TOKEN=TOKEN) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with Client(server.url, token=TOKEN, patience=5) as found:
        yield found


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load("bundled:as", n_threads=1)


def same(found: list[Entity], expected: list[Entity]) -> bool:
    """Equal, but for the last bit of the scores."""
    close = all(abs(a.score - b.score) < 1e-12 for a, b in zip(found, expected, strict=False))
    plain = [{**e.to_dict(), "score": 0} for e in found]
    return close and plain == [{**e.to_dict(), "score": 0} for e in expected]


def test_tags_as_the_tagger_does(client: Client, tagger: Tagger) -> None:
    for text in TEXTS:
        assert same(client.tag(text), tagger.tag(text))
    assert client.tag(TEXTS[0])
    assert client.tag(TEXTS[0])._repr_html_() == tagger.tag(TEXTS[0])._repr_html_()


def test_many_texts_stream(client: Client, tagger: Tagger) -> None:
    n_read = 0

    def endless() -> Iterator[str]:
        nonlocal n_read
        while True:
            n_read += 1
            yield TEXTS[n_read % len(TEXTS)]

    results = client.tag_many(endless())
    for number in range(1, BATCH_TEXTS + 10):
        assert same(next(results), tagger.tag(TEXTS[number % len(TEXTS)]))
    assert n_read <= 2 * BATCH_TEXTS + 1
    assert list(client.tag_many([])) == []


def test_options(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "টোকা.txt"
    path.write_text(TEXTS[0] + TEXTS[2], "utf-8")
    with Client(server.url, token=TOKEN, types=["LOC"], min_score=0.3) as client:
        found = client.tag(path.read_text("utf-8"))
        in_file = client.tag_document(path)
    assert {entity.type for entity in found} == {"LOC"}
    assert all(entity.score >= 0.3 for entity in found)
    assert [entity["text"] for entity in in_file["entities"]] == [e.text for e in found]
    assert (in_file["name"], in_file["kind"]) == (path.name, "text")


def test_copies_of_a_document(server: Server, client: Client, tmp_path: Path) -> None:
    path = tmp_path / "টোকা.txt"
    path.write_text("জোনালী শইকীয়া কালি যোৰহাটৰ পৰা আহিছিল।", "utf-8")
    assert client.redact_document(path).decode() == "[PER] কালি [LOC] পৰা আহিছিল।"
    one = "জোনালী শইকীয়া কালি [LOC] পৰা আহিছিল।"
    assert client.redact_document(path, "LOC").decode() == one
    assert b"<mark" in client.annotate_document(path)
    with Client(server.url, token=TOKEN, types=["LOC"]) as narrow:
        assert narrow.redact_document(path).decode() == one
        with pytest.raises(InputError, match="not among the types"):
            narrow.redact_document(path, ["PER"])
    with pytest.raises(InputError, match="types: found none"):
        client.redact_document(path, [])


def test_a_whole_page(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><p>{TEXTS[0]}</p><nav>তালিকা</nav>", "utf-8")
    assert "তালিকা" not in client.tag_document(path)["text"]
    assert "তালিকা" in client.tag_document(path, whole_page=True)["text"]
    assert "তালিকা" in client.annotate_document(path, whole_page=True).decode()
    assert "তালিকা" in client.redact_document(path, whole_page=True).decode()


def test_models_and_ready(client: Client) -> None:
    assert client.models()[0]["name"] == "bundled:as"
    assert client.ready()
    assert not Client("http://127.0.0.1:9").ready()


def test_errors_say_what_the_server_says(client: Client, server: Server, tmp_path: Path) -> None:
    def refused(kind: type[NerbridgeError], said: str, call: Any) -> None:
        with pytest.raises(kind, match=said) as caught:
            call()
        assert type(caught.value) is kind

    refused(InputError, "text 1 has 1,001 characters", lambda: client.tag("a" * 1001))
    refused(TextError, "lone surrogate", lambda: client.tag("\ud800"))
    refused(TextTypeError, "found int, expected str", lambda: client.tag(5))  # type: ignore[arg-type]
    refused(TextTypeError, "use tag_many", lambda: client.tag(["অসম"]))  # type: ignore[arg-type]
    refused(InputError, "a wrong token", lambda: Client(server.url, token="x").tag("a"))
    refused(InputError, "no token.*NERBRIDGE_TOKEN", lambda: Client(server.url).tag("a"))
    other = Client(server.url, token=TOKEN, model="other")
    refused(ModelError, "no model of that name", lambda: other.tag("a"))
    refused(InputError, "no such file|cannot be read", lambda: client.tag_document("nowhere.pdf"))
    damaged = tmp_path / "a.pdf"
    damaged.write_bytes(b"%PDF-1.4 nothing")
    refused(DocumentError, r"a\.pdf", lambda: client.tag_document(damaged))
    refused(EnvironmentProblem, "no answer", lambda: Client("http://127.0.0.1:9").tag("a"))
    refused(InputError, "printable ASCII", lambda: Client(server.url, token="a\u200bb"))
    typeless = Client(server.url, token=TOKEN, types=[])
    refused(InputError, "types: found none", lambda: typeless.tag_document(damaged))
    for wrong in ("localhost:8000", "ftp://a", "http://", "", "http://a:b"):
        refused(InputError, "no URL", partial(Client, wrong))


class Fickle(BaseHTTPRequestHandler):
    """Answers what `replies` says, one after the other."""

    protocol_version = "HTTP/1.1"
    replies: ClassVar[list[tuple[int, dict[str, str], str]]]
    times: ClassVar[list[float]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.times.append(time.monotonic())
        status, headers, body = self.replies.pop(0)
        if status == 0:  # gone without a word
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body.encode())), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def fickle() -> Iterator[tuple[str, type[Fickle]]]:
    handler = type("Handler", (Fickle,), {"replies": [], "times": []})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_address[1]}", handler
    http.shutdown()
    http.server_close()


GOOD = (200, {}, json.dumps({"model": "m", "results": [{"entities": [], "notices": []}]}))
BUSY = json.dumps({"type": "urn:nerbridge:problem:queue-full", "detail": "too many wait."})


def test_a_busy_server_is_asked_again_when_it_says(fickle: tuple[str, type[Fickle]]) -> None:
    url, handler = fickle
    handler.replies += [(503, {"Retry-After": "1"}, BUSY), (429, {}, BUSY), (0, {}, ""), GOOD]
    assert Client(url).tag("a") == []
    first, second, third, _ = handler.times
    assert second - first >= 1
    assert third - second >= 0.25


def test_a_slow_answer_is_told_from_none(fickle: tuple[str, type[Fickle]]) -> None:
    url, handler = fickle
    handler.replies += [(200, {"Content-Length": "9"}, "")]
    with pytest.raises(EnvironmentProblem, match=r"within 0\.3 s.*timeout="):
        Client(url, timeout=0.3).tag("a")


def test_faults_of_a_stream_are_counted_from_its_start(client: Client) -> None:
    with pytest.raises(TextError, match=f"text {BATCH_TEXTS + 2}: found NoneType"):
        list(client.tag_many([*["a"] * (BATCH_TEXTS + 1), None]))  # type: ignore[list-item]
    said = rf"text 2 has 1,001 characters.*counted from text {BATCH_TEXTS + 1} of those given"
    with pytest.raises(InputError, match=said):
        list(client.tag_many([*["a"] * (BATCH_TEXTS + 1), "a" * 1001]))
    with pytest.raises(TextError, match="expected several texts"):
        next(client.tag_many("অসম"))


def test_patience_ends(fickle: tuple[str, type[Fickle]]) -> None:
    url, handler = fickle
    handler.replies += [(503, {"Retry-After": "100"}, BUSY)]
    with pytest.raises(EnvironmentProblem, match=r"too many wait\. Try again later"):
        Client(url, patience=2).tag("a")
    assert len(handler.times) == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ((200, {}, "<html>"), EnvironmentProblem),
        ((500, {}, "<html>"), EnvironmentProblem),
        ((404, {}, "[]"), InputError),
        ((500, {}, '{"type": "urn:nerbridge:problem:model-error", "detail": "d"}'), ModelError),
    ],
)
def test_answers_of_another_server(
    fickle: tuple[str, type[Fickle]], reply: Any, kind: type[NerbridgeError]
) -> None:
    url, handler = fickle
    handler.replies.append(reply)
    with pytest.raises(kind):
        Client(url).tag("a")


def test_the_example_of_the_documentation(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Path(__file__).parent.parent / "docs" / "serving.md"
    [example] = re.findall(r"^```py\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    monkeypatch.setenv("NERBRIDGE_TOKEN", TOKEN)
    exec(example.replace("http://127.0.0.1:8000", server.url), {})
    assert capsys.readouterr().out == "PER জোনালী শইকীয়া\nLOC যোৰহাটৰ\nLOC গুৱাহাটীলৈ\n"
