"""A job: sources through a tagger into a stream or a file."""

from __future__ import annotations

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


@dataclass
class Totals:
    """What a job has done; ``n_resumed`` of the records were finished before it began."""

    n_records: int = 0
    n_entities: int = 0
    n_resumed: int = 0


def tag_records(
    tagger: Tagger, records: Iterable[Record], *, batch_size: int = BATCH_SENTENCES
) -> Iterator[Tagged]:
    """Each record with its entities, in order; records are read as results are asked for."""
    for kind, group in groupby(records, key=_kind_of):
        if kind == "document":
            yield from _tag_documents(tagger, group)
            continue
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
    *,
    totals: Totals,
    tick: Callable[[int], None] = lambda n_records: None,
) -> None:
    """Tag what is not finished, shard by shard, then join the shards.

    Shards are tagged one by one, not as one stream, so that what goes through the model together
    is the same whether the job was interrupted or not.

    Args:
        tagger: the model.
        records: all of them, from the first.
        store: where shards go.
        totals: kept up to date.
        tick: called with the number of records done since it was last called.

    Raises:
        RunError: the records are not those of the shards that are finished.
        EnvironmentProblem: the disk is full or cannot be written.
    """
    n_shards = 0
    for index, shard in enumerate(cut_shards(records)):
        digest = hash_records(shard)
        finished = store.find(index, digest)
        if finished is not None:
            totals.n_resumed += finished.n_records
            tick(finished.n_records)
        else:
            finished = store.write(index, digest, _filler(tagger, shard, store, tick))
        totals.n_records += finished.n_records
        totals.n_entities += finished.n_entities
        n_shards += 1
    store.finish(n_shards)


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
    tagger: Tagger, shard: Sequence[Record], store: ShardStore, tick: Callable[[int], None]
) -> Callable[[Path], tuple[int, int]]:
    def fill(path: Path) -> tuple[int, int]:
        n_entities = 0

        def tagged() -> Iterator[Tagged]:
            nonlocal n_entities
            for record, entities in tag_records(tagger, shard):
                n_entities += len(entities)
                tick(1)
                yield record, entities

        store.writer.write_shard(path, tagged())
        return len(shard), n_entities

    return fill
