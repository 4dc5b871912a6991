"""The edge of the command line: what becomes which message and which exit code."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from nerbridge import __version__
from nerbridge.cli import app as edge
from nerbridge.cli import commands
from nerbridge.errors import (
    CorpusError,
    EnvironmentProblem,
    ModelError,
    NerbridgeError,
    RecipeError,
    RunError,
    TextError,
)

Outcome = tuple[int, str, str]
Call = Callable[..., Outcome]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run ``nerbridge fail`` (a command that raises ``error``); exit code, stdout, stderr."""
    monkeypatch.delenv(edge.DEBUG_VARIABLE, raising=False)

    def run(*arguments: str, error: BaseException | None = None) -> Outcome:
        def fail() -> None:
            """Fail."""
            if error is not None:
                raise error
            print("done")

        module = ModuleType("failing_command")
        module.fail = fail  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "failing_command", module)
        entry = commands.CommandEntry("Use", "failing_command:fail", "Fail as it is told.")
        monkeypatch.setitem(commands.COMMANDS, "fail", entry)
        monkeypatch.setattr(sys, "argv", ["nerbridge", *arguments])
        with pytest.raises(SystemExit) as stop:
            edge.main()
        shown = capsys.readouterr()
        return int(stop.value.code or 0), shown.out, shown.err

    return run


@pytest.mark.parametrize(
    ("module", "extra"),
    [("torch", "train,report"), ("peft.tuners", "train,report"), ("onnx", "export")],
)
def test_a_missing_extra_is_named(call: Call, module: str, extra: str) -> None:
    missing = ModuleNotFoundError(f"No module named {module!r}", name=module)
    code, out, err = call("fail", error=missing)
    assert (code, out) == (1, "")
    assert f"this command needs {module}, which is not installed." in err
    assert f"pip install 'nerbridge[{extra}]'" in err
    assert "bug in nerbridge" not in err


def test_a_missing_module_of_no_extra_is_a_mistake(call: Call) -> None:
    code, _, err = call("fail", error=ModuleNotFoundError("No module named 'x'", name="x"))
    assert code == 1
    assert "bug in nerbridge" in err


def test_success_is_silent_on_stderr(call: Call) -> None:
    assert call("fail") == (0, "done\n", "")


def test_version(call: Call) -> None:
    assert call("--version") == (0, f"nerbridge {__version__}\n", "")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (CorpusError, 2),
        (RecipeError, 2),
        (TextError, 2),
        (ModelError, 1),
        (RunError, 1),
        (EnvironmentProblem, 1),
        (NerbridgeError, 1),
    ],
)
def test_own_errors_show_their_message_alone(
    call: Call, kind: type[NerbridgeError], code: int
) -> None:
    message = "train.conll:118: tag 'I-LOC' follows 'O' [so it is]. Pass repair=True."
    assert call("fail", error=kind(message)) == (code, "", f"error: {message}\n")


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "Free some disk space"),
        (errno.EACCES, "permissions"),
        (errno.ENOENT, "spelling"),
        (errno.EROFS, "Choose a path"),
    ],
)
def test_errors_of_the_system_name_place_and_remedy(call: Call, number: int, remedy: str) -> None:
    error = OSError(number, os.strerror(number), "runs/a/record.json")
    code, out, shown = call("fail", error=error)
    assert (code, out) == (1, "")
    assert shown.startswith(f"error: runs/a/record.json: {os.strerror(number)}.")
    assert remedy in shown


def test_a_system_error_without_a_number_is_its_own_message(call: Call) -> None:
    assert call("fail", error=OSError("no such host")) == (1, "", "error: no such host\n")


def test_interruption_says_how_to_go_on(call: Call) -> None:
    code, out, shown = call("fail", error=KeyboardInterrupt("To resume: nerbridge run a"))
    assert (code, out, shown) == (130, "", "Interrupted. To resume: nerbridge run a\n")


def test_unexpected_errors_ask_for_a_report_without_traceback(call: Call) -> None:
    code, _, shown = call("fail", error=ZeroDivisionError("division by zero"))
    assert code == 1
    assert "ZeroDivisionError: division by zero" in shown
    assert "report" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("way", ["option", "variable"])
