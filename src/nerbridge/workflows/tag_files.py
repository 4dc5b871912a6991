"""Entities out of files, tables, documents and pipes: what ``nerbridge tag`` does."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nerbridge import __version__
from nerbridge.batch.formats import InputFormat, OutputFormat, output_format_of
from nerbridge.batch.job import TaggedFile, tag_records, tag_to_parts
from nerbridge.batch.outputs import Tagged, TextWriter, Writer, make_writer
from nerbridge.batch.records import Record, read_records
from nerbridge.batch.shards import ShardStore, check_output, hash_folder, open_shard_store
from nerbridge.batch.sources import (
    Inputs,
    Progress,
    Source,
    describe_inputs,
    find_sources,
    refuse_own_output,
    total_bytes,
)
from nerbridge.errors import EnvironmentProblem, InputError
from nerbridge.models.loading import find_model
from nerbridge.tagging.tagger import BATCH_SENTENCES, Tagger
from nerbridge.text.counts import count_of
from nerbridge.type_maps import TypeMap
from nerbridge.workflows.progress import ItemsDone, Kept, Listener, ignore


@dataclass(frozen=True)
class TagOptions:
    """Which model tags, what it reads of the inputs, and which entities are kept.

    ``by_line`` makes every line of a text file a record; ``is_whole_page`` reads menus and forms
    of web pages, too.
    """

    model: str = "bundled:as"
    base: str | None = None
    n_threads: int | None = None
    min_score: float = 0.0
    types: Sequence[str] | None = None
    map_types: TypeMap = field(default_factory=dict)
    input_format: InputFormat | None = None
    field: str = "text"
    by_line: bool = False
    is_whole_page: bool = False

    def find_sources(self, inputs: Inputs, output: Path | None = None) -> list[Source]:
        """The files behind the inputs, each checked to be there and to be readable."""
        sources = find_sources(inputs, self.input_format, output=output)
        return [replace(source, is_whole_page=self.is_whole_page) for source in sources]

    def load_tagger(self) -> Tagger:
        """Load the model."""
        return Tagger.load(
            self.model,
            base=self.base,
            n_threads=self.n_threads,
            min_score=self.min_score,
            types=self.types,
            map_types=self.map_types,
        )

    def describe_job(self, sources: Sequence[Source], **others: Any) -> dict[str, Any]:
        """All that decides the result: a job goes on only if none of it has changed."""
        options = {
            "types": None if self.types is None else list(self.types),
            "input_format": self.input_format,
            "field": self.field,
            "min_score": self.min_score,
            "map_types": dict(self.map_types),
            "lines": self.by_line,
            "whole_page": self.is_whole_page,
            "base": self.base,
            **others,
        }
        return {
            "version": __version__,
            "model": hash_folder(find_model(self.model).path),
            "options": options,
            "inputs": [dict(saved) for saved in describe_inputs(sources)],
        }


DEFAULT_OPTIONS = TagOptions()


@dataclass(frozen=True)
class TaggedStream:
    """What was printed; ``latencies_ms`` has a number for each record of a stream."""

    n_records: int
    latencies_ms: tuple[float, ...] = ()
    notices: tuple[str, ...] = ()

    def describe_latencies(self) -> str:
        """Median and slowest latencies, in a line; only of a stream that measured them."""
        p50, p95, p99 = np.percentile(self.latencies_ms, (50, 95, 99))
        return (
            f"{count_of(len(self.latencies_ms), 'message')}; milliseconds each: p50 {p50:.1f}, "
            f"p95 {p95:.1f}, p99 {p99:.1f}"
        )


class _Reader:
    """The records of all inputs, and what there is to say of them."""

    def __init__(self, sources: Sequence[Source], options: TagOptions, tagger: Tagger) -> None:
        self.progress = Progress()
        self._scripts: Counter[str] = Counter()
        self._model = tagger.model
        self._records = read_records(
            sources, field=options.field, by_line=options.by_line, progress=self.progress
        )

    def __iter__(self) -> Iterator[Record]:
        for record in self._records:
            self._scripts.update(self._model.notices_for(record.text))
            yield record

    def notices(self) -> tuple[str, ...]:
        n_all = count_of(self.progress.n_records, "text")
        scripts = [f"{n:,} of {n_all}: {notice}" for notice, n in self._scripts.items()]
        return (*self.progress.all_notices(), *scripts)


def tag_files(
    inputs: Inputs,
    output: str | Path,
    options: TagOptions = DEFAULT_OPTIONS,
    format: OutputFormat | None = None,
    *,
    resume: bool = False,
    overwrite: bool = False,
    listen: Listener = ignore,
) -> TaggedFile:
    """Tag files or folders into one file.

    Finished shards are kept beside the output until all are done, so that a job can be resumed.

    Args:
        inputs: files and folders; ``-`` is standard input.
        output: the file to write.
        options: the model, and what it reads.
        format: of the output; None: by its ending.
        resume: go on with an unfinished job if there is one.
        overwrite: replace the output, and forget an unfinished job.
        listen: told how many records are done, and what is kept if the job ends early.

    Raises:
        InputError: an input or the output cannot be used.
        RunError: the unfinished job is another one.
        ModelError: the model cannot be loaded.
    """
    output = Path(output)
    sources = options.find_sources(inputs, output)
    refuse_own_output(sources, output)
    check_output(output, resume=resume, overwrite=overwrite)
    chosen = output_format_of(output, format, is_terminal=False)
    tagger = options.load_tagger()
    reader = _Reader(sources, options, tagger)
    # The types as the model has them: to name all of them and to name none is the same job.
    job = options.describe_job(sources, format=chosen, types=list(tagger.types))
    writer = _make_writer(chosen, sources, tagger)
    store = open_shard_store(output, writer, job, resume=resume, overwrite=overwrite)
    done = tag_into_store(tagger, reader, store, reader.progress, total_bytes(sources), listen)
    return replace(done, notices=reader.notices())


def tag_to_stream(
    inputs: Sequence[str],
    stream: BinaryIO,
    options: TagOptions = DEFAULT_OPTIONS,
    format: OutputFormat | None = None,
    *,
    one_by_one: bool = False,
) -> TaggedStream:
    """Tag files or folders, and write every record to ``stream`` at once, in UTF-8.

    Args:
        inputs: files and folders; ``-`` is standard input.
        stream: where the records go.
        options: the model, and what it reads.
        format: any but Parquet; None: marked text for a terminal, else JSONL.
        one_by_one: read no record ahead, and measure how long each takes.

    Raises:
        InputError: an input cannot be used.
        EnvironmentProblem: the stream cannot be written.
        ModelError: the model cannot be loaded.
    """
    sources, is_terminal = options.find_sources(inputs), stream.isatty()
    chosen = output_format_of(None, format, is_terminal=is_terminal)
    tagger = options.load_tagger()
    reader, latencies = _Reader(sources, options, tagger), list[float]()
    with_colour = is_terminal and not os.environ.get("NO_COLOR")
    writer = _make_writer(chosen, sources, tagger, with_colour=with_colour)
    if not isinstance(writer, TextWriter):
        raise InputError(f"{chosen}: cannot be written to a stream; expected a text format.")
    tagged: Iterable[Tagged]
    if one_by_one:
        tagged = _tag_one_by_one(tagger, reader, latencies)
    else:
        # A person who types wants each line tagged at once; files are faster in batches.
        is_typed = any(source.is_stdin for source in sources) and sys.stdin.isatty()
        tagged = tag_records(tagger, reader, batch_size=1 if is_typed else BATCH_SENTENCES)
    _write_stream(stream, writer, tagged)
    return TaggedStream(reader.progress.n_records, tuple(latencies), reader.notices())


def tag_into_store(
    tagger: Tagger,
    records: Iterable[Record],
    store: ShardStore,
    progress: Progress,
    n_bytes: int | None,
    listen: Listener,
) -> TaggedFile:
    """Tag what is not finished into the shards of a store, and join them.

    Args:
        tagger: the model.
        records: all of them, from the first.
        store: where shards go.
        progress: how far the records have been read.
        n_bytes: size of the input; None where it cannot be known.
        listen: told how many records are done, and what is kept if the job ends early.
    """

    def tell(n_records: int) -> None:
        # A shard is read before it is tagged: of the bytes read, those of the records done.
        n_bytes_done = progress.n_bytes * n_records / max(progress.n_records, 1)
        listen(ItemsDone("records", n_records, n_bytes_done / n_bytes if n_bytes else None))

    with _tell_what_is_kept(store, listen):
        return tag_to_parts(tagger, records, store, tell)


@contextmanager
def _tell_what_is_kept(store: ShardStore, listen: Listener) -> Iterator[None]:
    try:
        yield
    # Ctrl-C is no `Exception`, but ends jobs early, too.
    except (Exception, KeyboardInterrupt):
        # An empty folder would make the next call believe in an unfinished job.
        if store.remove_if_empty():
            listen(Kept("Nothing is kept, because no shard was finished.", is_anything=False))
        else:
            listen(Kept("Finished shards are kept.", store.folder))
        raise


def _make_writer(
    format: OutputFormat, sources: Sequence[Source], tagger: Tagger, *, with_colour: bool = False
) -> Writer:
    return make_writer(
        format,
        types=tagger.types,
        title=_title(sources),
        with_colour=with_colour,
        with_places=any(source.format is InputFormat.DOCUMENT for source in sources),
    )


def _title(sources: Sequence[Source]) -> str:
    names = ["standard input" if source.is_stdin else source.name for source in sources]
    return f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"


def _tag_one_by_one(
    tagger: Tagger, records: Iterable[Record], latencies: list[float]
) -> Iterator[Tagged]:
    """Each record with its entities; ``latencies`` (milliseconds) is filled on the way."""
    for record in records:
        if record.words is not None:
            raise InputError(
                f"{record.source}:{record.number}: --stream tags texts, but found a sentence of "
                "words. Leave out --stream."
            )
        (result,) = tagger.tag_stream([record.text])
        latencies.append(result.latency_ms)
        yield record, result.entities


def _write_stream(stream: BinaryIO, writer: TextWriter, tagged: Iterable[Tagged]) -> None:
    try:
        stream.write(writer.head.encode("utf-8"))
        for record, entities in tagged:
            stream.write(writer.render(record, entities).encode("utf-8"))
            stream.flush()
        stream.write(writer.tail.encode("utf-8"))
        stream.flush()
    except BrokenPipeError:  # whoever read has read enough
        raise
    except OSError as error:
        raise EnvironmentProblem(
            f"standard output: not written ({error.strerror}). Free some disk space, or write to a "
            "file with --output FILE."
        ) from error
