"""A page never loses its article silently."""

from __future__ import annotations

import pytest

from nerbridge.documents import Document, read_document, redact
from nerbridge.errors import DocumentError
from nerbridge.tagging.entity import Entity

ARTICLE = "<p>হেম গগৈ কালি তেজপুৰলৈ গৈছিল আৰু তাত এখন সভা পাতিছিল।</p>" * 3
TEXT = "হেম গগৈ কালি তেজপুৰলৈ গৈছিল"
MENU = "<nav>" + "<a href=x>মুখ্য পৃষ্ঠা আৰু বাতৰি</a>" * 20 + "</nav>"


def read(page: str, *, is_whole_page: bool = False) -> Document:
    data = f"<!doctype html><meta charset=utf-8>{page}".encode()
    return read_document(data, name="a.html", is_whole_page=is_whole_page)


@pytest.mark.parametrize(
    "page",
    [
        f"<form id=aspnetForm><div><input type=hidden value=abc>{ARTICLE}</div></form>",
        f"{MENU}<form>{ARTICLE}</form>",
        f"<form>{MENU}<table><tr><td>{ARTICLE}</td></tr></table></form>",
        f"<aside>{ARTICLE}</aside><p>শেষ</p>",
        f"<nav>{ARTICLE}</nav>",
        f"<form>{ARTICLE}</form><form>{ARTICLE}</form><form>{ARTICLE}</form><p>শেষ</p>",
        f"<aside>{ARTICLE}</aside><footer>{ARTICLE}</footer>{MENU}",
        f"<menu><li>{ARTICLE}</menu>",
        f"<header>{ARTICLE}</header><footer>পাদ</footer>",
        f"<footer>{ARTICLE}</footer>",
        f"<dialog>{ARTICLE}</dialog>",
        f"<p>আগ</p><dialog open>{ARTICLE}</dialog><p>{'কথা ' * 99}</p>",
        f"<div style='display:none' id=app>{ARTICLE}</div>",
        f"<body style='visibility:hidden'>{ARTICLE}",
        f"<div hidden>{ARTICLE}</div><p>শেষ</p>",
        f"<main><h1>সভা</h1></main><div>{ARTICLE}</div>",
        f"<main><form>{ARTICLE}</form></main><p>{'কথা ' * 9}</p>",
        f"<div>{ARTICLE * 4}</div><article>ভাল লাগিল</article><article>হয়</article>",
        f"<article hidden>{'x ' * 30}</article><div>{ARTICLE}</div>",
        f"<x-card><template shadowrootmode=open>{ARTICLE}</template></x-card>",
    ],
)
def test_what_holds_most_of_the_text_is_its_frame(page: str) -> None:
    document = read(page)
    assert TEXT in document.text
    assert "visible text" not in "".join(document.notices)


@pytest.mark.parametrize(
    "page",
    [
        f"{MENU}<main>{ARTICLE}</main><aside>বিজ্ঞাপন</aside><footer>পাদ</footer>",
        f"{MENU}{ARTICLE}<form><input name=q></form><p hidden>গোপন</p>",
    ],
)
def test_menus_and_widgets_stay_outside(page: str) -> None:
    document = read(page)
    assert TEXT in document.text
    for word in ("মুখ্য", "বিজ্ঞাপন", "পাদ", "গোপন"):
        assert word not in document.text


@pytest.mark.parametrize(
    ("page", "place"),
    [
        (f"<main>{'কথা ' * 15}</main><div>{ARTICLE}</div>", "outside the main part"),
        (f"<article>{'কথা ' * 15}</article><section>{ARTICLE}</section>", "outside the main part"),
        (f"<p>{'কথা ' * 50}</p><aside>{ARTICLE}</aside>", "aside"),
        (f"<p>{'কথা ' * 50}</p><form>{ARTICLE}</form>", "form"),
        (f"<p>{'কথা ' * 50}</p><footer>{ARTICLE}</footer>", "footer"),
    ],
)
def test_much_that_is_left_out_is_said(page: str, place: str) -> None:
    document = read(page)
    assert TEXT not in document.text
    assert document.notices[0].startswith("not read: ")
    assert f"% of the visible text ({place} " in document.notices[0]
    assert "--whole-page" in document.notices[0]
    whole = read(page, is_whole_page=True)
    assert TEXT in whole.text
    assert whole.notices == ()


