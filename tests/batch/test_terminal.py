"""Text for people."""

from __future__ import annotations

import re

from nerbridge.batch.records import Record
from nerbridge.batch.terminal import record_to_text
from nerbridge.tagging.tagger import Tagger

TEXT = "ৰমেন দাস\x1b[2J গুৱাহাটীত\r\nঅসম"
PLAIN = "[ৰমেন দাস PER]␛[2J [গুৱাহাটীত LOC]\n[অসম LOC]\n"


def test_brackets_without_colour(tagger: Tagger) -> None:
    assert record_to_text(Record("-", 1, TEXT), tagger.tag(TEXT), ()) == PLAIN


def test_colours_come_on_top(tagger: Tagger) -> None:
    shown = record_to_text(Record("-", 1, TEXT), tagger.tag(TEXT), tagger.types)
    assert re.sub("\x1b\\[[0-9;]*m", "", shown) == PLAIN
    assert shown.startswith("\x1b[1;31m[ৰমেন দাস PER]\x1b[0m")
    assert len(set(re.findall("\x1b\\[1;[0-9]+m", shown))) == 2


def test_one_line_break_at_the_end() -> None:
    assert record_to_text(Record("-", 1, "ক\n"), [], ()) == "ক\n"
    assert record_to_text(Record("-", 1, ""), [], ()) == "\n"


def test_lines_of_old_macs_are_lines() -> None:
    assert record_to_text(Record("-", 1, "ক\rখ\r\r\nগ"), [], ()) == "ক\nখ\n\nগ\n"
