"""Inputs are looked at before anything is read."""

from __future__ import annotations

import errno
import gzip
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.batch.formats import InputFormat
from nerbridge.batch.records import read_records
from nerbridge.batch.sources import (
    Progress,
    Source,
    describe_inputs,
    find_sources,
    refuse_own_output,
    total_bytes,
)
from nerbridge.errors import InputError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_text("অসম", "utf-8")
    return path


def test_order_names_and_formats(file: Path) -> None:
    sources = find_sources(["-", str(file)])
    assert [(source.name, str(source.format)) for source in sources] == [
        ("-", "text"),
        (str(file), "text"),
    ]
    assert find_sources(["-"], InputFormat.JSONL)[0].format is InputFormat.JSONL


@pytest.mark.parametrize("alias", ["same", "link", "hard", "dots"])
def test_a_file_named_twice_is_refused(file: Path, alias: str) -> None:
    other = {
        "same": file,
        "link": file.with_name("b.txt"),
        "hard": file.with_name("b.txt"),
        "dots": file.parent / ".." / file.parent.name / file.name,
    }[alias]
    if alias == "link":
        other.symlink_to(file)
    if alias == "hard":
        os.link(file, other)
    with pytest.raises(InputError, match=r"named twice \(before as"):
        find_sources([str(file), str(other)])


def test_standard_input_twice_is_refused() -> None:
    with pytest.raises(InputError, match="named twice"):
        find_sources(["-", "-"])


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.txt: no such file.*spelling"):
        find_sources([str(tmp_path / "none.txt")])
    with pytest.raises(InputError, match=r"a folder without a file.*holds nothing"):
        find_sources([str(tmp_path)])


