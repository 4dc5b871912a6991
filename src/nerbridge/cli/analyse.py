"""``nerbridge analyse``: who and what many articles are about, over time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerbridge import __version__
from nerbridge.batch.formats import InputFormat
from nerbridge.batch.shards import open_shard_store, parts_folder
from nerbridge.batch.sources import (
    Progress,
    Source,
    describe_inputs,
    find_sources,
    total_bytes,
)
from nerbridge.cli.console import (
    kept_shards_hint,
    original_command,
    print_note,
    print_result,
    resume_hint,
    say_what_was_met,
    show_bar,
)
from nerbridge.cli.options import (
    InputFormatOption,
    MapTypesOption,
    ModelOption,
    QuietOption,
    ThreadsOption,
    TypesOption,
    read_map_option,
)
from nerbridge.errors import InputError, RunError, missing_extra
from nerbridge.files import write_text
from nerbridge.text.counts import count_of

if TYPE_CHECKING:
    from nerbridge.analysis.articles import Fields
    from nerbridge.analysis.counting import By
    from nerbridge.type_maps import TypeMap

ARTICLES = "articles.parquet"
REPORT = "report.html"
_FORMATS = (InputFormat.JSONL, InputFormat.CSV, InputFormat.PARQUET)
_LIBRARIES = ("duckdb", "networkx", "pyarrow")


def analyse(
    inputs: Annotated[
        list[str], typer.Argument(help="Files with one article a record: .jsonl, .csv, .parquet")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the report and the tables.")
    ],
    text: Annotated[
        str,
        typer.Option("--text", "--field", help="The field with the text; a.b is b inside a."),
    ] = "text",
    date: Annotated[
        str, typer.Option(help="The field with the date; empty if there is none.")
    ] = "date",
    title: Annotated[str | None, typer.Option(help="The field with the title.")] = None,
    id: Annotated[
        str | None, typer.Option(help="The field that names the article; default: its row.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="The field with the article's address.")] = None,
    model: ModelOption = "bundled:as",
    by: Annotated[
        str | None,
        typer.Option(help="Count by day, week or month; default: depends on the period."),
    ] = None,
    min_score: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Drop mentions less probable than this.")
    ] = 0.0,
    types: TypesOption = None,
    map_types: MapTypesOption = None,
    threads: ThreadsOption = None,
    input_format: InputFormatOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Tag again, and replace the files in the folder.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Group, count and compare the people, places and organisations in many articles.

    Writes report.html and tables (Parquet and CSV). After an interruption give the same
    command again: tagged articles are not tagged twice.

    Example: nerbridge analyse articles.jsonl --text body --date published --output analysis
    """
    _import_libraries()
    from nerbridge.analysis.articles import Fields, check_fields
    from nerbridge.analysis.counting import By

    unit = _check_by(by, [str(period) for period in By])
    type_map = read_map_option(map_types)
    sources = _find_sources(inputs, input_format, output)
    fields = Fields(text, date or None, title, id, url)
    check_fields(sources, fields)
    _make_folder(output)
    job = _describe_job(sources, fields, model, min_score, types, type_map)
    _tag(sources, fields, output / ARTICLES, job, model, threads, overwrite, quiet=quiet)
    with resume_hint(_command_again(), "The articles are tagged."):
        name = ", ".join(Path(source.name).name for source in sources)
        _report(output, By(unit) if unit else None, name, Path(model).name, threads, quiet=quiet)
    print_result(str(output / REPORT))


def _command_again() -> str:
    """The command that goes on: --overwrite would begin anew."""
    return original_command(without=["--overwrite"])


def _import_libraries() -> None:
    for library in _LIBRARIES:
        try:
            import_module(library)
        except ModuleNotFoundError as error:
            raise missing_extra("nerbridge analyse needs", library, "analyse") from error


def _check_by(by: str | None, known: list[str]) -> str | None:
    if by is not None and by not in known:
        raise InputError(f"--by {by}: expected one of {', '.join(known)}.")
    return by


