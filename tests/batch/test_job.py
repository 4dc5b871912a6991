"""Jobs: order, streaming, and interruptions that leave no trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nerbridge.batch import shards
from nerbridge.batch.formats import OutputFormat
from nerbridge.batch.job import tag_records, tag_to_parts
from nerbridge.batch.outputs import make_writer
from nerbridge.batch.records import Record
from nerbridge.batch.shards import ShardStore, cut_shards, open_shard_store
from nerbridge.tagging.tagger import Tagger

WORDS = ("ৰমেন", "দাস", "অসম", "কিবা")


def make_records(n_records: int) -> Iterator[Record]:
    """Texts and sentences of words, mixed."""
    for number in range(1, n_records + 1):
        words = tuple(WORDS[(number * step) % 4] for step in range(1, number % 5 + 1))
        is_sentence = number % 7 < 3 and bool(words)
        yield Record("a", number, " ".join(words), words if is_sentence else None)


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "nerbridge.batch.job.cut_shards", lambda records: cut_shards(records, max_records=10)
    )


def begin(output: Path, resume: bool = False) -> ShardStore:
    writer = make_writer(OutputFormat.JSONL, types=())
    return open_shard_store(output, writer, {"model": "m"}, resume=resume, overwrite=False)


def test_every_record_with_its_own_entities_in_order(tagger: Tagger) -> None:
    found = list(tag_records(tagger, make_records(40)))
    assert [record for record, _ in found] == list(make_records(40))
    for record, entities in found:
        alone = tagger.tag_words(record.words) if record.words else tagger.tag(record.text)
        # The last digit of a score depends on what else was in the batch.
        scores = [entity.score for entity in entities]
        assert scores == pytest.approx([entity.score for entity in alone])
        assert [replace(entity, score=0) for entity in entities] == [
            replace(entity, score=0) for entity in alone
        ]
        assert all(record.text[e.start_char : e.end_char] == e.text for e in entities)


@pytest.mark.parametrize("batch_size", [1, 16])
def test_records_are_read_as_results_are_asked_for(tagger: Tagger, batch_size: int) -> None:
    n_read = 0

    def counted() -> Iterator[Record]:
        nonlocal n_read
        for number in range(100_000):
            n_read += 1
            yield Record("a", number, "অসম")

    stream = tag_records(tagger, counted(), batch_size=batch_size)
    next(stream)
    assert n_read <= 2 * batch_size


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize("kill_at", [0, 9, 10, 15, 29, 34])
def test_an_interrupted_job_ends_like_an_undisturbed_one(
    tagger: Tagger, tmp_path: Path, kill_at: int
) -> None:
    straight, broken = tmp_path / "straight.jsonl", tmp_path / "broken.jsonl"
    tag_to_parts(tagger, make_records(35), begin(straight))

    def interrupted() -> Iterator[Record]:
        for record in make_records(35):
            if record.number > kill_at:
                raise KeyboardInterrupt
            yield record

    with pytest.raises(KeyboardInterrupt):
        tag_to_parts(tagger, interrupted(), begin(broken))
    assert not broken.exists()
    tagged: list[object] = []
    counting = count_texts(tagger, tagged.append)
    totals = tag_to_parts(counting, make_records(35), begin(broken, resume=True))
    assert broken.read_bytes() == straight.read_bytes()
    assert totals.n_records == 35
    assert totals.n_resumed == kill_at // 10 * 10
    assert len(tagged) == 35 - totals.n_resumed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.jsonl", "straight.jsonl"]


def count_texts(tagger: Tagger, tell: Callable[[object], None]) -> Tagger:
    """The same tagger, which tells what it is given."""

    class Telling(Tagger):
        def tag_many(self, texts, **how):  # type: ignore[no-untyped-def]
            return super().tag_many((tell(text) or text for text in texts), **how)

        def tag_words_many(self, sentences, **how):  # type: ignore[no-untyped-def]
            return super().tag_words_many((tell(words) or words for words in sentences), **how)

    return Telling(tagger.model)


@pytest.mark.usefixtures("small_shards")
def test_progress_and_totals(tagger: Tagger, tmp_path: Path) -> None:
    ticks: list[int] = []
    output = tmp_path / "o.jsonl"
    totals = tag_to_parts(tagger, make_records(25), begin(output), ticks.append)
    assert ticks == [*range(1, 26)]
    assert totals.n_records == 25
    assert totals.n_entities == output.read_text("utf-8").count('"score"') > 10


def test_nothing_to_tag_is_an_empty_output(tagger: Tagger, tmp_path: Path) -> None:
    tag_to_parts(tagger, [], begin(tmp_path / "o.jsonl"))
    assert (tmp_path / "o.jsonl").read_bytes() == b""


def test_shards_are_of_bearable_size() -> None:
    assert shards.MAX_RECORDS == 2_000
    texts = (Record("a", number, "অসম " * 25_000) for number in range(100))
    assert max(len(shard) for shard in cut_shards(texts)) <= 2
