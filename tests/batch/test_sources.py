"""Inputs are looked at before anything is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nerbridge.batch.formats import InputFormat
from nerbridge.batch.sources import (
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
    with pytest.raises(InputError, match=r"a folder was found.*\*\.txt"):
        find_sources([str(tmp_path)])


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
