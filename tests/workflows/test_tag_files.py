"""Tagging files from Python, as the command does it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from nerbridge.batch.formats import OutputFormat
from nerbridge.batch.shards import cut_shards
from nerbridge.errors import InputError
from nerbridge.workflows.progress import Event, ItemsDone, Kept
from nerbridge.workflows.redact_file import redact_file
from nerbridge.workflows.tag_files import TagOptions, tag_files, tag_to_stream
from tiny_tagger import write_tiny_tagger

LINES = "\n".join(f"{n} ৰমেন দাস অসম" for n in range(25))


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TagOptions:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text(LINES, "utf-8")
    return TagOptions(model=str(write_tiny_tagger(tmp_path / "model")), by_line=True)


def test_a_file_is_tagged_and_the_result_says_what_was_done(
    options: TagOptions, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[Event] = []
    done = tag_files(["a.txt"], Path("o.jsonl"), options, listen=told.append)
    assert (done.n_records, done.n_entities, done.n_resumed) == (25, 50, 0)
    assert told[-1] == ItemsDone("records", 25, 1.0)
    assert str(done).startswith("o.jsonl: 25 records, 50 entities")
    assert len(Path("o.jsonl").read_text("utf-8").splitlines()) == 25
    assert capsys.readouterr() == ("", "")


def test_a_job_that_stops_tells_what_is_kept_and_is_resumed(
    options: TagOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerbridge.batch.job.cut_shards", lambda records: cut_shards(records, 10))
    told: list[Event] = []

    def stop_after(n_records: int) -> None:
        def listen(event: Event) -> None:
            told.append(event)
            if isinstance(event, ItemsDone) and event.n_items == n_records:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            tag_files(["a.txt"], Path("o.csv"), options, listen=listen, resume=True)

    stop_after(5)
    assert told[-1] == Kept("Nothing is kept, because no shard was finished.", is_anything=False)
    stop_after(15)
    assert told[-1] == Kept("Finished shards are kept.", Path("o.csv.parts"))
    assert tag_files(["a.txt"], Path("o.csv"), options, resume=True).n_resumed == 10


def test_a_stream_is_any_binary_file(options: TagOptions) -> None:
    stream = io.BytesIO()
    done = tag_to_stream(["a.txt"], stream, options, one_by_one=True)
    assert len(stream.getvalue().splitlines()) == len(done.latencies_ms) == done.n_records == 25
    assert json.loads(stream.getvalue().splitlines()[0])["row"] == 1
    with pytest.raises(InputError, match="a Parquet file cannot be written to standard output"):
        tag_to_stream(["a.txt"], stream, options, OutputFormat.PARQUET)


def test_a_redacted_copy_lists_what_it_hides(options: TagOptions) -> None:
    copy = redact_file("a.txt", Path("b.txt"), ["PER"], options)
    assert copy.hidden == (("ৰমেন দাস", 25),)
    assert "ৰমেন" not in Path("b.txt").read_text("utf-8")
    with pytest.raises(InputError, match="exists already"):
        redact_file("a.txt", Path("b.txt"), ["PER"], options)
    Path("folder").mkdir()
    for name in ("c.txt", "d.txt"):
        Path("folder", name).write_text(LINES, "utf-8")
    with pytest.raises(InputError, match="folder: a folder with several files"):
        redact_file("folder", Path("e.txt"), ["PER"], options)
