"""How commands read labelled sentences, and the tables of their sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from nerbridge.cli.console import new_table
from nerbridge.io.offset_unit import OffsetUnit
from nerbridge.labels import Scheme

if TYPE_CHECKING:
    from rich.table import Table

    from nerbridge.workflows.corpora import SplitSize

PathsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH…",
        help="A folder with train, validation and test files, one file, hub:owner/name@config, "
        "hf://datasets/owner/name/path, "
        "or bundled:as.",
    ),
]
SchemeOption = Annotated[
    Scheme | None,
    typer.Option("--scheme", help="Tagging scheme of the files; detected if not given."),
]
RepairOption = Annotated[
    bool, typer.Option("--repair", help="Turn invalid tags into valid ones, and count them.")
]
ColumnsOption = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="WORD,TAG",
        help="Columns of words and tags, by number or name: 2,3 or token,label. For JSON: the "
        "fields of text and spans. Detected if not given.",
    ),
]
OffsetsOption = Annotated[
    OffsetUnit | None,
    typer.Option("--offsets", help="Unit of the offsets of spans; detected if not given."),
]
LexiconOption = Annotated[
    str | None,
    typer.Option(
        "--lexicon",
        metavar="FILE",
        help="Lexicon of words and their replacements: bundled:hi-as, bundled:bn-as or a file.",
    ),
]


def sizes_table(sizes: Sequence[SplitSize]) -> Table:
    """The sizes of splits, a row each."""
    types = sorted({type_ for size in sizes for type_ in size.type_counts})
    table = new_table("corpus", "split", "sentences", "words", "entities", *types, justify="right")
    table.columns[1].justify = "left"
    for size in sizes:
        numbers = [size.n_sentences, size.n_words, size.n_entities]
        numbers += [size.type_counts.get(type_, 0) for type_ in types]
        table.add_row(size.corpus, size.split, *map(format_number, numbers))
    return table


def format_number(value: float | None) -> str:
    """A cell of a table: thousands with commas, shares with two digits, nothing for None."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"
