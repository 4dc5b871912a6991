"""The page's styles, and the highlighted text of notebooks."""

from __future__ import annotations

from lxml import html

from nerbridge.tagging import Entity
from nerbridge.tagging.page import highlight

TEXT = "জোনালী <b>ধেমাজি</b>ত আছিল।\nপিছত নাই।"
FOUND = [
    Entity("PER", "জোনালী", 0, 6, 0, 1, 0.98),
    Entity("a<b", TEXT[10:16], 10, 16, 3, 4, 0.5),
]


def test_a_text_is_shown_whole_and_entities_are_marked() -> None:
    page = html.fragment_fromstring(highlight(TEXT, FOUND), create_parent=True)
    marks = page.findall(".//mark")
    assert [mark.findtext("bdi") for mark in marks] == [one.text for one in FOUND]
    assert [mark.findtext("small") for mark in marks] == ["PER", "a<b"]
    assert marks[1].get("title") == "a<b 0.50"
    assert "<b>" in page.text_content()
    assert not page.findall(".//b")


def test_a_text_without_entities_is_shown() -> None:
    assert "অসম" in highlight("অসম", [])
    assert highlight("", []).startswith("<div")


def test_of_a_long_text_the_beginning_is_shown() -> None:
    text = "ক " * 20_000
    entities = [Entity("LOC", "ক", i, i + 1, i // 2, i // 2 + 1, 0.9) for i in range(0, 40_000, 2)]
    shown = highlight(text, entities)
    assert shown.count("<mark") == 10_000
    assert "and 20,000 more characters" in shown


def test_an_entity_at_the_cut_is_shown_whole() -> None:
    text = "ক" * 19_990 + "গুৱাহাটীলৈগুৱাহাটীলৈ" + "খ" * 10
    shown = highlight(text, [Entity("LOC", text[19_990:20_010], 19_990, 20_010, 0, 1, 0.9)])
    assert "গুৱাহাটীলৈগুৱাহাটীলৈ</bdi>" in shown
    assert "and 10 more characters" in shown
