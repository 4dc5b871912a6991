"""``nerbridge tag``: entities out of files, tables and pipes."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerbridge import __version__
from nerbridge.batch.formats import InputFormat, OutputFormat, output_format_of
from nerbridge.batch.shards import check_output, open_shard_store
from nerbridge.batch.sources import (
    Progress,
    Source,
    describe_inputs,
    find_sources,
    refuse_own_output,
    total_bytes,
)
from nerbridge.cli.console import (
    kept_shards_hint,
    original_command,
    print_note,
    say_what_was_met,
    show_bar,
)
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
)
from nerbridge.cli.redaction import check_redaction, split_types, write_redacted_copy
from nerbridge.errors import EnvironmentProblem, InputError
from nerbridge.text.counts import count_of
from nerbridge.text.romanised import notices_for

if TYPE_CHECKING:
    from nerbridge.batch.outputs import TextWriter
    from nerbridge.batch.records import Record
    from nerbridge.batch.shards import ShardStore
    from nerbridge.tagging.backend import TaggerModel
    from nerbridge.tagging.entity import Entity
    from nerbridge.tagging.tagger import Tagger
    from nerbridge.type_maps import TypeMap

_NOTICED_CHARS = 2000
"""Of a longer text the beginning tells its language."""


def tag(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Files or folders (.pdf, .docx, .html, .eml, .txt, .jsonl, .csv, .parquet, "
            ".conll), or -"
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
        bool, typer.Option("--lines", help="Plain text: every line is a record of its own.")
    ] = False,
    whole_page: Annotated[
        bool,
        typer.Option(
            "--whole-page",
            help="Web pages: read menus, forms and hidden elements, too, not only the main text.",
        ),
    ] = False,
    stream: Annotated[
        bool,
        typer.Option("--stream", help="Tag each record as it comes; say how long they took."),
    ] = False,
    redact: Annotated[
        str | None,
        typer.Option(help="Write a copy of the document without these types, such as PER,ORG."),
    ] = None,
    min_score: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Drop entities less probable than this.")
    ] = 0.0,
    types: TypesOption = None,
    map_types: MapTypesOption = None,
    threads: ThreadsOption = None,
    base: BaseOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an unfinished job, if there is one.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the output; forget an unfinished job.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Find entities in documents, text, JSONL, CSV, Parquet and CoNLL files, or standard input.

    A text file is one record, whose offsets count the characters of the whole file. A PDF, DOCX,
    HTML page or mail is one too; its entities also say page and paragraph. --redact writes a copy
    of one document in its own format with names hidden, which a person must check.

    Example: nerbridge tag articles.jsonl --field body --output entities.jsonl

    Example: nerbridge tag letter.docx --redact PER,ORG --output copy.docx
    """
    target = None if output is None or str(output) == "-" else output
    type_map = read_map_option(map_types)
    sources = find_sources(inputs, input_format, output=target)
    sources = [replace(source, is_whole_page=whole_page) for source in sources]
    if redact is not None:
        copy = check_redaction(sources, target, format, lines=lines or stream, resume=resume)
        check_output(copy, resume=False, overwrite=overwrite)
        tagger = _load(model, base, threads, min_score, types, type_map)
        write_redacted_copy(tagger, sources[0], copy, split_types(redact, tagger), quiet=quiet)
        if min_score > 0:
            print_note(f"--min-score {min_score:g}: names less probable than that are in the copy.")
        return
    if target is not None:
        refuse_own_output(sources, target)
        check_output(target, resume=resume, overwrite=overwrite)
    elif resume or overwrite:
        raise InputError("--resume and --overwrite need a file to write: --output FILE.")
    if stream and target is not None:
        raise InputError("--stream prints as texts come: expected no --output FILE. Leave it out.")
    chosen = output_format_of(target, format, is_terminal=sys.stdout.isatty())
    from nerbridge.batch.outputs import TextWriter, make_writer
    from nerbridge.batch.records import read_records

    tagger = _load(model, base, threads, min_score, types, type_map)
    progress = Progress()
    notices: Counter[str] = Counter()
    records = read_records(sources, field=field, by_line=lines, progress=progress)
    records = _count_notices(records, tagger.model, notices)
    colours = target is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    writer = make_writer(
        chosen,
        types=tagger.types,
        title=_title(sources),
        with_colour=colours,
        with_places=any(source.format is InputFormat.DOCUMENT for source in sources),
    )
    if target is None and isinstance(writer, TextWriter):
        latencies: list[float] = []
        _print_records(tagger, records, writer, latencies if stream else None)
        _print_latencies(latencies, quiet=quiet)
    elif target is not None:
        options = {
            "format": chosen,
            "input_format": input_format,
            "field": field,
            "lines": lines,
            "whole_page": whole_page,
            "types": list(tagger.types),
            "map_types": type_map,
            "min_score": min_score,
            "base": base,
        }
        job = {
            "version": __version__,
            "model": _hash_model(model),
            "options": options,
            "inputs": describe_inputs(sources),
        }
        store = open_shard_store(target, writer, job, resume=resume, overwrite=overwrite)
        again = f"{original_command(without=['--overwrite', '--resume'])} --resume"
        with kept_shards_hint(store, again):
            _write_file(tagger, records, store, progress, total_bytes(sources), quiet=quiet)
    say_what_was_met(progress, quiet=quiet)
    for notice, n_texts in notices.items():
        n_all = count_of(progress.n_records, "text")
        print_note(f"{n_texts:,} of {n_all}: {notice}", quiet=quiet)


