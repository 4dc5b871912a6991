"""A run folder lets one process in, knows what it was made from, and tells damage."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nerbridge.errors import InputError, RunError
from nerbridge.training.recipe import Recipe
from nerbridge.training.recipe_files import fingerprint_settings
from nerbridge.training.run_folder import FINGERPRINT, RunFolder, differences

LOCKER = """
import sys, time
from pathlib import Path
from nerbridge.training.run_folder import RunFolder
with RunFolder(Path(sys.argv[1])).locked():
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_kept_out_until_the_first_is_gone(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs" / "mine")
    other = subprocess.Popen(
        [sys.executable, "-c", LOCKER, str(folder.path)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "locked\n"
    with (
        pytest.raises(RunError, match=r"mine: another nerbridge is working.*--output"),
        folder.locked(),
    ):
        pass
    other.kill()
    other.communicate()
    with folder.locked():
        pass
    with folder.locked():
        pass


@pytest.mark.parametrize("place", ["file", "file/inside"])
def test_a_file_in_its_place_is_said(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with (
        pytest.raises(InputError, match=r"this is a file.*--output"),
        RunFolder(tmp_path / place).locked(),
    ):
        pass
    assert (tmp_path / "file").read_text() == "mine"


def test_the_same_fingerprint_is_let_in(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.check_fingerprint({"recipe": {"a": 1, "b": [1.5, None]}, "encoder": "x"})
    folder.check_fingerprint({"encoder": "x", "recipe": {"b": [1.5, None], "a": 1}})


OLD = {"recipe": {"transfer": {"epochs": 3}}, "data": {"as": "1"}}


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({**OLD, "recipe": {"transfer": {"epochs": 4}}}, "recipe.transfer.epochs was 3, is 4"),
        ({**OLD, "recipe": {"transfer": {}}}, "recipe.transfer.epochs was 3, is null"),
        ({**OLD, "data": {"as": "2"}}, 'data.as was "1", is "2"'),
        ({**OLD, "x": 5}, "x was null, is 5"),
    ],
)
def test_what_differs_is_named(new: dict[str, Any], said: str, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.check_fingerprint(OLD)
    with pytest.raises(RunError) as error:
        folder.check_fingerprint(new)
    assert said in str(error.value)
    assert "--output" in str(error.value)
    assert str(error.value).count(" was ") == 1


def test_long_values_are_cut_in_the_message(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.check_fingerprint({"a": ["x" * 500]})
    with pytest.raises(RunError) as error:
        folder.check_fingerprint({"a": ["y" * 500]})
    assert len(str(error.value)) < 400 + len(str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]"])
def test_a_damaged_fingerprint_is_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FINGERPRINT).write_bytes(content)
    with pytest.raises(RunError, match="--output"):
        RunFolder(tmp_path).check_fingerprint({"a": 1})


def test_results_come_back_as_written(finished: Any, tmp_path: Path) -> None:
    result = finished.run.folder.read_result("adapt", 1)
    folder = RunFolder(tmp_path)
    assert folder.read_result("adapt", 1) is None
    folder.write_result("adapt", result)
    assert folder.read_result("adapt", 1) == result
    assert folder.read_result("adapt", 2) is None
    [path] = (tmp_path / "results").iterdir()
    assert path.name == "adapt-1.json"
    assert json.loads(path.read_text("utf-8"))["seed"] == 1


@pytest.mark.parametrize("content", ["null", "[]", '{"recipe": null}', '{"recipe": {"a": 1}}'])
def test_a_fingerprint_of_no_recipe_is_another(content: str, tmp_path: Path) -> None:
    (tmp_path / FINGERPRINT).write_text(content, "utf-8")
    with pytest.raises(RunError, match="a run with other settings"):
        RunFolder(tmp_path).check_fingerprint({"recipe": {"b": 2}})


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"seed": 1'])
def test_a_damaged_result_is_said_with_the_way_out(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "results" / "adapt-1.json"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(
        RunError, match=r"adapt-1\.json: the result is damaged \(.*Delete this file"
    ):
        RunFolder(tmp_path).read_result("adapt", 1)


def test_a_key_that_came_later_is_no_difference(tmp_path: Path) -> None:
    values = {
        "name": "mine",
        "target": {"path": "as", "language": "as"},
        "sources": [{"path": "bn", "language": "bn"}],
    }
    now = fingerprint_settings(Recipe.model_validate(values))
    before = copy.deepcopy(now)
    del before["sources"][0]["soft"], before["transfer"]["patience"]
    RunFolder(tmp_path).check_fingerprint({"recipe": before})
    RunFolder(tmp_path).check_fingerprint({"recipe": now})
    now["sources"][0]["soft"] = True
    with pytest.raises(RunError, match="soft was false, is true"):
        RunFolder(tmp_path).check_fingerprint({"recipe": now})


def test_a_difference_deep_in_a_list_is_named() -> None:
    old, new = ({"sources": [{"path": "a" * 80, "harmonise": on}]} for on in (False, True))
    assert list(differences(old, new)) == ["sources.0.harmonise was false, is true"]
    assert list(differences({"seeds": [1]}, {"seeds": [1, 2]})) == ["seeds was [1], is [1, 2]"]
    assert not list(differences(old, old))
