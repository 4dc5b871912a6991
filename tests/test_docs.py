"""What the documentation says is so: examples run, commands exist, links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from nerbridge.cli.app import app

REPOSITORY = Path(__file__).resolve().parent.parent
GENERATED = REPOSITORY / "docs" / "cli.md"
PAGES = [
    page
    for page in [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")]
    if page != GENERATED
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^]]*]\(([^)\s]+)\)")


def blocks(page: Path, *languages: str) -> list[str]:
    """The fenced blocks of a page in one of ``languages``."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [text for language, text in found if language in languages]


def page_id(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


every_page = pytest.mark.parametrize("page", sorted(PAGES), ids=page_id)


@pytest.mark.parametrize(
    "page",
    [
        # One example trains a model, and the next ones use it.
        pytest.param(page, marks=pytest.mark.slow if page.name == "python.md" else ())
        for page in sorted(PAGES)
    ],
    ids=page_id,
)
def test_python_examples_run(page: Path, tmp_path: Path) -> None:
    for example in blocks(page, "python"):
        done = subprocess.run(
            [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{example}\n{done.stderr}"


@pytest.mark.slow
def test_the_script_of_an_experiment_runs(tmp_path: Path) -> None:
    script = (REPOSITORY / "docs" / "examples" / "experiment.py").read_text(encoding="utf-8")
    fewer = ", ".join(f"{stage}__epochs=1" for stage in ("baseline", "transfer", "adapt"))
    script = script.replace("seeds=[13, 21]", f"seeds=[13, 21], reference__crf=False, {fewer}")
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "transfer" in done.stdout
    assert "exported: " in done.stdout
    assert (tmp_path / "runs" / "quickstart" / "report" / "index.html").is_file()


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    files = [target.split("#")[0] for target in targets if "://" not in target]
    missing = [file for file in files if file and not (page.parent / file).exists()]
    assert not missing


@every_page
def test_commands_in_pages_exist(page: Path) -> None:
    wrong = [
        f"{line}: {mistake}"
        for line in command_lines(page)
        if (mistake := find_mistake(line)) is not None
    ]
    assert not wrong


def command_lines(page: Path) -> Iterator[str]:
    """Shell lines of a page that call nerbridge, without prompt and comment."""
    for text in blocks(page, "console", "bash", "sh"):
        for line in text.replace("\\\n", " ").splitlines():
            line = re.sub(r"\s#.*", "", line.removeprefix("$ ")).strip()
            if re.match(r"(nerbridge|scripts/)", line):
                yield line


def find_mistake(line: str) -> str | None:
    """Why a command line cannot be right: no such script, command or option."""
    name, *words = shlex.split(line.split("|")[0].split(">")[0])
    if name.startswith("scripts/"):
        if not (REPOSITORY / name).exists():
            return f"no file {name}"
        if name != "scripts/run":
            return None
        words = ["run", *(words or ["quickstart"])]
    command = typer.main.get_command(app)
    while words and hasattr(command, "get_command") and not words[0].startswith("-"):
        found = command.get_command(None, words[0])
        if found is None:
            return f"no command {words[0]}"
        command, words = found, words[1:]
    known = {"--help", *options_of(command)}
    unknown = [word for word in words if word.startswith("-") and word.split("=")[0] not in known]
    return f"no option {unknown[0]}" if unknown else None


def options_of(command: Any) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts}


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("nerbridge --version", None),
        ("nerbridge data audit somewhere --json | head", None),
        ("nerbridge data audit somewhere --jsn", "no option --jsn"),
        ("nerbridge data adit somewhere", "no command adit"),
        ("scripts/absent", "no file scripts/absent"),
        ("scripts/test", None),
    ],
)
def test_mistakes_are_found(line: str, mistake: str | None) -> None:
    assert find_mistake(line) == mistake


def test_the_page_of_commands_is_current(tmp_path: Path) -> None:
    fresh = tmp_path / "cli.md"
    subprocess.run(
        [REPOSITORY / "scripts" / "write-cli-docs", fresh],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHON": sys.executable},
    )
    assert GENERATED.read_text(encoding="utf-8") == fresh.read_text(encoding="utf-8"), (
        "run scripts/write-cli-docs"
    )


def test_the_page_of_recipes_is_current(tmp_path: Path) -> None:
    fresh = tmp_path / "recipe.md"
    script = REPOSITORY / "scripts" / "write-recipe-docs"
    subprocess.run([sys.executable, script, fresh], check=True)
    current = (REPOSITORY / "docs" / "recipe.md").read_text(encoding="utf-8")
    assert current == fresh.read_text(encoding="utf-8"), "run scripts/write-recipe-docs"
    assert (
        "| `max_train` | number | not set | Training sentences to use. By default all are used. |"
        in current
    )
    assert "|  |" not in current  # every key says what it is for


def test_every_example_in_help_is_right() -> None:
    examples = re.findall(r"^Example: (nerbridge .*)", GENERATED.read_text(encoding="utf-8"), re.M)
    assert examples
    wrong = {line: mistake for line in examples if (mistake := find_mistake(line)) is not None}
    assert not wrong


def test_the_log_lists_every_experiment_by_its_title() -> None:
    folder = REPOSITORY / "docs" / "log"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    for page in folder.glob("2*.md"):
        title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        assert f"[{title}]({page.name})" in listed
