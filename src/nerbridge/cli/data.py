"""``nerbridge data``: look at labelled files, count, audit, compare and convert them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer.core

from nerbridge.cli.console import new_table, print_json, print_note, print_table
from nerbridge.cli.corpora import (
    ColumnsOption,
    OffsetsOption,
    PathsArgument,
    RepairOption,
    SchemeOption,
    sizes_table,
)
from nerbridge.cli.data_audit import audit_command
from nerbridge.cli.data_convert import convert_command, words_command
from nerbridge.cli.options import (
    JsonOption,
    MapTypesOption,
    OldMapOption,
    QuietOption,
    read_map_option,
)
from nerbridge.cli.progress import show_progress
from nerbridge.cli.split import split_command

if TYPE_CHECKING:
    from nerbridge.workflows.corpora import CorpusDisagreement


class _DataCommands(typer.core.TyperGroup):
    """The sub-commands, and the old name of one of them."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, or ``None``."""
        if cmd_name == "agree":
            print_note("data agree is called data disagreements now; 0.3.0 removes the old name.")
            cmd_name = "disagreements"
        return super().get_command(ctx, cmd_name)


app = typer.Typer(
    cls=_DataCommands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Inspect, count, audit, compare and convert labelled files.\n\nExample: nerbridge data "
    "audit corpora/as",
)


def stats_command(
    paths: PathsArgument,
    scheme: SchemeOption = None,
    repair: RepairOption = False,
    columns: ColumnsOption = None,
    offsets: OffsetsOption = None,
    map_types: MapTypesOption = None,
    old_map: OldMapOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Count sentences, words and entities of every split.

    Example: nerbridge data stats corpora/as corpora/bn bundled:hi
    """
    from nerbridge.workflows.corpora import count_splits, read_corpora
    from nerbridge.workflows.labelled import CorpusOptions

    type_map = read_map_option(map_types, old_map)
    options = CorpusOptions(scheme, repair, columns, offsets, type_map)
    with show_progress(quiet=quiet) as listen:
        corpora = read_corpora(paths, options, listen)
    sizes = [size for corpus in corpora for size in count_splits(corpus)]
    if as_json:
        print_json([asdict(size) for size in sizes])
    else:
        print_table(sizes_table(sizes))


def disagreements_command(
    paths: PathsArgument,
    script: Annotated[
        str | None,
        typer.Option(
            "--script", help="Convert words to this script before the comparison, such as Beng."
        ),
    ] = None,
    scheme: SchemeOption = None,
    repair: RepairOption = False,
    columns: ColumnsOption = None,
    offsets: OffsetsOption = None,
    map_types: MapTypesOption = None,
    old_map: OldMapOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Find words that one corpus labels as entities and the other corpora do not.

    An entity counts if the other corpora that label its type leave its words outside entities. They
    must do so nine times in ten, and have the words at least five times. Of each corpus, up to
    20,000 training sentences are read. For a source with many such entities, try harmonise = true
    in the recipe.

    Example: nerbridge data disagreements corpora/bn corpora/hi --script Beng
    """
    from nerbridge.workflows.corpora import find_disagreements
    from nerbridge.workflows.labelled import CorpusOptions

    type_map = read_map_option(map_types, old_map)
    options = CorpusOptions(scheme, repair, columns, offsets, type_map)
    with show_progress(quiet=quiet) as listen:
        found = find_disagreements(paths, options, script=script, listen=listen)
    if as_json:
        print_json([_to_json(one) for one in found])
    else:
        _print_disagreements(found)


def _to_json(one: CorpusDisagreement) -> dict[str, Any]:
    share = round(one.found.share, 4)
    return {"corpus": one.corpus, "path": one.path, **asdict(one.found), "share": share}


def _print_disagreements(disagreements: Sequence[CorpusDisagreement]) -> None:
    table = new_table("corpus", "entities", "alone", "share", "such as", justify="right")
    table.columns[0].no_wrap = False
    table.columns[-1].justify = "left"
    for column in table.columns[1:4]:
        column.no_wrap = True
    names = [one.corpus for one in disagreements]
    for one in disagreements:
        # Two folders may have the same last part.
        name = one.corpus if names.count(one.corpus) == 1 else one.path
        counts = f"{one.found.n_entities:,}", f"{one.found.n_discordant:,}"
        table.add_row(name, *counts, f"{one.found.share:.1%}", ", ".join(one.found.examples))
    print_table(table)


app.command("audit")(audit_command)
app.command("convert")(convert_command)
app.command("split")(split_command)
app.command("stats")(stats_command)
app.command("disagreements")(disagreements_command)
app.command("words")(words_command)
