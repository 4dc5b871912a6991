"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.errors import EnvironmentProblem, InputError
from nerbridge.files import sibling, to_readable_name, write_text, write_whole


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_text_is_written_as_it_is(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("text") / "new" / "file.txt"
    write_text(path, text)
    assert path.read_bytes().decode("utf-8") == text


@pytest.mark.parametrize("failing", ["replace", "fsync"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "record.json"
    write_text(path, "old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(EnvironmentProblem, match="No space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_can_be_read_by_others_as_usual(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("x")
    write_text(tmp_path / "record.json", "x")
    assert (tmp_path / "record.json").stat().st_mode == plain.stat().st_mode


def test_what_interrupts_the_writing_leaves_no_temporary_file(tmp_path: Path) -> None:
    def interrupt(temporary: Path) -> None:
        temporary.write_text("half", encoding="utf-8")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "file", interrupt)
    assert not list(tmp_path.iterdir())


def test_half_a_character_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "file", "\ud800")
    assert not list(tmp_path.iterdir())


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    file, link = tmp_path / "there" / "file", tmp_path / "link"
    link.symlink_to(file)
    for text in ("new", "newer"):
        write_text(link, text)
        assert (link.is_symlink(), file.read_text()) == (True, text)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "link", "there"]


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/stdout"), Path("/proc/self/fd/1")):
        with pytest.raises(InputError, match="a device or a pipe was found"):
            write_text(path, "x")


def test_a_name_too_long_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match=r"not written \(File name too long\)"):
        write_text(tmp_path / ("x" * 300), "x")


def test_a_name_is_readable_whatever_the_locale_made_of_it() -> None:
    assert to_readable_name("চিঠি.txt") == "চিঠি.txt"
    halves = "চিঠি.txt".encode().decode("ascii", "surrogateescape")
    assert to_readable_name(halves) == "চিঠি.txt"
    assert to_readable_name("caf\udce9.txt") == "caf\ufffd.txt"


@pytest.mark.parametrize("name", ["out", "ক" * 85, "x" * 255, "ক" * 83])
def test_what_stands_beside_a_long_name_has_a_name_that_fits(tmp_path: Path, name: str) -> None:
    for suffix in (".parts", ".writing"):
        beside = sibling(tmp_path / name, ".", suffix)
        beside.mkdir()
        assert beside == sibling(tmp_path / name, ".", suffix)
        assert beside != sibling(tmp_path / f"ক{name[1:]}x", ".", suffix)
    write_text(tmp_path / name, "x")
