"""Every path, asked over HTTP from a real server."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from nerbridge.models.bundled import TAGGERS
from nerbridge.server.app import create_app
from nerbridge.server.limits import ServerSettings
from nerbridge.server.routes import PAGE_CSP
from nerbridge.tagging.tagger import Tagger
from server_process import Server

TEXTS = [
    "ভূপেন হাজৰিকাৰ জন্ম শদিয়াত হৈছিল।",
    "",
    "  \n",
    "গুৱাহাটী বিশ্ববিদ্যালয় জালুকবাৰীত আছে। 😀 তাৰ কাষেৰে ব্ৰহ্মপুত্ৰ বৈ যায়।",
    "ৰাণীয়ে কলিকতাৰ পৰা যোৰহাটলৈ চিঠি লিখিলে, কিন্তু উত্তৰ নাপালে।",
    "plain words",
]


def expected(tagger: Tagger, text: str) -> list[dict[str, Any]]:
    """As `nerbridge.tagging.Tagger` has it; the last bit of a score is the batch's."""
    return [
        {**entity.to_dict(), "score": pytest.approx(entity.score, abs=1e-12)}
        for entity in tagger.tag(text)
    ]


def test_answers_are_those_of_the_tagger(server: Server, tagger: Tagger) -> None:
    answer = server.http.post("/tag", json={"texts": TEXTS}).json()
    assert answer["model"] == "bundled:as"
    assert [result["entities"] for result in answer["results"]] == [
        expected(tagger, text) for text in TEXTS
    ]
    assert any(result["entities"] for result in answer["results"])
    one = server.http.post("/tag", json={"text": TEXTS[0]}).json()
    assert one["results"][0]["entities"] == expected(tagger, TEXTS[0])


def test_many_at_once_are_all_right(server: Server, tagger: Tagger) -> None:
    def ask(number: int) -> tuple[str, Any]:
        text = f"{TEXTS[number % len(TEXTS)]} {number}"
        answer = server.http.post("/tag", json={"text": text})
        assert answer.status_code == 200, answer.text
        return text, answer.json()["results"][0]["entities"]

    with ThreadPoolExecutor(64) as threads:
        answers = list(threads.map(ask, range(256)))
    for text, entities in answers:
        assert entities == expected(tagger, text)


def test_options(server: Server, tagger: Tagger) -> None:
    def found(**options: Any) -> list[dict[str, Any]]:
        answer = server.http.post("/tag", json={"text": TEXTS[3], **options})
        assert answer.status_code == 200, answer.text
        entities: list[dict[str, Any]] = answer.json()["results"][0]["entities"]
        return entities

    everything = expected(tagger, TEXTS[3])
    kept = [e.text for e in tagger.tag(TEXTS[3]) if e.score >= 0.5 and e.type == "LOC"]
    assert [e["text"] for e in found(min_score=0.5, types=["LOC"])] == kept
    assert 0 < len(kept) < len(everything)
    assert found(min_score=1) == []
    assert found(types=[]) == []
    assert found(model="bundled:as") == everything


def test_romanised_text_is_noticed(server: Server) -> None:
    results = server.http.post(
        "/tag", json={"texts": ["moi kali Guwahatit asilu aru bhal palu", TEXTS[0]]}
    ).json()["results"]
    assert "Latin letters" in results[0]["notices"][0]
    assert results[1]["notices"] == []


