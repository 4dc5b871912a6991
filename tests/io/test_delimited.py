"""Tables in the dialects that programs write."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.errors import InputError
from nerbridge.io.delimited import read_delimited

properties = settings(deadline=None, derandomize=True, max_examples=80)


def rows_of(content: str) -> tuple[tuple[str, ...], list[list[str]]]:
    table = read_delimited(content.splitlines(keepends=True), "a.csv")
    return table.header, [cells for _, cells in table.rows]


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"', "sep=;;;", "sep=; "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_excel_says_the_separator(line: str, end: str) -> None:
    content = end.join([line, "a,b;c", "1,5;2", ""])
    assert rows_of(content) == (("a,b", "c"), [["1,5", "2"]])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_excel_says_every_separator(separator: str) -> None:
    content = f"sep={separator}\na{separator}b\n1{separator}2\n"
    assert rows_of(content) == (("a", "b"), [["1", "2"]])


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("a;b", ("a", "b")),
        ("a\tb", ("a", "b")),
        ("a|b", ("a", "b")),
        ('id;"name, full, old";text', ("id", "name, full, old", "text")),
        ('"a;b",c', ("a;b", "c")),
        ("text", ("text",)),
        (" id , text ", ("id", "text")),
    ],
)
def test_the_header_tells_the_separator(header: str, names: tuple[str, ...]) -> None:
    assert rows_of(f"{header}\n")[0] == names


@pytest.mark.parametrize(
    ("content", "header", "rows"),
    [
        ("a,b,,\n1,2,,\n", ("a", "b", "column 3", "column 4"), [["1", "2", "", ""]]),
        ("a,b,,\n1,2\n1,2,\n", ("a", "b", "column 3", "column 4"), [["1", "2", "", ""]] * 2),
        ("a,b\n1,2,,\n", ("a", "b"), [["1", "2"]]),
        (",a,,b\n0,1,,2\n", ("column 1", "a", "column 3", "b"), [["0", "1", "", "2"]]),
        ("a,b, ,\n1,2,x,\n", ("a", "b", "column 3", "column 4"), [["1", "2", "x", ""]]),
        ("a,b\n\n , \n1,2\n", ("a", "b"), [[], [], ["1", "2"]]),
    ],
)
def test_empty_columns_and_rows(content: str, header: tuple[str, ...], rows: list[object]) -> None:
    assert rows_of(content) == (header, rows)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("sep=;\n", "a.csv:2: no header"),
        (",,\n1,2,3\n", "a.csv:1: no header"),
        ("a,,a\n", "a.csv:1: columns with the same name: 'a'"),
        ("sep=;\na;b\n1\n", "a.csv:3: 1 cells; expected 2"),
        ("a,b\n1,2,,x\n", "a.csv:2: 4 cells; expected 2"),
        (",a,b\n0,1\n", "a.csv:2: 2 cells; expected 3"),
        ('sep=;\na;b\n1;2\n1;\'"x\n1;"x"y\n', "a.csv:5: broken CSV"),
    ],
)
def test_broken_tables_are_said_with_their_line(content: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        rows_of(content)


def test_a_row_is_named_by_the_line_where_it_begins() -> None:
    table = read_delimited(["sep=,\n", "a,b\n", '1,"x\n', 'y"\n', "2,z\n"], "a.csv")
    assert [line for line, _ in table.rows] == [3, 5]


cells = st.text(st.sampled_from('ক, ;"\n\r\t|'), max_size=5).map(lambda cell: f"x{cell}")


@properties
@given(
    st.lists(st.lists(cells, min_size=3, max_size=3), max_size=4),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_python_writes_is_read(rows: list[list[str]], separator: str, end: str) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(
        stream, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_NONNUMERIC
    )
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    lines = stream.getvalue().splitlines(keepends=True)
    table = read_delimited(lines, "a.csv")
    assert table.header == ("a", "b", "c")
    assert [found for _, found in table.rows] == rows