def _find_sources(
    inputs: list[str], input_format: InputFormat | None, output: Path
) -> list[Source]:
    sources = find_sources(inputs, input_format, output=output)
    for source in sources:
        if source.is_stdin:
            raise InputError(
                "-: articles are read more than once, which standard input cannot be; expected "
                "a file. Write it to one first."
            )
        if source.format not in _FORMATS:
            raise InputError(
                f"{source.name}: a {source.format} file; expected articles with fields: .jsonl, "
                ".csv or .parquet. If it is one of these, say so: --input-format."
            )
    return sources


def _make_folder(output: Path) -> None:
    if output.exists() and not output.is_dir():
        raise InputError(f"--output {output}: a file was found, expected a folder. Name another.")
    output.mkdir(parents=True, exist_ok=True)


def _describe_job(
    sources: list[Source],
    fields: Fields,
    model: str,
    min_score: float,
    types: str | None,
    type_map: TypeMap,
) -> dict[str, Any]:
    from nerbridge.batch.shards import hash_folder
    from nerbridge.tagging.model_folder import find_model

    wanted = None if types is None else [name.strip() for name in types.split(",")]
    options = {
        **asdict(fields),
        "min_score": min_score,
        "types": wanted,
        "map_types": dict(type_map),
    }
    return {
        "version": __version__,
        "model": hash_folder(find_model(model).path),
        "options": options,
        "inputs": [dict(saved) for saved in describe_inputs(sources)],
    }


def _tag(
    sources: list[Source],
    fields: Fields,
    target: Path,
    job: Mapping[str, Any],
    model: str,
    threads: int | None,
    overwrite: bool,
    *,
    quiet: bool,
) -> None:
    """Tag what is not tagged; the same job need not be done twice."""
    from nerbridge.analysis.articles import ArticleWriter, read_job
    from nerbridge.batch.job import Totals, tag_to_parts
    from nerbridge.batch.records import read_records
    from nerbridge.tagging.tagger import Tagger

    is_begun = parts_folder(target).exists()  # with --overwrite, and interrupted
    if target.exists() and not overwrite and not is_begun:
        if read_job(target) == job:
            print_note(f"{target}: tagged before by the same command, used again", quiet=quiet)
            return
        raise RunError(
            f"{target}: of other articles, another model or other options. To replace it: "
            "--overwrite; or choose another --output."
        )
    writer = ArticleWriter(fields, job)
    options = {name: job["options"][name] for name in ("min_score", "types", "map_types")}
    tagger = Tagger.load(model, n_threads=threads, **options)
    parts = open_shard_store(target, writer, job, resume=not overwrite, overwrite=overwrite)
    progress, totals, start = Progress(), Totals(), time.monotonic()
    records = read_records(sources, field=fields.text, progress=progress)
    with (
        kept_shards_hint(parts, _command_again()),
        show_bar(progress, total_bytes(sources), quiet=quiet) as tick,
    ):
        tag_to_parts(tagger, records, parts, totals=totals, tick=tick)
    resumed = f" ({totals.n_resumed:,} of them before)" if totals.n_resumed else ""
    print_note(
        f"{count_of(totals.n_records, 'article')} tagged{resumed}, "
        f"{count_of(totals.n_entities, 'mention')}, {time.monotonic() - start:.1f} s",
        quiet=quiet,
    )
    say_what_was_met(progress, quiet=quiet)


def _report(
    output: Path, by: By | None, name: str, model: str, threads: int | None, *, quiet: bool
) -> None:
    from nerbridge.analysis.counting import count_all
    from nerbridge.analysis.database import open_database
    from nerbridge.analysis.findings import collect_findings
    from nerbridge.analysis.page import build_page
    from nerbridge.analysis.tables import write_tables

    print_note("Counting …", quiet=quiet)
    with open_database(output, threads) as db:
        facts = count_all(db, output / ARTICLES, by)
        if facts.n_unreadable:
            print_note(
                "articles with a date that cannot be read, of which nothing is counted over time: "
                f"{facts.n_unreadable:,}",
                quiet=quiet,
            )
        write_tables(db, output)
        findings = collect_findings(db, facts, title=f"In the news: {name}", model=model)
        write_text(output / REPORT, build_page(findings))
