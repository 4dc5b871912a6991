"""``nerbridge suggest``: as a user calls it, and what becomes of its output."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.conftest import TEXT, Call
from nerbridge.cli.data import app as data_app
from nerbridge.cli.suggest import suggest
from nerbridge.errors import InputError
from nerbridge.training.data import load_data
from nerbridge.training.recipe_files import read_recipe
from tiny_tagger import write_tiny_tagger


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_tagger(tmp_path_factory.mktemp("tiny") / "model", sure=3.0)


@pytest.fixture
def call(make_call: Callable[..., Call], model: Path) -> Call:
    return make_call(suggest, model)


def test_suggestions_are_written_and_counted(call: Call) -> None:
    done = call("a.txt", "-n", "2", "--output", "tasks.json")
    assert done.stdout == "tasks.json: 2 of 3 sentences, for label-studio\n"
    assert done.stderr == "left out: too short: 1\n"
    tasks = json.loads(Path("tasks.json").read_text("utf-8"))
    assert {task["data"]["text"] for task in tasks} == set(TEXT.splitlines()[:2])


@pytest.mark.parametrize("name", ["train.conll", "train.jsonl"])
def test_suggestions_go_into_the_audit_and_a_recipe(call: Call, name: str) -> None:
    call("a.txt", "--output", f"labelled/{name}")
    audited = CliRunner().invoke(data_app, ["audit", f"labelled/{name}", "--json"])
    assert audited.exit_code == 0, audited.output
    Path("recipe.toml").write_text(
        'name = "mine"\n[encoder]\nid = "bundled:mini"\n'
        '[target]\npath = "bundled:as"\nlanguage = "as"\n'
        f'[[sources]]\npath = "labelled/{name}"\nlanguage = "as"\n',
        "utf-8",
    )
    experiment_data = load_data(read_recipe(Path("recipe.toml")))
    assert experiment_data is not None


def test_nothing_is_overwritten_unasked(call: Call) -> None:
    Path("tasks.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="exists already"):
        call("a.txt", "--output", "tasks.json")
    assert Path("tasks.json").read_text(encoding="utf-8") == "[]"
    call("a.txt", "--output", "tasks.json", "--overwrite")
    assert Path("tasks.json").read_text(encoding="utf-8") != "[]"


def test_a_file_without_a_fit_sentence_is_refused(call: Call) -> None:
    Path("b.txt").write_text("ভাল।\n", "utf-8")
    with pytest.raises(InputError, match="1 sentences, none suitable"):
        call("b.txt", "--output", "tasks.json")
    assert not Path("tasks.json").exists()


def test_fewer_than_asked_for_are_explained(call: Call) -> None:
    Path("a.txt").write_text(TEXT + "ৰমেন দাস আজি গুৱাহাটীত আছিলনে।\n", "utf-8")
    said = call("a.txt", "-n", "50", "--output", "tasks.json").stderr
    assert "left out: too short: 1; near duplicate: 1\n" in said
    assert "2 sentences instead of 50" in said


def test_words_and_fields_are_read(call: Call) -> None:
    Path("a.conll").write_text("ৰমেন\nদাস\nআজি\nঅসম\nত\n", "utf-8")
    Path("a.jsonl").write_text(json.dumps({"body": TEXT}) + "\n", "utf-8")
    assert "1 of 1" in call("a.conll", "--output", "a.json").stdout
    assert "2 of 3" in call("a.jsonl", "--field", "body", "--output", "b.json").stdout
