"""Shards: whole or not there, and never of other records, models or options."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.batch.outputs import TextWriter
from nerbridge.batch.records import Record
from nerbridge.batch.shards import (
    ShardStore,
    check_output,
    cut_shards,
    hash_folder,
    hash_records,
    open_shard_store,
    parts_folder,
)
from nerbridge.errors import EnvironmentProblem, InputError, RunError

properties = settings(deadline=None, derandomize=True, max_examples=60)

WRITER = TextWriter(".txt", lambda record, entities: record.text, "head\n", "tail\n")
JOB = {"version": "1", "model": "abc", "options": {"field": "text"}, "inputs": []}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out.txt"


def start(output: Path, job: dict[str, Any] = JOB, **how: bool) -> ShardStore:
    return open_shard_store(output, WRITER, job, **{"resume": False, "overwrite": False, **how})


def fill(text: str) -> Any:
    def write(path: Path) -> tuple[int, int]:
        path.write_text(text, encoding="utf-8")
        return 1, 2

    return write


def test_shards_become_the_output(output: Path) -> None:
    parts = start(output)
    parts.write(0, "h0", fill("a\n"))
    parts.write(1, "h1", fill("b\n"))
    assert not output.exists()
    parts.finish(2)
    assert output.read_text(encoding="utf-8") == "head\na\nb\ntail\n"
    assert os.listdir(output.parent) == ["out.txt"]


def test_a_finished_shard_is_found_again(output: Path) -> None:
    written = start(output).write(0, "h0", fill("a"))
    assert start(output, resume=True).find(0, "h0") == written
    assert (written.n_records, written.n_entities) == (1, 2)
    assert start(output, resume=True).find(1, "h1") is None


@pytest.mark.parametrize("harm", ["no file", "cut", "other bytes", "no manifest"])
def test_a_shard_that_is_not_whole_is_not_finished(output: Path, harm: str) -> None:
    parts = start(output)
    parts.write(0, "h0", fill("abc"))
    shard, manifest = parts.folder / "000000.txt", parts.folder / "000000.manifest.json"
    if harm == "no file":
        shard.unlink()
    elif harm == "no manifest":
        manifest.unlink()
    else:
        shard.write_text("ab" if harm == "cut" else "abd")
    assert parts.find(0, "h0") is None


def test_a_broken_manifest_is_said(output: Path) -> None:
    parts = start(output)
    (parts.folder / "000000.manifest.json").write_text("{")
    with pytest.raises(RunError, match=r"000000\.manifest\.json: not a manifest.*Delete it"):
        parts.find(0, "h0")


def test_other_records_are_refused(output: Path) -> None:
    saved = {"path": "in.jsonl", "n_bytes": 12, "modified": "2026-01-01T00:00:00+00:00"}
    parts = start(output, {**JOB, "inputs": [saved]})
    parts.write(0, "h0", fill("a"))
    said = r"the input has changed.*in\.jsonl, 12 bytes, changed last 2026.*--overwrite"
    with pytest.raises(RunError, match=said):
        parts.find(0, "h1")
    with pytest.raises(RunError, match=r"it had more records"):
        parts.finish(0)
    assert not output.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "2"}, "version was '1', is '2'"),
        ({"model": "abd"}, "model was 'abc', is 'abd'"),
        ({"options": {"field": "body"}}, "options.field was 'text', is 'body'"),
    ],
)
def test_another_job_is_refused(output: Path, change: dict[str, Any], said: str) -> None:
    start(output)
    with pytest.raises(RunError, match=f"{said}.*--overwrite"):
        start(output, {**JOB, **change}, resume=True)


def test_other_times_of_the_inputs_are_no_other_job(output: Path) -> None:
    start(output)
    start(output, {**JOB, "inputs": [{"path": "x"}]}, resume=True)


def test_what_is_there_is_not_replaced_unasked(output: Path) -> None:
    output.write_text("precious", encoding="utf-8")
    with pytest.raises(InputError, match=r"out\.txt: exists already. To replace it: --overwrite"):
        start(output)
    with pytest.raises(InputError, match=r"nothing left to go on with.*--overwrite"):
        start(output, resume=True)
    parts = start(output, overwrite=True)
    assert output.read_text(encoding="utf-8") == "precious"
    parts.write(0, "h", fill("a\n"))
    with pytest.raises(InputError, match=r"unfinished job.*--resume.*--overwrite"):
        start(output)
    start(output, resume=True).finish(1)
    assert output.read_text(encoding="utf-8") == "head\na\ntail\n"


def test_of_two_jobs_begun_at_once_one_is_refused(output: Path) -> None:
    first, second = ShardStore(output, WRITER), ShardStore(output, WRITER)
    first.start(JOB)
    with pytest.raises(EnvironmentProblem, match=r"File exists.*the other process"):
        second.start({**JOB, "model": "another"})
    assert first.read_job()["model"] == JOB["model"]


def test_overwriting_forgets_the_unfinished_job(output: Path) -> None:
    start(output).write(0, "h0", fill("a"))
    assert start(output, {**JOB, "model": "x"}, overwrite=True).find(0, "h0") is None


def test_a_folder_of_somebody_else_is_left_alone(output: Path) -> None:
    folder = parts_folder(output)
    folder.mkdir()
    (folder / "thesis.tex").write_text("x")
    for how in ({"resume": True}, {"overwrite": True}):
        with pytest.raises(RunError, match=r"no unfinished job of nerbridge"):
            start(output, **how)
    assert (folder / "thesis.tex").exists()


def test_odd_outputs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected one of them"):
        check_output(tmp_path / "x", resume=True, overwrite=True)
    with pytest.raises(InputError, match="a folder was found"):
        check_output(tmp_path, resume=False, overwrite=False)
    with pytest.raises(InputError, match="not a plain file"):
        check_output(Path(os.devnull), resume=False, overwrite=True)


def test_a_full_disk_leaves_what_is_finished(output: Path) -> None:
    def full(path: Path) -> tuple[int, int]:
        path.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    parts = start(output)
    kept = parts.write(0, "h0", fill("a"))
    with pytest.raises(EnvironmentProblem, match=r"000001\.txt: not written \(No space left"):
        parts.write(1, "h1", full)
    assert parts.find(0, "h0") == kept
    assert parts.find(1, "h1") is None
    assert not list(parts.folder.glob(".*"))


def test_a_folder_half_removed_is_still_that_of_a_job(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(folder: Path) -> None:
        raise KeyboardInterrupt

    parts = start(output)
    parts.write(0, "h0", fill("a"))
    monkeypatch.setattr("shutil.rmtree", interrupt)
    with pytest.raises(KeyboardInterrupt):
        parts.clear()
    monkeypatch.undo()
    assert os.listdir(parts.folder) == ["job.json"]
    start(output, resume=True)


def test_only_an_empty_job_is_removed(output: Path) -> None:
    assert start(output).remove_if_empty()
    assert not parts_folder(output).exists()
    parts = start(output)
    parts.write(0, "h0", fill("a"))
    assert not parts.remove_if_empty()
    assert parts.find(0, "h0")


def test_leftovers_of_a_killed_process_are_swept(output: Path) -> None:
    parts = start(output)
    (parts.folder / ".000000.txt.77.writing").write_text("half")
    start(output, resume=True)
    assert os.listdir(parts.folder) == ["job.json"]


def test_a_job_of_another_schema_is_said(output: Path) -> None:
    parts = start(output)
    (parts.folder / "job.json").write_text(json.dumps({"schema": 9}))
    with pytest.raises(RunError, match="not of schema 1"):
        start(output, resume=True)


def record(text: str, number: int = 1) -> Record:
    return Record("a", number, text)


@properties
@given(st.lists(st.text(max_size=6)), st.integers(1, 5), st.integers(1, 9))
def test_shards_are_all_records_in_order(texts: list[str], most: int, chars: int) -> None:
    records = [record(text) for text in texts]
    shards = list(cut_shards(iter(records), most, chars))
    assert [one for shard in shards for one in shard] == records
    for shard in shards:
        assert 1 <= len(shard) <= most
        assert sum(len(one.text) for one in shard[:-1]) < chars


def test_fields_count_as_characters() -> None:
    records = [Record("a", 1, "", fields="{" + " " * 9 + "}")] * 3
    assert len(list(cut_shards(records, 100, 10))) == 3


def test_everything_in_a_record_is_hashed() -> None:
    variants = [
        record("x"),
        record("y"),
        record("x", 2),
        Record("b", 1, "x"),
        Record("a", 1, "x", ("x",)),
        Record("a", 1, "x", fields="{}"),
    ]
    assert len({hash_records([one]) for one in variants}) == len(variants)
    assert hash_records(variants[:2]) != hash_records(variants[1::-1])
    assert hash_records([record("\ud800")])


def test_every_file_of_a_model_is_hashed(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    seen = {hash_folder(tmp_path)}
    for name, content in [("a", "1"), ("a", "2"), ("sub/b", "1"), ("c", "1")]:
        (tmp_path / name).write_text(content)
        seen.add(hash_folder(tmp_path))
    assert len(seen) == 5
