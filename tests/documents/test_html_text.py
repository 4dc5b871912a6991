"""The main text of a page, as a browser shows it."""

from __future__ import annotations

import time

import pytest

from nerbridge.documents import read_document
from nerbridge.errors import DocumentError


def texts(page: str | bytes) -> list[str]:
    data = page.encode() if isinstance(page, str) else page
    document = read_document(data, name="a.html")
    return [document.text[part.start_char : part.end_char] for part in document.segments]


def test_the_main_part(page: bytes) -> None:
    assert texts(page) == [
        "অসম",
        "ৰমেন দাস আহিল",
        "কালি ৰমেন দাস গুৱাহাটীত আছিল & গ'ল.\nৰমেন দাসৰ ঘৰ\u00a0আছে।",
        "শেষ কথা",
        "নাম",
        "ৰমেন দাস",
    ]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<header>h</header><p>a</p><nav>n</nav><footer>f</footer>", ["a"]),
        ("<p>x</p><article><header><h1>t</h1></header><p>a</p></article><p>y</p>", ["t", "a"]),
        ("<article>a<article>b</article></article><article>c</article>", ["a", "b", "c"]),
        ("<main> </main><p>a</p>", ["a"]),
        ("<div role=main>a</div><p>b</p>", ["a"]),
        ("a<b>b</b> <i> c</i>d<br>e", ["ab cd\ne"]),
        ("<pre>a\n  b</pre>", ["a\n  b"]),
        ("<p hidden>x</p><p style='display: none'>y</p><p>a", ["a"]),
        ("<p>&#2437;&nbsp;&amp;&zwnj;&shy;&bogus;", ["অ\u00a0&\u200c\u00ad&bogus;"]),
        ("<p>a<script>x</script>b<!-- c -->d<style>y</style></p>", ["abd"]),
        ("<ul><li>a<li>b</ul>c<hr>d", ["a", "b", "c", "d"]),
        ("<title>t u</title><p>a t u b", ["a t u b"]),
        ("<form>x</form><aside>y</aside>z", ["z"]),
    ],
)
def test_pages(page: str, expected: list[str]) -> None:
    assert texts(page) == expected


@pytest.mark.parametrize(
    "data",
    [
        "<meta charset=utf-16><p>অসম".encode("utf-16"),
        b"\xef\xbb\xbf" + "<meta charset=latin-1><p>অসম".encode(),
        "<p>অসম".encode(),
        '<?xml version="1.0" encoding="utf-8"?><html><body><p>অসম</p></body></html>'.encode(),
        "<meta charset=nonsense><p>অসম".encode(),
        "<meta charset=windows-1252><p>অসম".encode(),
        "<meta charset=iso-8859-1><p>অসম".encode(),
    ],
)
def test_encodings(data: bytes) -> None:
    assert texts(data) == ["অসম"]


def test_declared_and_guessed_encodings() -> None:
    assert texts(b"<meta charset=iso-8859-1><p>caf\xe9") == ["café"]
    document = read_document("<p>café naïve".encode("cp1252"), name="a.html")
    assert document.text == "café naïve"
    assert "Windows-1252" in document.notices[0]
    mostly = ("<p>" + "অসম " * 200).encode() + b"\xff"
    assert "1 characters are not UTF-8" in read_document(mostly, name="a.html").notices[0]


def test_a_page_nested_too_deep_ends_soon() -> None:
    start = time.monotonic()
    page = "<div>" * 100_000 + "a"
    try:
        assert texts(page) == ["a"]
    except DocumentError as error:
        assert "too deep" in str(error)  # noqa: PT017
    assert time.monotonic() - start < 5


def test_entities_and_files_are_not_fetched() -> None:
    page = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><p>a&x;'
    assert "root" not in " ".join(texts(page))


def test_a_legacy_font_in_a_page() -> None:
    with pytest.raises(DocumentError, match="not Unicode"):
        texts("<p><font face='Geetanjali'>kalo bRitaar saangbaadik meel</font>")


@pytest.mark.parametrize(
    "script",
    [
        '<script type="application/ld+json">{"articleBody": "%s"}</script>',
        '<script id="__NEXT_DATA__" type="application/json">{"p": {"html": "<p>%s</p>"}}</script>',
        '<script>window.__STATE__ = {"a": ["%s"]};</script>',
    ],
)
def test_an_article_that_only_a_script_holds(script: str) -> None:
    article = "ভানু বৰা আজি পুৱা তেজপুৰত আছিল। " * 8
    page = f"<!doctype html><meta charset=utf-8><p>ৰ'ব…</p>{script % article}".encode()
    document = read_document(page, name="a.html")
    assert document.notices == ("not read: text in scripts.",)
    assert "ভানু" not in document.text
    assert "ভানু বৰা" in read_document(page, name="a.html", is_whole_page=True).text
    shown = page.replace("ৰ'ব…".encode(), article.encode())
    assert read_document(shown, name="a.html").notices == ()


def test_what_is_set_above_a_word_does_not_cut_a_name() -> None:
    page = "<p><ruby>ভানু<rp>(</rp><rt>Bhanu</rt><rp>)</rp></ruby> <ruby>বৰা<rt>Bora</ruby> আহিল"
    for whole in (False, True):
        document = read_document(page.encode(), name="a.html", is_whole_page=whole)
        assert document.text.split("\n\n") == ["ভানু বৰা আহিল", "Bhanu", "Bora"]