@pytest.mark.parametrize(
    ("body", "status", "kind", "said"),
    [
        ("{", 422, "invalid-request", "body: not valid JSON"),
        ("[]", 422, "invalid-request", "body: expected a JSON object, sent with Content-Type: "),
        ("{}", 422, "invalid-request", "body.text: Field required"),
        ('{"text": 5}', 422, "invalid-request", "body.text: Input should be a valid string"),
        ('{"text": "a", "texts": []}', 422, "invalid-request", "body.text: Extra inputs"),
        ('{"text": "\\ud800"}', 422, "invalid-request", "body.text: half a character"),
        ('{"text": "a", "min_score": NaN}', 422, "invalid-request", "body.min_score"),
        ('{"text": "a", "min_score": 2}', 422, "invalid-request", "less than or equal to 1"),
        ('{"text": "a", "types": ["GPE"]}', 422, "input-error", "knows PER, ORG, LOC"),
        ('{"text": "a", "model": "../x"}', 404, "no-such-model", "there are bundled:as"),
        ('{"text": ' + "[" * 100_000, 400, "bad-request", "cannot be read"),
        ('{"text": ' + "9" * 10_000 + "}", 400, "bad-request", "Expected JSON"),
        (json.dumps({"text": "a" * 100_001}), 413, "too-large", "text 1 has 100,001 characters"),
        (json.dumps({"texts": [""] * 257}), 413, "too-large", "257 texts; at most 256"),
    ],
)
def test_wrong_requests(server: Server, body: str, status: int, kind: str, said: str) -> None:
    answer = server.http.post("/tag", content=body, headers={"Content-Type": "application/json"})
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status), problem
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["type"] == f"urn:nerbridge:problem:{kind}"
    assert said in problem["detail"]
    assert problem["request_id"] == answer.headers["X-Request-ID"]


def test_what_was_sent_is_not_sent_back(server: Server) -> None:
    secret = "গোপন"
    for body in ({"text": [secret]}, {secret: 1}, {"text": "a", "model": secret}):
        assert secret not in server.http.post("/tag", json=body).text