def _load(
    model: str,
    base: str | None,
    threads: int | None,
    min_score: float,
    types: str | None,
    type_map: TypeMap,
) -> Tagger:
    from nerbridge.tagging.tagger import Tagger

    wanted = None if types is None else [name.strip() for name in types.split(",")]
    return Tagger.load(
        model,
        base=base,
        n_threads=threads,
        min_score=min_score,
        types=wanted,
        map_types=type_map,
    )


def _count_notices(
    records: Iterable[Record], model: TaggerModel, notices: Counter[str]
) -> Iterator[Record]:
    """The records as they come; what is to be said of them is counted."""
    for record in records:
        text = record.text[:_NOTICED_CHARS]
        notices.update(notices_for(text, model.script, model.trained_scripts))
        yield record


def _hash_model(model: str) -> str:
    from nerbridge.batch.shards import hash_folder
    from nerbridge.tagging.model_folder import find_model

    return hash_folder(find_model(model).path)


def _print_records(
    tagger: Tagger,
    records: Iterable[Record],
    writer: TextWriter,
    latencies: list[float] | None,
) -> None:
    """Write to standard output, in UTF-8 whatever the locale, each record at once.

    With ``latencies`` (in milliseconds, filled here) no record is read ahead.
    """
    from nerbridge.batch.job import tag_records
    from nerbridge.tagging.tagger import BATCH_SENTENCES

    stream = sys.stdout.buffer
    batch_size = 1 if sys.stdin.isatty() else BATCH_SENTENCES
    try:
        stream.write(writer.head.encode("utf-8"))
        tagged = (
            tag_records(tagger, records, batch_size=batch_size)
            if latencies is None
            else _tag_stream(tagger, records, latencies)
        )
        for record, entities in tagged:
            stream.write(writer.render(record, entities).encode("utf-8"))
            stream.flush()
        stream.write(writer.tail.encode("utf-8"))
        stream.flush()
    except BrokenPipeError:  # whoever read has read enough
        raise
    except OSError as error:
        raise EnvironmentProblem(
            f"standard output: not written ({error.strerror}). Free some disk space, or write to "
            "another place: --output FILE."
        ) from error


def _tag_stream(
    tagger: Tagger, records: Iterable[Record], latencies: list[float]
) -> Iterator[tuple[Record, list[Entity]]]:
    for record in records:
        if record.words is not None:
            raise InputError(
                f"{record.source}:{record.number}: --stream tags texts, and this is a sentence of "
                "words. Leave out --stream."
            )
        (result,) = tagger.tag_stream([record.text])
        latencies.append(result.latency_ms)
        yield record, result.entities


def _print_latencies(latencies: list[float], *, quiet: bool) -> None:
    if not latencies:
        return
    import numpy as np

    p50, p95, p99 = np.percentile(latencies, (50, 95, 99))
    print_note(
        f"{count_of(len(latencies), 'message')}; milliseconds each: p50 {p50:.1f}, p95 {p95:.1f}, "
        f"p99 {p99:.1f}",
        quiet=quiet,
    )


def _write_file(
    tagger: Tagger,
    records: Iterable[Record],
    store: ShardStore,
    progress: Progress,
    n_bytes: int | None,
    *,
    quiet: bool,
) -> None:
    from nerbridge.batch.job import Totals, tag_to_parts

    totals, start = Totals(), time.monotonic()
    with show_bar(progress, n_bytes, quiet=quiet) as tick:
        tag_to_parts(tagger, records, store, totals=totals, tick=tick)
    seconds = time.monotonic() - start
    n_tagged = totals.n_records - totals.n_resumed
    resumed = f" ({totals.n_resumed:,} of them finished before)" if totals.n_resumed else ""
    print_note(
        f"{store.output}: {count_of(totals.n_records, 'record')}{resumed}, "
        f"{count_of(totals.n_entities, 'entity', 'entities')}, {seconds:.1f} s, "
        f"{n_tagged / max(seconds, 1e-9):,.0f} records/s",
        quiet=quiet,
    )


def _title(sources: Sequence[Source]) -> str:
    names = ["standard input" if source.is_stdin else source.name for source in sources]
    return f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
