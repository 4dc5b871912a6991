"""Lines: numbers, marks, and what is not text."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.batch.formats import InputFormat
from nerbridge.batch.lines import read_lines
from nerbridge.batch.sources import Progress, Source
from nerbridge.errors import InputError

properties = settings(deadline=None, derandomize=True, max_examples=60)


def lines_of(path: Path, data: bytes) -> list[tuple[int, str]]:
    path.write_bytes(data)
    return list(read_lines(Source(str(path), InputFormat.TEXT), Progress()))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lines") / "a.txt"


@properties
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_lines_put_together_are_the_text(path: Path, text: str) -> None:
    found = lines_of(path, text.encode())
    assert "".join(line for _, line in found) == text.removeprefix("\ufeff")
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    assert all("\n" not in line[:-1] for _, line in found)


@properties
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff")),
    st.sampled_from(["utf-16-le", "utf-16-be"]),
)
def test_utf16_with_its_mark_is_the_same_text(path: Path, text: str, encoding: str) -> None:
    assert lines_of(path, f"\ufeff{text}".encode(encoding)) == lines_of(path, text.encode())


def test_broken_utf16_is_said(path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.txt:2: not UTF-16.*truncated.*cut"):
        lines_of(path, "অ\nঅ".encode("utf-16")[:-1])
    with pytest.raises(InputError, match=r"a\.txt:1: a NUL character"):
        lines_of(path, "অ\0\n".encode("utf-16"))


@properties
@given(st.binary(max_size=60).filter(lambda data: data[:2] not in (b"\xff\xfe", b"\xfe\xff")))
def test_any_bytes_are_lines_or_an_error_with_a_place(path: Path, data: bytes) -> None:
    try:
        text = data.decode("utf-8")
        is_text = "\0" not in text
    except UnicodeDecodeError:
        is_text = False
    if is_text:
        lines_of(path, data)
    else:
        with pytest.raises(InputError, match=r"a\.txt:\d+: (byte|a NUL byte)"):
            lines_of(path, data)


def test_the_line_is_named(path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.txt:3: byte 0xff is not UTF-8"):
        lines_of(path, b"a\nb\nc\xff\n")
    with pytest.raises(InputError, match=r"a\.txt:2: a NUL byte, so .*UTF-16"):
        lines_of(path, b"a\n\0\n")
    with pytest.raises(InputError, match=r"a\.txt:1: .*unexpected end.*cut"):
        lines_of(path, "অ".encode()[:2])


def test_progress_counts_bytes(path: Path) -> None:
    path.write_bytes("\ufeffঅ\nb".encode())
    progress = Progress()
    list(read_lines(Source(str(path), InputFormat.TEXT), progress))
    assert progress.n_bytes == path.stat().st_size


@pytest.mark.parametrize("data", [b"PK\x03\x04\x14\0\n", b"%PDF-1.4\n\xe2\n", b"\x1f\x8b\x08\0"])
def test_a_binary_file_in_a_pipe_is_said(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    with pytest.raises(InputError, match=r"^-: a .* file; .*--input-format document"):
        list(read_lines(Source("-", InputFormat.TEXT), Progress()))


def test_text_in_a_pipe_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO("অ\nআ".encode()), encoding="utf-8")
    )
    assert list(read_lines(Source("-", InputFormat.TEXT), Progress())) == [(1, "অ\n"), (2, "আ")]