@pytest.mark.parametrize(
    "text", ["ৰমেন দাস নলবাৰীত থাকে।", "ৰমেন দাস নলবাৰীত থাকে। " * 40, "Ramen Das lives here."]
)
def test_a_text_in_place_of_a_file_is_told_how_to_tag_it(text: str) -> None:
    with pytest.raises(InputError, match=r"no such file.*echo TEXT \| nerbridge tag -") as found:
        find_sources([text])
    assert len(str(found.value)) < 250


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as people have it: files of many kinds, some hidden, some of an unfinished job."""
    for name in (
        *("b.txt", "a.md", "news.csv", "in/page.html", "in/deep/mail.eml", "in/b.jsonl.gz"),
        *("photo.png", "PHOTO.PNG", "sheet.xlsx", "noending"),
        *(".hidden.txt", "~$letter.docx", ".git/a.txt", "out.jsonl.parts/0.jsonl"),
    ):
        path = tmp_path / "all" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            gzip.compress(b'{"text": "x"}', mtime=0) if name.endswith(".gz") else b"text\nx\n"
        )
    return tmp_path / "all"


def test_of_a_folder_the_files_are_taken(folder: Path) -> None:
    (folder / "link.txt").symlink_to(folder / "b.txt")
    sources = find_sources([str(folder)])
    assert [source.path.relative_to(folder).as_posix() for source in sources] == [
        *("a.md", "b.txt", "news.csv", "in/b.jsonl.gz", "in/page.html", "in/deep/mail.eml"),
    ]
    assert [source.format for source in sources] == [
        *(InputFormat.TEXT, InputFormat.TEXT, InputFormat.CSV, InputFormat.JSONL),
        *(InputFormat.DOCUMENT, InputFormat.DOCUMENT),
    ]
    progress = Progress()
    for _ in read_records(sources[:3], progress=progress):
        pass
    assert progress.notices == [
        f"{folder}: left out 4 files: .png (2), (no ending) (1), .xlsx (1)",
    ]


@pytest.mark.parametrize("name", ["out.csv", "in/out.jsonl", "analysis"])
def test_what_is_written_into_a_folder_is_no_input(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = find_sources([str(folder)])
    written = folder / name / "articles.csv" if name == "analysis" else folder / name
    written.parent.mkdir(exist_ok=True)
    written.write_text("text\n", encoding="utf-8")
    assert len(find_sources([str(folder)])) == len(before) + 1
    assert find_sources([str(folder)], output=folder / name) == before
    monkeypatch.chdir(folder)
    assert len(find_sources(["."], output=Path(name))) == len(before)


def test_a_folder_of_other_files_lists_their_endings(folder: Path) -> None:
    for path in (*folder.glob("*.txt"), *folder.glob("*.md"), *folder.glob("*.csv")):
        path.unlink()
    for path in [*folder.rglob("in/**/*")]:
        if path.is_file():
            path.unlink()
    with pytest.raises(InputError, match=r"holds \.png \(2\), \(no ending\) \(1\), \.xlsx \(1\)"):
        find_sources([str(folder)])
    taken = find_sources([str(folder)], InputFormat.TEXT)
    assert [source.path.name for source in taken] == ["noending"]


def test_a_folder_that_cannot_be_read_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match=r"all: cannot be read \(Permission denied\)"):
        find_sources([str(folder)])


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods", "a.odt", "a.rtf", "a.doc", "a.zip"])
@pytest.mark.parametrize("format", [None, InputFormat.TEXT])
def test_what_is_never_read_is_refused(
    tmp_path: Path, name: str, format: InputFormat | None
) -> None:
    path = tmp_path / name
    path.write_bytes(b"PK\x03\x04 cut" if format else b"a\tb\n")
    with pytest.raises(InputError, match=rf"{name}: an? .*; expected text.*\. (Open|Unpack)"):
        find_sources([str(path)], format)
    with pytest.raises(InputError, match="no such file"):
        find_sources([str(tmp_path / f"none{path.suffix}")])


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt", "a.conll", "a.parquet", "a"])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{\\rtf1 x}", "an RTF file"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "Workbook".encode("utf-16-le"), "an Excel file"),
        (b"\x89PNG\r\n", "a picture"),
        (gzip.compress(b"text", mtime=0), "a gzip file"),
    ],
)
def test_an_ending_that_lies(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=f"{name}: {said}"):
        find_sources([str(tmp_path / name)])


@pytest.mark.parametrize(
    "data", [b"%PDF-1.4", b"From: a\nMIME-Version: 1.0\n\nx", b"<!doctype html>"]
)
def test_a_document_by_another_name(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    (source,) = find_sources([str(tmp_path / "a.txt")])
    assert source.format is InputFormat.DOCUMENT


def test_an_input_is_not_written_over(file: Path) -> None:
    link = file.with_name("link.txt")
    link.symlink_to(file)
    sources = find_sources([str(file)])
    for output in (file, link):
        with pytest.raises(InputError, match="this is the input"):
            refuse_own_output(sources, output)
    refuse_own_output(find_sources(["-", str(file)]), file.with_name("other.txt"))


def test_sizes(file: Path) -> None:
    assert total_bytes(find_sources([str(file)])) == 9
    assert total_bytes(find_sources([str(file), "-"])) is None
    os.utime(file, (0, 0))
    assert describe_inputs(find_sources([str(file), "-"])) == [
        {"path": str(file), "n_bytes": 9, "modified": "1970-01-01T00:00:00+00:00"},
        {"path": "-", "n_bytes": None, "modified": None},
    ]


# Lines: numbers, marks, and what is not text

properties = settings(deadline=None, derandomize=True, max_examples=60)


def lines_of(path: Path, data: bytes) -> list[tuple[int, str]]:
    path.write_bytes(data)
    return list(Source(str(path), InputFormat.TEXT).lines(Progress()))


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
    with pytest.raises(
        InputError, match=r"a\.txt:2: the file is marked as UTF-16 but is not.*truncated.*cut"
    ):
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
    list(Source(str(path), InputFormat.TEXT).lines(progress))
    assert progress.n_bytes == path.stat().st_size


@pytest.mark.parametrize("data", [b"PK\x03\x04\x14\0\n", b"%PDF-1.4\n\xe2\n", b"\x1f\x8b\x08\0"])
def test_a_binary_file_in_a_pipe_is_said(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    with pytest.raises(InputError, match=r"^-: a .* file; .*--input-format document"):
        list(Source("-", InputFormat.TEXT).lines(Progress()))


def test_text_in_a_pipe_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO("অ\nআ".encode()), encoding="utf-8")
    )
    assert list(Source("-", InputFormat.TEXT).lines(Progress())) == [(1, "অ\n"), (2, "আ")]
