"""Lines of every system."""

from __future__ import annotations

import io

import pytest

from nerbridge.errors import InputError
from nerbridge.io.lines import decode_lines, split_lines


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(encoding: str, end: str) -> None:
    data = f"অ{end}{end}আ".encode(encoding)
    found = [*decode_lines(io.BytesIO(data), "a.txt")]
    assert found == [(1, f"অ{end}"), (2, end), (3, "আ")]


def test_other_signs_end_no_line() -> None:
    text = "a\u2028b\u0085c\x0bd\x0ce\x1cf"
    assert [*split_lines(text)] == [text]


def test_lines_of_old_macs_are_counted_in_messages() -> None:
    with pytest.raises(InputError, match=r"a\.txt:3: byte 0xff is not UTF-8"):
        [*decode_lines([b"a\rb\rc\xff\r"], "a.txt")]
    with pytest.raises(InputError, match=r"a\.txt:2: a NUL byte"):
        [*decode_lines([b"a\r\0\r"], "a.txt")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_line_ends_that_windows_doubled_end_one_line(encoding: str) -> None:
    data = "অ\r\r\n\r\r\nআ\rই\r\r\n".encode(encoding)
    found = [*decode_lines(io.BytesIO(data), "a.txt")]
    assert found == [(1, "অ\r\r\n"), (2, "\r\r\n"), (3, "আ\r"), (4, "ই\r\r\n")]


def test_doubled_line_ends_are_counted_once_in_messages() -> None:
    with pytest.raises(InputError, match=r"a\.txt:3: byte 0xff is not UTF-8"):
        [*decode_lines([b"a\r\r\n", b"b\r\r\n", b"c\xff\r\r\n"], "a.txt")]
