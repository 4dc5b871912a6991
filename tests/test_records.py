"""``record.json`` is a contract: what is written comes back, and what is not a record is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nerbridge.errors import RunError
from nerbridge.evaluation.calibration import measure_calibration
from nerbridge.evaluation.scores import find_mentions, score_predictions
from nerbridge.models.manifest import CurvePoint, Training
from nerbridge.records import (
    CorpusRecord,
    Paired,
    RunRecord,
    SeedResult,
    Summary,
    System,
    migrate_record,
    read_record,
    write_record,
)

WORDS = [["ৰীতা", "গ’ল"], ["এয়া", "মাজুলী"]]
GOLD = [["B-PER", "O"], ["O", "B-LOC"]]
SCORES = score_predictions(WORDS, GOLD, GOLD, ("PER", "LOC"), known=find_mentions(WORDS, GOLD))
CALIBRATION = measure_calibration(
    lambda t: np.array([0.9, 0.7]) ** t, np.array([True, False]), n_gold=2, temperature=1.7
)


def build(**changes: Any) -> RunRecord:
    summary = Summary(mean=1.0, sd=None, ci95=(0.5, 1.0))
    training = Training(
        n_sentences=2, n_steps=3, n_parameters=10, n_parameters_trained=4, wall_s=1.5,
        peak_memory_bytes=2**33, curve=(CurvePoint(step=3, epoch=1, train_loss=0.1),),
        remedies=("no entity was predicted",),
    )  # fmt: skip
    result = SeedResult(
        seed=13, model="models/adapt-13", test=SCORES, test_sets={"other": SCORES},
        training=training,
        manifest={"parent": None}, calibration={"test": CALIBRATION},
    )  # fmt: skip
    values: dict[str, Any] = {
        "name": "অসমীয়া",
        "nerbridge": "0.1.0",
        "recipe": {"seeds": [13]},
        "recipe_sha256": "0" * 64,
        "command": "nerbridge run x",
        "created": "2026-01-01T00:00:00+00:00",
        "machine": {"cores": 2},
        "versions": {"torch": "2"},
        "encoder": {"id": "bundled:mini"},
        "corpora": (
            CorpusRecord(
                name="as", role="target", language="as", sha256="1", revision=None,
                n_sentences={"test": 2}, losses={},
            ),
        ),
        "systems": (
            System(
                name="adapt", stage="adapt", description="", seeds=(result,), f1_strict=summary,
                f1_conll=summary, test_sets={"other": summary},
            ),
        ),
        "paired": (Paired(a="a", b="b", difference=0.1, ci95=(0, 0.2), p=0.01, p_randomisation=1),),
        **changes,
    }  # fmt: skip
    return RunRecord(**values)


@pytest.mark.parametrize("place", ["", "record.json", "report"])
def test_what_is_written_comes_back(place: str, tmp_path: Path) -> None:
    record = build()
    write_record(record, tmp_path / "record.json")
    (tmp_path / "report").mkdir()
    if place == "report":
        write_record(record, tmp_path / "report" / "record.json")
    assert read_record(tmp_path / place) == record


def test_the_file_has_the_keys_others_rely_on(tmp_path: Path) -> None:
    write_record(build(), tmp_path / "record.json")
    text = (tmp_path / "record.json").read_text("utf-8")
    assert "অসমীয়া" in text
    written = json.loads(text)
    assert written["schema"] == 2
    [row] = written["systems"]
    assert row["name"] == row["stage"] == "adapt"
    assert row["f1_strict"] == {"mean": 1.0, "sd": None, "ci95": [0.5, 1.0]}
    [seed] = row["seeds"]
    assert (seed["seed"], seed["model"]) == (13, "models/adapt-13")
    assert (seed["test"]["f1_strict"], seed["test"]["f1_conll"]) == (1.0, 1.0)
    assert seed["test"]["n_gold"] == 2
    assert {"a", "b", "difference", "ci95", "p"} <= written["paired"][0].keys()


def test_a_record_of_before_there_were_calibrations_is_read(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    write_record(build(), path)
    written = json.loads(path.read_text("utf-8"))
    calibration = written["systems"][0]["seeds"][0].pop("calibration")
    assert calibration["test"]["temperature"] == 1.7
    path.write_text(json.dumps(written), "utf-8")
    [result] = read_record(path).system("adapt").seeds
    assert result.calibration == {}


def rename(values: dict[str, Any], **names: str) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in values.items()}


def as_schema_1(record: RunRecord) -> dict[str, Any]:
    """What nerbridge 0.1 wrote of the same run."""
    values = rename(record.model_dump(mode="json", by_alias=True), systems="rows")
    for system in values["rows"]:
        system["seeds"] = [
            rename(seed, test_sets="also", manifest="lineage") for seed in system["seeds"]
        ]
    values["rows"] = [rename(system, test_sets="also") for system in values["rows"]]
    values["paired"] = [rename(pair, test_set="test") for pair in values["paired"]]
    for corpus in values["corpora"]:
        corpus["role"] = corpus["role"].replace("test_set", "also")
    values["recipe"] = rename(values["recipe"], test_sets="also")
    return values | {"schema": 1}


def test_a_record_of_schema_1_is_read(tmp_path: Path) -> None:
    recipe = {"target": {}, "test_sets": [{"name": "other", "split": "validation"}]}
    record = build(recipe=recipe)
    old = as_schema_1(record)
    assert {"rows", "schema"} <= old.keys()
    assert "also" in old["rows"][0]["seeds"][0]
    (tmp_path / "record.json").write_text(json.dumps(old), "utf-8")
    read = read_record(tmp_path)
    assert read == record
    assert read.scored_split("other") == "validation"
    assert migrate_record(read.model_dump(by_alias=True)) == read.model_dump(by_alias=True)


@pytest.mark.parametrize("rows", [None, 3, [3], [{"seeds": 1}]])
def test_a_damaged_record_of_schema_1_is_said(rows: Any, tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(json.dumps({"schema": 1, "rows": rows}), "utf-8")
    with pytest.raises(RunError, match="not a run record of schema 2"):
        read_record(tmp_path)


def test_systems_are_found_by_name() -> None:
    assert build().system("adapt").name == "adapt"
    with pytest.raises(KeyError, match="transfer"):
        build().system("transfer")


def test_records_do_not_change_and_take_no_unknown_fields() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        build().name = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        build(more=1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no record.json found"),
        (b"", "not a run record of schema 2"),
        (b'{"schema": 1', "not a run record of schema 2"),
        (b'{"schema": 2}', "not a run record of schema 2"),
        (b"\xff\xfe\x00", "not a run record of schema 2"),
        (b"[]", "not a run record of schema 2"),
    ],
)
def test_what_is_no_record_is_said(content: bytes | None, said: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "record.json").write_bytes(content)
    with pytest.raises(RunError, match=said) as error:
        read_record(tmp_path)
    assert str(tmp_path) in str(error.value)
    assert len(str(error.value)) < 1500