def test_debug_shows_the_traceback(call: Call, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    if way == "variable":
        monkeypatch.setenv(edge.DEBUG_VARIABLE, "1")
    else:
        monkeypatch.setenv(edge.DEBUG_VARIABLE, "0")  # restored afterwards: the option sets it
    arguments = ["--debug", "fail"] if way == "option" else ["fail"]
    code, _, shown = call(*arguments, error=ZeroDivisionError())
    assert code == 1
    assert "Traceback" in shown


@pytest.mark.parametrize("arguments", [["no-such-command"], ["--no-such-option"], ["fail", "x"]])
def test_wrong_usage_is_wrong_input(call: Call, arguments: list[str]) -> None:
    code, out, shown = call(*arguments)
    assert (code, out) == (2, "")
    assert arguments[-1] in shown


def test_a_closed_pipe_is_silent(call: Call) -> None:
    code, _, shown = call("fail", error=BrokenPipeError(errno.EPIPE, "Broken pipe"))
    assert (code, shown) == (1, "")


def leaf_commands() -> list[tuple[str, ...]]:
    """The words of every command that does something: ``("data", "audit")``."""
    found: list[tuple[str, ...]] = []
    for name in commands.COMMANDS:
        command = commands.load_command(name)
        inner = command.list_commands(None) if hasattr(command, "list_commands") else []
        found += [(name, child) for child in inner] or [(name,)]
    return found


@pytest.mark.parametrize("words", leaf_commands(), ids=" ".join)
def test_every_command_has_help_with_an_example_and_can_be_quiet(
    call: Call, words: tuple[str, ...]
) -> None:
    code, out, _ = call(*words, "--help")
    assert code == 0
    assert f"Example: nerbridge {' '.join(words)}" in " ".join(out.split())
    assert "--quiet" in out


def test_python_dash_m_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nerbridge", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"nerbridge {__version__}\n"


START = ["app", "commands", "console", "error_messages"]


def test_help_lists_every_command_by_group_and_imports_none() -> None:
    code = (
        "import sys\n"
        "sys.argv = ['nerbridge', '--help']\n"
        "from nerbridge.cli.app import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'rich', 'regex', 'pydantic', 'tokenizers'} & sys.modules.keys()\n"
        "ours = [name for name in sys.modules if name.startswith('nerbridge.cli.')]\n"
        "print(sorted(heavy), sorted(ours), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == f"[] {[f'nerbridge.cli.{name}' for name in START]}\n"
    lines = done.stdout.splitlines()
    places = {group: lines.index(f"{group}:") for group in ("Use", "Train", "Data", "Share")}
    assert list(places.values()) == sorted(places.values())
    for name, entry in commands.COMMANDS.items():
        (place,) = [i for i, line in enumerate(lines) if line.split()[:1] == [name]]
        assert lines[place].split(maxsplit=1)[1] == entry.help
        assert max(p for p in places.values() if p < place) == places[entry.group]
    assert max(map(len, lines)) <= 80


def test_dash_h_is_help_of_every_command(call: Call) -> None:
    for words in ([], ["tag"], ["recipe"], ["recipe", "new"]):
        code, out, shown = call(*words, "-h")
        assert (code, shown) == (0, "")
        assert out == call(*words, "--help")[1]


def test_a_mistyped_command_is_told_the_nearest(call: Call) -> None:
    code, _, shown = call("anaylse", "x")
    assert code == 2
    assert "Did you mean 'analyse'?" in shown


def test_names_and_options_are_completed(tmp_path: Path) -> None:
    def complete(words: str, n: int) -> list[str]:
        asked = {"_NERBRIDGE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(n)}
        script = tmp_path / "nerbridge"
        script.write_text("from nerbridge.cli.app import main\nmain()\n", "utf-8")
        done = subprocess.run(
            [sys.executable, str(script)],
            env={**os.environ, **asked},
            capture_output=True,
            text=True,
        )
        return done.stdout.split()

    assert complete("nerbridge ex", 1) == ["export"]
    assert complete("nerbridge c", 1) == ["calibrate", "compare"]
    assert "--redact" in complete("nerbridge tag --re", 2)
