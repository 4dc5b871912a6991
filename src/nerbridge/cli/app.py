"""The ``nerbridge`` command: its sub-commands, and the edge where errors become messages.

A command's module is imported when the command is called, and imports torch and its like only
inside the function that needs them. ``nerbridge --help`` imports no command.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
import warnings
from difflib import get_close_matches
from importlib import import_module
from typing import Annotated, Any, NamedTuple, TextIO

import typer
import typer.core
import typer.main

from nerbridge import __version__
from nerbridge.cli.console import (
    hide_bars_of_libraries,
    print_as_utf8,
    print_error,
    print_note,
    print_result,
)
from nerbridge.errors import (
    InputError,
    ModelWarning,
    NerbridgeError,
    ScriptWarning,
    missing_extra,
)
from nerbridge.files import to_readable_name


class CommandEntry(NamedTuple):
    """What help says of a command, and where it is, so that help imports none of them."""

    group: str
    target: str
    """Its function, or its Typer app of sub-commands, as ``module:name``."""
    help: str
    """One short line; the command's own help says more."""


COMMANDS = {
    "tag": CommandEntry(
        "Use", "nerbridge.cli.tag:tag", "Find names in text, documents and tables."
    ),
    "serve": CommandEntry(
        "Use", "nerbridge.cli.serve:serve", "Serve models over HTTP, with a page in the browser."
    ),
    "analyse": CommandEntry(
        "Use", "nerbridge.cli.analyse:analyse", "Count and compare the names in many articles."
    ),
    "run": CommandEntry(
        "Train", "nerbridge.cli.run:run", "Run an experiment: baseline, transfer, adapted; report."
    ),
    "recipe": CommandEntry(
        "Train", "nerbridge.cli.recipe:app", "Show, check and write recipes of experiments."
    ),
    "evaluate": CommandEntry(
        "Train", "nerbridge.cli.evaluate:evaluate", "Score a model on labelled sentences."
    ),
    "calibrate": CommandEntry(
        "Train", "nerbridge.cli.calibrate:calibrate", "Fit a model's scores to labelled sentences."
    ),
    "compare": CommandEntry(
        "Train", "nerbridge.cli.compare:compare", "Compare runs, with paired tests."
    ),
    "encoder": CommandEntry("Train", "nerbridge.cli.encoder:app", "Look at pretrained encoders."),
    "data": CommandEntry(
        "Data", "nerbridge.cli.data:app", "Count, audit and convert labelled files."
    ),
    "suggest": CommandEntry(
        "Data", "nerbridge.cli.suggest:suggest", "Choose the sentences most worth labelling."
    ),
    "pseudo-label": CommandEntry(
        "Data", "nerbridge.cli.pseudo_label:pseudo_label", "Label raw text with several models."
    ),
    "export": CommandEntry(
        "Share", "nerbridge.cli.export:export", "Export a model to ONNX, int8 or transformers."
    ),
    "publish": CommandEntry(
        "Share", "nerbridge.cli.publish:publish", "Put a model on the Hugging Face hub."
    ),
}

DEBUG_VARIABLE = "NERBRIDGE_DEBUG"
EXIT_FAILED = 1
EXIT_WRONG_INPUT = 2
EXIT_INTERRUPTED = 130

_MAKE_ROOM = "Free some disk space and give the same command again; what was finished is kept."
_GET_ACCESS = "Check who owns it and its permissions, or choose another place."
_REMEDIES = {
    errno.ENOSPC: _MAKE_ROOM,
    errno.EDQUOT: _MAKE_ROOM,
    errno.EACCES: _GET_ACCESS,
    errno.EPERM: _GET_ACCESS,
    errno.EROFS: "It cannot be written to: choose another place.",
    errno.ENOENT: "Check the spelling and the current folder.",
    errno.EISDIR: "A file is needed here, not a folder.",
    errno.ENOTDIR: "A folder is needed here, not a file.",
}

_EXTRA_OF_MODULE = {
    **dict.fromkeys(("accelerate", "datasets", "peft", "pycrfsuite"), "train,report"),
    **dict.fromkeys(("scipy", "torch", "transformers"), "train,report"),
    **dict.fromkeys(("onnx", "onnxscript"), "export"),
}
"""What to install where a module is missing and no command has checked for it itself."""