@pytest.mark.parametrize("path", ["/tag", "/tag/document"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", None])
def test_what_a_form_can_send_is_not_read_as_json(server: Server, path: str, kind: str) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = server.http.post(path, content=b'{"text": "a"}', headers=headers)
    assert answer.status_code == 422


def test_pages_of_other_sites_get_nothing(server: Server) -> None:
    for headers in (
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = server.http.post("/tag", json={"text": "a"}, headers=headers)
        assert (answer.status_code, answer.headers["Connection"]) == (403, "close")
    assert server.http.get("/models", headers={"Host": "evil.example"}).status_code == 403


def test_documents(server: Server, tagger: Tagger) -> None:
    text = "ভূপেন হাজৰিকাৰ জন্ম শদিয়াত হৈছিল।\n\nগুৱাহাটী অসমৰ ডাঙৰ চহৰ।\n"
    name = "../টোকা.txt"

    def send(**options: str) -> httpx2.Response:
        return server.http.post(
            "/tag/document", files={"file": (name, text.encode())}, data=options
        )

    answer = send().json()
    assert (answer["kind"], answer["name"], answer["text"]) == ("text", "টোকা.txt", text)
    assert len(answer["segments"]) == 2
    assert answer["entities"]
    for entity in answer["entities"]:
        assert text[entity["start_char"] : entity["end_char"]] == entity["text"]
        inside = [s for s in answer["segments"] if s["place"] == entity["place"]]
        assert inside[0]["start_char"] <= entity["start_char"] < inside[0]["end_char"]
    assert {entity["type"] for entity in send(types="PER").json()["entities"]} == {"PER"}
    assert send(whole_page="true").json()["text"] == text
    page = send(**{"as": "html"})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<mark" in page.text
    assert "sandbox" in page.headers["Content-Security-Policy"]
    copy = send(**{"as": "redacted", "redact": "PER"})
    assert "হাজৰিকা" not in copy.text
    assert "গুৱাহাটী" in copy.text
    assert copy.headers["Content-Disposition"] == 'attachment; filename="redacted.txt"'


def test_a_copy_hides_what_it_was_asked_to_hide_or_is_refused(server: Server) -> None:
    text = "ভূপেন হাজৰিকাৰ জন্ম শদিয়াত হৈছিল।\n\nগুৱাহাটী এখন ডাঙৰ চহৰ।\n"

    def send(**options: str) -> httpx2.Response:
        files = {"file": ("a.txt", text.encode())}
        return server.http.post("/tag/document", files=files, data={"as": "redacted", **options})

    for options in ({"types": "LOC", "redact": "PER"}, {"types": "LOC", "redact": "LOC,PER"}):
        answer = send(**options)
        assert (answer.status_code, answer.json()["type"]) == (
            422,
            "urn:nerbridge:problem:input-error",
        )
        assert "redact" in answer.json()["detail"]
        assert "LOC" in answer.json()["detail"]
    assert send(types="LOC").text == text.replace("গুৱাহাটী", "[LOC]")
    assert send(types="LOC,PER", redact="PER").text == text.replace("ভূপেন হাজৰিকাৰ", "[PER]")
    assert send(redact=",").status_code == 422


@pytest.mark.parametrize("path", ["/tag", "/tag/document"])
def test_notices_are_looked_for_beside_the_event_loop(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request of many long texts takes a while, in which other requests are to be answered."""
    asked: list[tuple[int, bool]] = []

    def note(text: str, script: str | None, trained_on: frozenset[str]) -> list[str]:
        asked.append((len(text), threading.current_thread() is threading.main_thread()))
        return []

    monkeypatch.setattr("nerbridge.models.word_model.notices_for", note)

    async def ask() -> httpx2.Response:
        app = create_app(ServerSettings())
        await app.app.service.start()  # type: ignore[attr-defined]
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
            if path == "/tag":
                return await http.post(path, json={"texts": ["অসম " * 1000] * 2})
            return await http.post(path, files={"file": ("a.txt", ("অসম " * 1000).encode())})

    assert asyncio.run(ask()).status_code == 200
    # The tagger looks for them, too, where it warns in Python.
    assert set(asked) == {(2000, False)}
    assert len(asked) >= (2 if path == "/tag" else 1)


@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        (b"%PDF-1.7 nothing", 422, "document-error"),
        (b"", 422, "document-error"),
        (b"PK\x03\x04 nothing", 422, "document-error"),
        (b"\x00\x01\x02\xff" * 50, 422, "document-error"),
    ],
)
def test_damaged_documents(server: Server, content: bytes, status: int, kind: str) -> None:
    answer = server.http.post("/tag/document", files={"file": ("a.pdf", content)})
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:nerbridge:problem:{kind}")


def test_models_and_card(server: Server) -> None:
    [model] = server.http.get("/models").json()["models"]
    assert (model["name"], model["is_default"], model["script"]) == ("bundled:as", True, "Beng")
    assert (model["languages"], model["license"]) == (["as", "bn", "hi"], "apache-2.0")
    assert (model["has_card"], model["has_report"]) == (True, False)
    assert 0.5 < model["scores"]["asner_as"]["f1"] < 0.7
    assert model["n_bytes"] > 5_000_000
    card = server.http.get("/models/bundled:as/card")
    assert card.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert card.text == (TAGGERS / "as" / "README.md").read_text("utf-8")
    shown = server.http.get("/models/bundled:as/card?as=html")
    assert shown.headers["Content-Type"] == "text/html; charset=utf-8"
    assert shown.text.startswith("<h3>")
    assert '<div class="table" tabindex="0"><table>' in shown.text
    assert server.http.get("/models/bundled:as/card?as=pdf").status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/" + "a" * 5000,
        "/models/..%2f..%2fapp.py/card",
        "/models/%2fetc%2fpasswd/card",
        "/models/%00/card",
        "/models//card",
        "/report/../app.py",
        "/docs",
        "/tag/",
    ],
)
def test_nothing_else_is_served(server: Server, path: str) -> None:
    url = httpx2.URL(server.url).copy_with(raw_path=path.encode())
    answer = server.http.get(url)
    assert answer.status_code == 404, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "def " not in answer.text


def test_what_is_watched_may_be_asked_for_its_head_alone(server: Server) -> None:
    for path in ("/", "/health", "/ready"):
        answer = server.http.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


def test_text_without_its_content_type_is_told_of_it(server: Server) -> None:
    answer = server.http.post("/tag", content=json.dumps({"text": "a"}))
    assert answer.status_code == 422
    assert "Content-Type: application/json" in answer.json()["detail"]


def test_a_document_alone(server: Server) -> None:
    files = [("file", ("a.txt", b"a")), ("file", ("b.txt", b"b"))]
    answer = server.http.post("/tag/document", files=files)
    assert (answer.status_code, answer.json()["detail"][:28]) == (
        422,
        "file: found 2, expected one.",
    )
    answer = server.http.post("/tag/document", data={"file": "a"})
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "body.file: expected a file, sent as multipart/form-data",
    )


def test_wrong_methods(server: Server) -> None:
    answer = server.http.get("/tag")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert server.http.request("TRACE", "/health").status_code == 405


def test_the_page_loads_nothing_from_elsewhere(server: Server) -> None:
    answer = server.http.get("/")
    assert answer.headers["Content-Security-Policy"] == PAGE_CSP
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/static/app.css"])
def test_after_an_upgrade_no_file_of_the_page_is_an_old_one(server: Server, path: str) -> None:
    answer = server.http.get(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    again = server.http.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.headers["Cache-Control"] == "no-cache"
    if path != "/":
        assert again.status_code == 304


def test_metrics_tell_what_was_done(server: Server) -> None:
    def read() -> dict[str, float]:
        lines = server.http.get("/metrics").text.splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    before = read()
    server.http.post("/tag", json={"text": TEXTS[0]})
    server.http.get("/no/such/path")
    after = read()
    grown = {name for name in after if after[name] > before.get(name, 0)}
    assert {
        'nerbridge_requests_total{method="POST",path="/tag",status="200"}',
        'nerbridge_requests_total{method="GET",path="unmatched",status="404"}',
        'nerbridge_texts_total{model="bundled:as"}',
        "nerbridge_batch_texts_count",
    } <= grown
    assert after["nerbridge_workers"] == 1
    assert after["nerbridge_queue_requests"] == 0


def test_the_log_has_counts_and_no_text(server: Server) -> None:
    answer = server.http.post(
        "/tag", json={"texts": TEXTS[:2]}, headers={"X-Request-ID": "my-own-7"}
    )
    assert answer.headers["X-Request-ID"] == "my-own-7"
    server.wait_until(lambda: any(r["request_id"] == "my-own-7" for r in server.requests()))
    [line] = [r for r in server.requests() if r["request_id"] == "my-own-7"]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/tag", 200)
    assert (line["n_texts"], line["n_chars"]) == (2, len(TEXTS[0]))
    assert line["seconds"] > 0
    assert "হাজৰিকা" not in server.text()
    assert "no/such" not in server.text()


def test_the_report_of_a_run(tmp_path: Path, server: Server) -> None:
    assert server.http.get("/report").json()["type"].endswith(":no-report")
    page = tmp_path / "run" / "report" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<!doctype html><title>r</title>", "utf-8")
    with Server("--report", str(tmp_path / "run")) as other:
        answer = other.http.get("/report")
        assert answer.text == page.read_text("utf-8")
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


MAIL = """From: জোনালী শইকীয়া <a@example.in>
Subject: বাতৰি
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

জোনালী শইকীয়াই গুৱাহাটীত কয়।
"""


def test_a_mail_is_read_and_not_copied(server: Server) -> None:
    files = {"file": ("চিঠি.eml", MAIL.encode())}
    found = server.http.post("/tag/document", files=files).json()
    assert found["kind"] == "mail"
    assert ("গুৱাহাটীত", "paragraph 1") in [(e["text"], e["place"]) for e in found["entities"]]
    page = server.http.post("/tag/document", files=files, data={"as": "html"})
    assert page.status_code == 200
    assert "গুৱাহাটীত" in page.text
    copy = server.http.post("/tag/document", files=files, data={"as": "redacted"})
    assert copy.status_code == 422
    assert "no copy" in copy.json()["detail"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", b"PK\x03\x04 cut", "an Excel file"),
        ("a.txt", bytes.fromhex("d0cf11e0a1b11ae1") + "Workbook".encode("utf-16-le"), "Excel"),
        ("a.ods", b"PK\x03\x04 cut", "an OpenDocument spreadsheet"),
        ("a.html", b"{\\rtf1 x}", "an RTF file"),
        ("a.zip", b"PK\x03\x04 cut", "a damaged"),
        ("a.parquet", b"PAR1 and more", "a Parquet file"),
    ],
)
def test_what_is_never_read_is_refused_with_advice(
    server: Server, name: str, content: bytes, said: str
) -> None:
    answer = server.http.post("/tag/document", files={"file": (name, content)})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f"{name}: ")
    assert said in answer.json()["detail"]
