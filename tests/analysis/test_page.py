"""The report: whole by itself, safe, and as it should be in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from analysis.conftest import Article, WriteArticles
from nerbridge.analysis.counting import count_all
from nerbridge.analysis.database import open_database
from nerbridge.analysis.findings import PASSAGES, collect_findings
from nerbridge.analysis.page import build_page

NASTY = "</script><b>ৰমেন & \u202e\x00"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


def make_articles() -> list[Article]:
    """Twelve weeks; শিলচৰ rises, নন্দিতা চৌধুৰী is new, two pairs keep together."""
    articles: list[Article] = []
    for week in range(12):
        day = f"2026-{1 + week // 4:02}-{1 + week % 4 * 7:02}"
        articles += [(day, [("LOC", "মাজুলী"), ("PER", "ৰমেন দাসে"), ("LOC", "যোৰহাটত")])] * 3
        if week == 0:
            articles += [(day, [("LOC", "শিলচৰ"), ("ORG", NASTY)])] * 2
        if week >= 8:
            articles += [(day, [("LOC", "শিলচৰত"), ("PER", "নন্দিতা চৌধুৰী")])] * 4
    return articles


@pytest.fixture
def html(write_articles: WriteArticles) -> str:
    return make_page(write_articles, make_articles())


def make_page(write_articles: WriteArticles, articles: list[Article]) -> str:
    path = write_articles(articles)
    with open_database(path.parent, 1) as db:
        facts = count_all(db, path)
        return build_page(collect_findings(db, facts, title="<News> & more", model="m"))


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_nothing_comes_from_elsewhere(html: str) -> None:
    for tag, attributes in Elements(html).found:
        assert tag not in ("link", "iframe", "img", "object", "base")
        assert not attributes.get("src")
        assert "href" not in attributes or str(attributes["href"]).startswith("#")
    assert "url(" not in html
    policies = [found["content"] for _, found in Elements(html).found if "http-equiv" in found]
    assert [str(policy).startswith("default-src 'none'") for policy in policies] == [True]


def test_every_link_has_its_target_and_no_id_is_twice(html: str) -> None:
    elements = Elements(html).found
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    targets = {str(a["href"])[1:] for _, a in elements if "href" in a}
    assert len(ids) == len(set(ids))
    assert targets <= set(ids)


def test_texts_are_never_markup(html: str) -> None:
    assert "<b>ৰমেন" not in html
    assert "&lt;b&gt;ৰমেন &amp;" in html
    assert "\x00" not in html
    assert "&lt;News&gt; &amp; more" in html


def test_risers_newcomers_and_capped_passages(html: str) -> None:
    risers = html[html.index('id="risers"') : html.index('id="newcomers"')]
    newcomers = html[html.index('id="newcomers"') : html.index('id="network"')]
    assert re.findall(r"<bdi[^>]*>(.*?)</bdi>", risers) == ["শিলচৰ"]
    assert re.findall(r"<bdi[^>]*>(.*?)</bdi>", newcomers) == ["নন্দিতা চৌধুৰী"]
    shilchar = html[html.index("<bdi", html.index('id="passages"')) :].split("</details>")
    assert max(part.count("<blockquote") for part in shilchar) == PASSAGES
    assert f"at most {PASSAGES}" in html


def test_a_page_without_dates_or_mentions(write_articles: WriteArticles) -> None:
    html = make_page(write_articles, [(None, []), ("soon", [])])
    assert "Too few periods" in html
    assert "--by day" not in html
    assert "#newcomers" not in html
    assert "without a usable date, not counted over time: 2" in html
    assert "with a date that cannot be read: 1" in html


@pytest.fixture
def page(html: str, tmp_path: Path) -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    (tmp_path / "report.html").write_text(html, "utf-8")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = browser.new_page(viewport={"width": 390, "height": 800})
        complaints: list[str] = []
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.goto(f"file://{tmp_path / 'report.html'}")
        yield opened
        assert not complaints
        browser.close()


@needs_chromium
def test_in_a_browser(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    check_labels_fit(page)
    page.locator("#risers tbody a").first.click()
    assert page.locator("details[open] blockquote").first.is_visible()
    page.fill("#search", "শিলচৰত")
    assert page.locator("#type-LOC tbody tr:visible").count() == 1
    assert page.inner_text("#found") == "2 names"  # its own, and one with it in a passage
    page.fill("#search", "")
    check_sorting(page)


def check_labels_fit(page: Any) -> None:
    sizes = page.eval_on_selector_all(
        ".pill",
        "pills => pills.map(pill => [pill.querySelector('text').getBBox().width,"
        " pill.querySelector('rect').getBBox().width])",
    )
    assert sizes
    assert all(text < pill for text, pill in sizes)


def check_sorting(page: Any) -> None:
    names = page.locator("#type-LOC tbody th")
    button = page.locator("#type-LOC thead button", has_text="Name")
    before = names.all_inner_texts()
    button.click()
    once = names.all_inner_texts()
    button.click()
    assert names.all_inner_texts() == once[::-1]
    assert sorted(once) == sorted(before)


def test_without_any_name_it_says_so(write_articles: WriteArticles) -> None:
    page = make_page(write_articles, [(f"2026-01-0{day}", []) for day in range(1, 6)])
    assert "The model found no name in these articles." in page
    assert "No name rises" in page
    assert "expected to be chance." not in page


def test_what_is_left_out_of_the_pairs_is_said(write_articles: WriteArticles) -> None:
    many = [("ORG", f"দল{number:04}") for number in range(201)]
    page = make_page(write_articles, [("2026-01-01", many), ("2026-01-02", [])])
    assert "with more than 200 names, not counted in pairs: 1" in page
