"""``nerbridge tag``: entities out of files, tables and pipes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from nerbridge.batch.formats import OutputFormat
from nerbridge.cli.console import original_command, print_note, print_notes
from nerbridge.cli.options import (
    BaseOption,
    FieldOption,
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
from nerbridge.errors import InputError


def tag(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Files or folders (.pdf, .docx, .html, .eml, .txt, .jsonl, .csv, .parquet, "
            ".conll), addresses such as hf://datasets/owner/name/file, or -"
        ),
    ],
    model: ModelOption = "bundled:as",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: print.")
    ] = None,
    format: Annotated[
        OutputFormat | None,
        typer.Option(help="Default: by the ending of the file; text on a terminal, else jsonl."),
    ] = None,
    input_format: InputFormatOption = None,
    field: FieldOption = "text",
    lines: Annotated[
        bool, typer.Option("--lines", help="Plain text: treat every line as a separate record.")
    ] = False,
    whole_page: Annotated[
        bool,
        typer.Option(
            "--whole-page",
            help="Web pages: also read menus, forms and hidden elements.",
        ),
    ] = False,
    stream: Annotated[
        bool,
        typer.Option("--stream", help="Tag each record as it arrives, and report the latencies."),
    ] = False,
    redact: Annotated[
        str | None,
        typer.Option(help="Write a copy of the document that hides these types, such as PER,ORG."),
    ] = None,
    min_score: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Drop entities with a lower score.")
    ] = 0.0,
    types: TypesOption = None,
    map_types: MapTypesOption = None,
    threads: ThreadsOption = None,
    base: BaseOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Resume an unfinished job, if there is one.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the output, and discard an unfinished job.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Find entities in documents, text, JSONL, CSV, Parquet and CoNLL files, or standard input.

    A text file is one record; offsets count the characters of the whole file. A PDF, DOCX, HTML
    page or mail is one record too; its entities also have page and paragraph. --redact writes a
    copy of one document that hides names, in the same format. A person must check the copy.

    Example: nerbridge tag articles.jsonl --field body --output entities.jsonl

    Example: nerbridge tag letter.docx --redact PER,ORG --output copy.docx
    """
    from nerbridge.workflows.tag_files import TagOptions

    options = TagOptions(
        model=model,
        base=base,
        n_threads=threads,
        min_score=min_score,
        types=None if types is None else split_names(types),
        map_types=read_map_option(map_types),
        input_format=input_format,
        field=field,
        by_line=lines,
        is_whole_page=whole_page,
    )
    target = None if output is None or str(output) == "-" else output
    if redact is not None:
        options.find_sources(inputs, target)  # a missing file is told before a missing option
        if len(inputs) != 1 or target is None or format or lines or stream or resume:
            raise InputError(
                "--redact: makes a copy of one document in its own format; expected one input and "
                "--output FILE, without --format, --lines, --stream and --resume. For example: "
                "nerbridge tag letter.docx --redact PER --output copy.docx"
            )
        from nerbridge.workflows.redact_file import redact_file

        hidden_types = [name for name in split_names(redact) if name]
        copy = redact_file(inputs[0], target, hidden_types, options, overwrite=overwrite)
        print_notes(copy.notices, quiet=quiet)
        # --quiet does not silence what a person must check before the copy is given away.
        print_note(str(copy))
        print_notes([f"hidden: {copy.list_hidden()}"] if copy.hidden else [], quiet=quiet)
        if min_score > 0:
            print_note(f"--min-score {min_score:g}: the copy still shows names with a lower score.")
    elif target is None:
        if resume or overwrite:
            raise InputError("--resume and --overwrite need a file to write: --output FILE.")
        from nerbridge.workflows.tag_files import tag_to_stream

        printed = tag_to_stream(inputs, sys.stdout.buffer, options, format, one_by_one=stream)
        latencies = [printed.describe_latencies()] if printed.latencies_ms else []
        print_notes([*latencies, *printed.notices], quiet=quiet)
    elif stream:
        raise InputError(
            "--stream prints results as texts arrive: expected no --output FILE. Leave "
            "--output out."
        )
    else:
        from nerbridge.workflows.tag_files import tag_files

        # --overwrite would discard what is finished.
        again = f"{original_command(without=['--overwrite', '--resume'])} --resume"
        with show_progress(quiet=quiet, command=again) as listen:
            done = tag_files(
                inputs, target, options, format, resume=resume, overwrite=overwrite, listen=listen
            )
        print_notes([str(done), *done.notices], quiet=quiet)
