"""The table of commands. A command is imported when somebody calls it or asks for its help."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import Any, NamedTuple

import typer
import typer.core
import typer.main

from nerbridge.cli.console import print_note

EXIT_INTERRUPTED = 130


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
    "encoder": CommandEntry(
        "Train", "nerbridge.cli.encoder:app", "Inspect and convert pretrained encoders."
    ),
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

        A command that can be continued says how: ``raise KeyboardInterrupt("To resume: …")``.
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
        # typer makes commands of apps only; an app of one function is that command.
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(name)(target)
        target = single
    command = typer.main.get_command(target)
    command.name = name
    command.short_help = COMMANDS[name].help
    return command
