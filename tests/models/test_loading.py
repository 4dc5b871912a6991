from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub_standin import Hub
from nerbridge.errors import ModelError
from nerbridge.models.loading import find_model
from nerbridge.models.manifest import MANIFEST_FILE
from nerbridge.tagging import Tagger


def write_kind(folder: Path, kind: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    values = {"base": None, "types": ["PER"], "script": None, "max_subwords": 9}
    (folder / MANIFEST_FILE).write_text(json.dumps({"schema": 1, "kind": kind, **values}))
    return folder


def seed(number: int, row: str, f1: float | None) -> dict[str, Any]:
    validation = None if f1 is None else {"f1_strict": f1, "f1_conll": 1 - f1}
    return {"seed": number, "model": f"models/{row}-{number}", "validation": validation}


def write_run(folder: Path, rows: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    (folder / "record.json").write_text(json.dumps({"schema": 1, "rows": rows}))
    return folder


ADAPT = {
    "stage": "adapt",
    "seeds": [seed(1, "adapt", 0.6), seed(2, "adapt", 0.7), seed(3, "adapt", 0.65)],
}
TRANSFER = {"stage": "transfer", "seeds": [seed(9, "transfer", 0.9)]}


@pytest.mark.parametrize(
    ("kind", "expected"), [("onnx", "onnx"), ("adapter", "torch"), ("full", "torch")]
)
def test_the_kind_is_what_the_manifest_says(tmp_path: Path, kind: str, expected: str) -> None:
    folder = write_kind(tmp_path / "m", kind)
    found = find_model(folder)
    assert (found.path, found.engine, found.name) == (folder, expected, str(folder))
    assert find_model(str(folder)) == found


@pytest.mark.parametrize("name", ["adapter_config.json", "config.json"])
def test_folders_of_other_libraries_need_torch(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    assert find_model(tmp_path).engine == "torch"


def test_of_a_run_the_adapted_model_with_the_best_validation_f1(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [TRANSFER, ADAPT])
    best = write_kind(run / "models" / "adapt-2", "adapter")
    assert find_model(run).path == best
    assert find_model(run).name == str(best)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([TRANSFER], "no adapted model with a validation score"),
        ([{"stage": "adapt", "seeds": [seed(1, "adapt", None)]}], "no adapted model with a valid"),
        ([{"stage": "adapt"}], "record.json: not the record of a run"),
        (
            [{"stage": "adapt", "seeds": [{**seed(1, "adapt", 0.5), "model": None}]}],
            "no model here",
        ),
    ],
)
def test_a_run_without_such_a_model_is_refused(
    tmp_path: Path, rows: list[dict[str, Any]], message: str
) -> None:
    run = write_run(tmp_path / "run", rows)
    (run / "None").mkdir()
    with pytest.raises(ModelError, match=message):
        find_model(run)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "unfinished" / "models").mkdir(parents=True)
    damaged = write_run(tmp_path / "damaged", [])
    (damaged / "record.json").write_text("{")
    for spec, message in [
        (empty, "empty: no model here; expected nerbridge.json"),
        (tmp_path / "unfinished", "the run is not finished"),
        (damaged, "record.json: not JSON"),
        (write_kind(tmp_path / "crf", "crf"), "holds a model of kind 'crf'"),
        (tmp_path / "nowhere", "nowhere: no such model. Expected bundled:NAME"),
        ("/nowhere", "/nowhere: no such model"),
        ("./nowhere", "./nowhere: no such model"),
        ("nowhere", "nowhere: no such model"),
        ("a b/c", "a b/c: no such model"),
        ("", "no such model"),
        ("bundled:xx", "bundled:xx: no such bundled model"),
        ("bundled:", "bundled:: no such bundled model"),
        ("bundled:../tagging", "no such bundled model"),
    ]:
        with pytest.raises(ModelError, match=message):
            find_model(spec)


HUB = """
import sys
from nerbridge.errors import NerbridgeError
from nerbridge.tagging import Tagger
for spec in sys.argv[1:]:
    try:
        tagger = Tagger.load(spec)
        print(tagger.name, len(tagger.tag("অসম কলিকতা দাস খবৰ")))
    except NerbridgeError as error:
        print(error)
"""


def test_a_model_from_the_hub(hub: Hub, model_folder: Path, tmp_path: Path) -> None:
    there = hub.root / "models" / "owner" / "letters"
    shutil.copytree(model_folder, there)
    for name in ("pytorch_model.bin", "code.py"):
        (there / name).write_text("never fetched")
    environment = {**hub.environment(tmp_path / "home"), "HF_HUB_ETAG_TIMEOUT": "2"}
    done = subprocess.run(
        [sys.executable, "-c", HUB, "owner/letters", "owner/leters"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    expected = len(Tagger.load(model_folder).tag("অসম কলিকতা দাস খবৰ"))
    loaded, misspelt = done.stdout.strip().splitlines()
    assert loaded == f"owner/letters {expected}"
    assert "owner/leters: no such folder here and no such model on the hub" in misspelt
    fetched = {path.name for path in (tmp_path / "home").rglob("*")}
    assert "model.onnx" in fetched
    assert not {"pytorch_model.bin", "code.py"} & fetched