@pytest.mark.parametrize(
    ("markup", "name"),
    [
        (f"<noscript>{ARTICLE}</noscript>", "noscript"),
        (f"<template>{ARTICLE}</template>", "template"),
        (f"<textarea>{ARTICLE}</textarea>", "textarea"),
        ("<input value='হেম গগৈ'>", "text in value"),
        ("<input placeholder='হেম গগৈ'>", "text in placeholder"),
        ("<img alt='হেম গগৈ'>", "text in alt"),
        ("<abbr title='হেম গগৈ'>হে</abbr>", "text in title"),
        ("<select><option>হেম গগৈ</select>", "select"),
        ("<button>হেম গগৈ</button>", "button"),
        ("<svg><text>হেম গগৈ</text></svg>", "svg"),
        ("<iframe srcdoc='&lt;p>হেম গগৈ'></iframe>", "frame"),
        ("<p hidden>হেম গগৈ</p>", "hidden element"),
    ],
)
def test_every_other_place_is_named_and_read_with_the_whole_page(markup: str, name: str) -> None:
    body = f"<p>{'কথা ' * 99}</p>{markup}"
    document = read(body)
    assert "হেম" not in document.text
    assert name in document.notices[-1]
    assert document.notices[-1].startswith("not read: ")
    whole = read(body, is_whole_page=True)
    assert "হেম গগৈ" in whole.text
    assert whole.notices == ()


@pytest.mark.parametrize(
    ("markup", "notice"),
    [
        ("<iframe src='b.html'></iframe>", "not read: frame b.html."),
        ("<object data=c.html></object>", "not read: frame c.html."),
        ("<style>p::before { content: 'হেম' }</style>", "not read: text in style sheets."),
    ],
)
def test_what_no_reading_reaches_is_named(markup: str, notice: str) -> None:
    for is_whole_page in (False, True):
        document = read(f"<p>কথা</p>{markup}", is_whole_page=is_whole_page)
        assert document.notices == (notice,)


def test_a_page_of_frames_is_an_error_that_names_them() -> None:
    page = "<frameset><frame src=menu.html><frame src=text.html></frameset>"
    with pytest.raises(DocumentError, match=r"frame menu\.html, frame text\.html"):
        read(page)


def test_a_page_that_scripts_write_is_an_error_that_names_what_it_holds() -> None:
    with pytest.raises(DocumentError, match=r"not read: noscript\. Read the whole page"):
        read(f"<div id=root></div><noscript>{ARTICLE}</noscript>")


def test_an_ordinary_page_says_nothing() -> None:
    page = f"{MENU}<main><h1>সভা</h1>{ARTICLE}</main><footer>পাদ</footer><iframe></iframe>"
    assert read(page).notices == ()
    assert (
        read(
            "<p>কথা<style>p { content: '' } q { content: \"“\" } i { content: '\\\\f101' }</style>"
        ).notices
        == ()
    )


@pytest.mark.parametrize("is_whole_page", [False, True])
def test_a_copy_of_what_was_read(is_whole_page: bool) -> None:
    page = (
        f"{MENU}<form action='হেম গগৈ'><input value='হেম গগৈ'>{ARTICLE}<select><option>হেম গগৈ"
        "</select><textarea>হেম গগৈ</textarea></form><noscript>হেম গগৈ</noscript>"
        "<x-a><template shadowrootmode=open><p>হেম গগৈ আহিল</p></template></x-a>"
    )
    document = read(page, is_whole_page=is_whole_page)
    start = document.text.index("হেম")
    entity = Entity("PER", "হেম গগৈ", start, start + 7, 0, 2, 1.0)
    copy = redact(document, [entity], ["PER"]).decode()
    assert "হেম" not in copy
    assert "কালি তেজপুৰলৈ গৈছিল" in copy
    assert "[PER] আহিল" in copy
    assert "<template" not in copy
    assert ("মুখ্য" in copy) is is_whole_page