class LazyCommands(typer.core.TyperGroup):
    """A command group that imports a sub-command when somebody asks for it."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of all commands, in the order in which help shows them."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, or ``None``."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = load_command(cmd_name)
        return self.commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """All commands by group, without importing any."""
        width = max(map(len, COMMANDS))
        for group in dict.fromkeys(entry.group for entry in COMMANDS.values()):
            rows = [
                (name.ljust(width), entry.help)
                for name, entry in COMMANDS.items()
                if entry.group == group
            ]
            with formatter.section(group):
                formatter.write_dl(rows)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Names of commands without importing them; of options as in any command."""
        from typer._click.shell_completion import CompletionItem

        names = [name for name in COMMANDS if name.startswith(incomplete)]
        if names:
            return [CompletionItem(name, help=COMMANDS[name].help) for name in names]
        return super().shell_complete(ctx, incomplete)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is asked for; of another word, the nearest command."""
        word = args[0]
        if word not in COMMANDS and (near := get_close_matches(word, COMMANDS, n=1)):
            ctx.fail(f"No such command {word!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the sub-command; Ctrl-C ends it with a message and exit code 130.

        A command that can be continued says how: ``raise KeyboardInterrupt("To go on: …")``.
        """
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            print_note(f"Interrupted. {interrupt}".strip())
            raise typer.Exit(EXIT_INTERRUPTED) from interrupt


def load_command(name: str) -> Any:
    """Import one command and give it its name."""
    module_name, attribute = COMMANDS[name].target.split(":")
    target = getattr(import_module(module_name), attribute)
    if not isinstance(target, typer.Typer):
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(name)(target)
        target = single
    command = typer.main.get_command(target)
    command.name = name
    command.short_help = COMMANDS[name].help
    return command


app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Plain text: tables of rich take longer to import than everything else here.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print_result(f"nerbridge {__version__}")
        raise typer.Exit


def _remember_debug(wanted: bool) -> None:
    if wanted:
        os.environ[DEBUG_VARIABLE] = "1"


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            callback=_remember_debug,
            help=f"Show the traceback of an unexpected error (also {DEBUG_VARIABLE}=1).",
        ),
    ] = False,
) -> None:
    """Named-entity recognition for a language with almost no labelled data.

    Example: nerbridge run quickstart
    """


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong input, 130 interrupted."""
    print_as_utf8()
    hide_bars_of_libraries()
    try:
        with warnings.catch_warnings():
            # The commands count what these warnings are about, and say it once themselves.
            warnings.simplefilter("ignore", ScriptWarning)
            warnings.showwarning = _show_warning
            app()
    except Exception as error:  # the edge: whatever happened, the user gets a message
        sys.exit(report_error(error))


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print what a model lost as a note; other warnings as Python does."""
    if issubclass(category, ModelWarning):
        print_note(f"note: {message}")
    else:
        print_note(warnings.formatwarning(message, category, filename, lineno, line).rstrip())


def report_error(error: Exception) -> int:
    """Print the message for ``error`` on stderr and return the exit code."""
    if _wants_traceback():
        traceback.print_exception(error)
    if isinstance(error, NerbridgeError):
        print_error(str(error))
        return EXIT_WRONG_INPUT if isinstance(error, InputError) else EXIT_FAILED
    if isinstance(error, OSError):
        print_error(describe_os_error(error))
        return EXIT_FAILED
    if isinstance(error, ModuleNotFoundError) and (extra := _missing_extra(error)):
        print_error(str(missing_extra("this command needs", error.name, extra)))
        return EXIT_FAILED
    if isinstance(error, UnicodeEncodeError) and any(map(_is_undecoded, sys.argv)):
        names = ", ".join(filter(_is_undecoded, sys.argv))
        print_error(
            f"{names}: the locale of this terminal cannot read the name. Set PYTHONUTF8=1, and "
            "give the command again."
        )
        return EXIT_WRONG_INPUT
    print_error(f"{type(error).__name__}: {error}", label="unexpected error:")
    if not _wants_traceback():
        print_note(
            f"This is a mistake in nerbridge {__version__}. Please report it, with the traceback "
            f"that the same command shows with {DEBUG_VARIABLE}=1 before it."
        )
    return EXIT_FAILED


def _missing_extra(error: ModuleNotFoundError) -> str | None:
    return _EXTRA_OF_MODULE.get((error.name or "").partition(".")[0])


def _is_undecoded(word: str) -> bool:
    return to_readable_name(word) != word


def describe_os_error(error: OSError) -> str:
    """The operating system's complaint: place, what happened, what to do.

    >>> describe_os_error(FileNotFoundError(2, "No such file or directory", "corpus.conll"))
    'corpus.conll: No such file or directory. Check the spelling and the current folder.'
    """
    if error.errno is None:
        return str(error)
    place = error.filename if error.filename is not None else "a file"
    remedy = _REMEDIES.get(error.errno)
    return f"{place}: {error.strerror}." + (f" {remedy}" if remedy else "")


def _wants_traceback() -> bool:
    return os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")
