"""What is printed is UTF-8, whatever the locale of the terminal says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nerbridge.cli.console import hide_bars_of_libraries
from tiny_tagger import write_tiny_tagger

TEXT = "ৰমেন দাস গুৱাহাটীত থাকে।"
LOCALES = [
    {"PYTHONIOENCODING": "cp1252"},
    {"PYTHONIOENCODING": "ascii:strict"},
    {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"},
    {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "en_US.ISO-8859-1"},
    {"PYTHONIOENCODING": "utf-16"},
]
PROGRAM = """
from nerbridge.cli.console import *
print_as_utf8()
print_json({"ক": "অসম 😀"})
print_result("half: \\ud83d, byte: \\udce0\\udca6\\udc95")
print_note("অসম")
print_error("অসম")
table = new_table("শব্দ")
table.add_row("গুৱাহাটী")
print_table(table)
"""
in_every_locale = pytest.mark.parametrize("locale", LOCALES, ids=lambda one: str([*one.values()]))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_tagger(tmp_path_factory.mktemp("model") / "tiny")


def run(*arguments: object, locale: dict[str, str], cwd: Path, code: int = 0) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", **locale},
    )
    assert done.returncode == code, done.stderr
    return done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


@in_every_locale
def test_every_way_of_printing(locale: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    out, err = run("program.py", locale=locale, cwd=tmp_path)
    lines = out.splitlines()
    assert lines[:2] == ['{"ক": "অসম 😀"}', "half: \\ud83d, byte: ক"]
    assert "শব্দ" in out
    assert "গুৱাহাটী" in out
    assert err.splitlines() == ["অসম", "error: অসম"]


@pytest.mark.slow
@in_every_locale
def test_commands_print_and_write_utf8(locale: dict[str, str], model: Path, tmp_path: Path) -> None:
    (tmp_path / "চিঠি.txt").write_text(TEXT, encoding="utf-8")
    command = ("-m", "nerbridge", "tag", "চিঠি.txt", "-m", model)
    out, _ = run(*command, locale=locale, cwd=tmp_path)
    assert (json.loads(out)["source"], json.loads(out)["text"]) == ("চিঠি.txt", TEXT)
    for ending in ("jsonl", "csv", "html", "txt"):
        run(*command, "-o", f"ফল.{ending}", locale=locale, cwd=tmp_path)
        written = (tmp_path / f"ফল.{ending}").read_text(encoding="utf-8")
        assert "গুৱাহাটীত" in written
    _, err = run("-m", "nerbridge", "tag", "নাই.txt", locale=locale, cwd=tmp_path, code=2)
    assert err.startswith("error: নাই.txt: no such file")
    out, _ = run("-m", "nerbridge", "data", "audit", "bundled:as", locale=locale, cwd=tmp_path)
    assert "sentences" in out


def test_a_name_that_a_library_cannot_take_is_said(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "in.txt").write_text(TEXT, encoding="utf-8")
    command = ("-m", "nerbridge", "tag", "in.txt", "-m", model, "-o", "ফল.parquet")
    _, err = run(*command, locale=LOCALES[2], cwd=tmp_path, code=2)
    assert "ফল.parquet: the locale of this terminal cannot read the name" in err


def test_a_long_name_is_written(model: Path, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(TEXT, encoding="utf-8")
    name = "ফ" * 83 + ".jsonl"
    run("-m", "nerbridge", "tag", "in.txt", "-m", model, "-o", name, locale={}, cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.txt", name]


@pytest.mark.parametrize(
    ("is_terminal", "arguments", "hidden"),
    [(True, [], False), (False, [], True), (True, ["--quiet"], True), (True, ["-q"], True)],
)
def test_bars_of_libraries_are_drawn_for_people_only(
    is_terminal: bool, arguments: list[str], hidden: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("HF_HUB_DISABLE_PROGRESS_BARS", "HF_DATASETS_DISABLE_PROGRESS_BARS")
    for name in names:
        monkeypatch.setenv(name, "0")
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "argv", ["nerbridge", "run", "paper", *arguments])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    hide_bars_of_libraries()
    assert [os.environ.get(name) == "1" for name in names] == [hidden, hidden]
