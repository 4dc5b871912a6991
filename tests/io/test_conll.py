"""Which columns hold words, and which rows stand in the text."""

from __future__ import annotations

import pytest

from nerbridge.io.conll import counts_words, find_word_column, is_comment, surface_rows


@pytest.mark.parametrize(
    ("sentences", "column"),
    [
        (["1 ৰমেন B-PER|2 দাস I-PER", "1 অসম B-LOC"], 1),
        (["0 ৰমেন N O|1 দাস N O"], 1),
        (["1 ৰমেন|2 দাস"], 1),
        (["1-2 নগাঁৱৰ _|1 নগাঁও _|2 ৰ _|2.1 x _|3 ৰমেন _"], 1),
        (["ৰমেন B-PER|দাস I-PER"], 0),
        (["1 O|2 O|3 O"], 0),  # a sentence that counts
        (["1 ৰমেন O|2 দাস O", "7 ৰমেন O|8 দাস O"], 0),
        (["1 ৰমেন O"], 0),  # one word tells nothing
        (["f 0 0 ৰমেন N x x x x x (PER* x|f 0 1 দাস N x x x x x *) x"], 3),
    ],
)
def test_the_words_stand_behind_what_counts_them(sentences: list[str], column: int) -> None:
    rows = [[row.split(" ") for row in sentence.split("|")] for sentence in sentences]
    assert find_word_column(rows) == column


@pytest.mark.parametrize("ids", ["1 3", "1 2 2", "1 x", "1.1"])
def test_other_numbers_do_not_count(ids: str) -> None:
    assert not counts_words(ids.split())


def test_ranges_stand_for_their_parts() -> None:
    rows = [row.split() for row in ("0.1 _", "1 ক", "2-3 খগ", "2 খ", "3 গ", "3.1 _", "4 ঘ")]
    found = [(row[1], [part[1] for part in parts]) for row, parts in surface_rows(rows)]
    assert found == [("ক", ["ক"]), ("খগ", ["খ", "গ"]), ("ঘ", ["ঘ"])]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# sent_id = B-1", True),
        ("#\thttp://example.org\t[2020-01-01]", True),
        ("#begin document (a); part 000", True),
        ("#\tO", False),
        ("#অসম B-LOC", False),
    ],
)
def test_comments_are_what_cannot_be_a_word(line: str, expected: bool) -> None:
    assert is_comment(line, line.split("\t" if "\t" in line else " ")) is expected
