"""``nerbridge analyse``: who and what many articles are about, over time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerbridge.cli.console import original_command, print_result
from nerbridge.cli.options import (
    InputFormatOption,
    MapTypesOption,
    ModelOption,
    QuietOption,
    ThreadsOption,
    TypesOption,
    read_map_option,
    split_names,
)
from nerbridge.cli.progress import show_progress


def analyse(
    inputs: Annotated[
        list[str], typer.Argument(help="Files with one article a record: .jsonl, .csv, .parquet")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the report and the tables.")
    ],
    text: Annotated[
        str,
        typer.Option("--text", "--field", help="Field with the text; a.b is the field b inside a."),
    ] = "text",
    date: Annotated[
        str, typer.Option(help="Field with the date; empty if there is none.")
    ] = "date",
    title: Annotated[str | None, typer.Option(help="Field with the title.")] = None,
    id: Annotated[
        str | None, typer.Option(help="Field with the name of the article; default: its row.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Field with the article's address.")] = None,
    model: ModelOption = "bundled:as",
    by: Annotated[
        str | None,
        typer.Option(help="Count by day, week or month; default: depends on the period."),
    ] = None,
    min_score: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Drop mentions with a lower score.")
    ] = 0.0,
    types: TypesOption = None,
    map_types: MapTypesOption = None,
    threads: ThreadsOption = None,
    input_format: InputFormatOption = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Tag all articles again, and replace the files in the folder."
        ),
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Group, count and compare the people, places and organisations in many articles.

    Writes report.html and tables (Parquet and CSV). After an interruption, run the same command
    again. It does not repeat finished work.

    Example: nerbridge analyse articles.jsonl --text body --date published --output analysis
    """
    from nerbridge.workflows.analyse import analyse as analyse_articles
    from nerbridge.workflows.tag_files import TagOptions

    options = TagOptions(
        model=model,
        n_threads=threads,
        min_score=min_score,
        types=None if types is None else split_names(types),
        map_types=read_map_option(map_types),
        input_format=input_format,
        field=text,
    )
    # With --overwrite, the resumed command would delete what is finished.
    again = original_command(without=["--overwrite"])
    with show_progress(quiet=quiet, command=again) as listen:
        done = analyse_articles(
            inputs,
            output,
            options,
            date=date or None,
            title=title,
            id=id,
            url=url,
            period=by,
            overwrite=overwrite,
            listen=listen,
        )
    print_result(str(done.report))
