"""A job: sources through a tagger into a stream or a file."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from nerbridge.batch.outputs import Tagged
from nerbridge.batch.records import Record
from nerbridge.batch.shards import ShardStore, cut_shards, hash_records
from nerbridge.tagging.entity import Entity
from nerbridge.tagging.tagger import BATCH_SENTENCES, Tagger
from nerbridge.text.counts import count_of


@dataclass(frozen=True)
class TaggedFile:
    """What a job wrote, and what there is to say of it.

    ``n_resumed`` of the records were finished before it began.
    """

    path: Path
    n_records: int
    n_entities: int
    n_resumed: int
    seconds: float
    notices: tuple[str, ...] = ()

    def __str__(self) -> str:
        resumed = f" ({self.n_resumed:,} of them finished earlier)" if self.n_resumed else ""
        rate = (self.n_records - self.n_resumed) / max(self.seconds, 1e-9)
        return (
            f"{self.path}: {count_of(self.n_records, 'record')}{resumed}, "
            f"{count_of(self.n_entities, 'entity', 'entities')}, {self.seconds:.1f} s, "
            f"{rate:,.0f} records/s"
        )


def tag_records(
    tagger: Tagger, records: Iterable[Record], *, batch_size: int = BATCH_SENTENCES
) -> Iterator[Tagged]:
    """Each record with its entities, in order; records are read as results are asked for."""
    for kind, group in groupby(records, key=_kind_of):
        if kind == "document":
            yield from _tag_documents(tagger, group)
            continue
        # The tagger reads ahead to fill a batch: records wait here for their entities.
        waiting: deque[Record] = deque()
        found: Iterator[list[Entity]]
        if kind == "words":
            sentences = (record.words or () for record in _remember(group, waiting))
            found = tagger.tag_words_many(sentences, batch_size=batch_size)
        else:
            texts = (record.text for record in _remember(group, waiting))
            found = tagger.tag_many(texts, batch_size=batch_size)
        for entities in found:
            yield waiting.popleft(), entities


def tag_to_parts(
    tagger: Tagger,
    records: Iterable[Record],
    store: ShardStore,
    tell: Callable[[int], None] = lambda n_records: None,
) -> TaggedFile:
    """Tag what is not finished, shard by shard, then join the shards.

    Shards are tagged one by one, not as one stream, so that what goes through the model together
    is the same whether the job was interrupted or not.

    Args:
        tagger: the model.
        records: all of them, from the first.
        store: where shards go.
        tell: called with the number of records done so far.

    Raises:
        RunError: the records are not those of the shards that are finished.
        EnvironmentProblem: the disk is full or cannot be written.
    """
    start, n_shards = time.monotonic(), 0
    n_records = n_entities = n_resumed = 0
    for index, shard in enumerate(cut_shards(records)):
        digest = hash_records(shard)
        done = store.find(index, digest)
        if done is None:
            fill = _filler(tagger, shard, store, n_records, tell)
            done = store.write(index, digest, fill)
        else:
            n_resumed += done.n_records
            tell(n_records + done.n_records)
        n_records += done.n_records
        n_entities += done.n_entities
        n_shards += 1
    store.finish(n_shards)
    seconds = time.monotonic() - start
    return TaggedFile(store.output, n_records, n_entities, n_resumed, seconds)


def _kind_of(record: Record) -> str:
    if record.document is not None:
        return "document"
    return "text" if record.words is None else "words"


def _tag_documents(tagger: Tagger, records: Iterable[Record]) -> Iterator[Tagged]:
    from nerbridge.documents.reflow import tag_document

    for record in records:
        if record.document is not None:
            yield record, tag_document(tagger, record.document)


def _remember(records: Iterable[Record], waiting: deque[Record]) -> Iterator[Record]:
    for record in records:
        waiting.append(record)
        yield record


def _filler(
    tagger: Tagger,
    shard: Sequence[Record],
    store: ShardStore,
    n_before: int,
    tell: Callable[[int], None],
) -> Callable[[Path], tuple[int, int]]:
    def fill(path: Path) -> tuple[int, int]:
        n_entities = 0

        def tagged() -> Iterator[Tagged]:
            nonlocal n_entities
            tagged_now = enumerate(tag_records(tagger, shard), start=n_before + 1)
            for n_done, (record, entities) in tagged_now:
                n_entities += len(entities)
                tell(n_done)
                yield record, entities

        store.writer.write_shard(path, tagged())
        return len(shard), n_entities

    return fill
