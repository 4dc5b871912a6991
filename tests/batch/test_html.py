"""The page: the text is all there, nothing of it is markup, nothing comes from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.batch.html import record_to_html
from nerbridge.batch.records import Record
from nerbridge.tagging.marked import show_controls
from nerbridge.tagging.page import page_head, page_tail
from nerbridge.tagging.tagger import Tagger

properties = settings(deadline=None, derandomize=True, max_examples=60)

TYPES = ("PER", "ORG", "LOC")


class Reader(HTMLParser):
    """Tags, attributes and the text of the records (without type labels)."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.names: set[str] = set()
        self.texts: list[str] = []
        self.marked: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        if tag == "meta":
            return
        self.open.append((tag, dict(attrs)))
        if tag == "p" and dict(attrs).get("class") == "text":
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        inside = [name for name, _ in self.open]
        if "bdi" in inside:
            title = next(attrs["title"] for name, attrs in self.open if name == "mark")
            self.marked.append((data, title or ""))
        if "p" in inside and "span" not in inside and self.texts:
            self.texts[-1] += data


def read_page(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


HOSTILE = st.text(st.sampled_from("অসম<>&\"'/ script\x1b\u202e\x00\n\ufeff=ক্"), max_size=40)


@properties
@given(HOSTILE)
def test_the_text_is_all_there_and_none_of_it_is_markup(tagger: Tagger, text: str) -> None:
    entities = tagger.tag(text)
    record = Record("<a&b>", 1, text)
    page = page_head("<t>", TYPES) + record_to_html(record, entities, TYPES) + page_tail()
    found = read_page(page)
    assert found.texts == [show_controls(text)]
    assert [piece for piece, _ in found.marked] == [show_controls(e.text) for e in entities]
    assert not found.names & {"script", "img", "link", "iframe", "a"}


def test_entities_carry_type_and_score(tagger: Tagger) -> None:
    text = 'ৰমেন দাস "গুৱাহাটীত"'
    found = read_page(record_to_html(Record("a", 3, text), tagger.tag(text), TYPES))
    assert found.marked == [("ৰমেন দাস", "PER 0.99"), ("গুৱাহাটীত", "LOC 0.99")]


def test_every_type_is_in_the_legend_in_its_own_colour() -> None:
    types = [f"T<{number}" for number in range(8)]
    page = page_head("x", types)
    legend = re.findall(r'<mark class="(c\d)">(.*?)</mark>', page)
    assert [name for _, name in legend] == [f"T&lt;{number}" for number in range(8)]
    assert [colour for colour, _ in legend[:6]] == [f"c{number}" for number in range(6)]
    for colour in range(6):
        assert len(re.findall(rf"--c{colour}: #", page)) == 2  # light and dark


def test_direction_and_language_are_left_open() -> None:
    shown = record_to_html(Record("a", 1, "مرحبا"), [], TYPES)
    assert 'lang="" dir="auto"' in shown


def test_nothing_comes_from_elsewhere() -> None:
    page = page_head("x", TYPES) + page_tail()
    assert "http" not in page
    assert "url(" not in page
    assert "@import" not in page
