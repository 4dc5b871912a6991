"""``nerbridge calibrate`` on a tagger whose entities and correctness are known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nerbridge.cli.app import app
from nerbridge.models.manifest import read_manifest
from nerbridge.tagging import Tagger
from tiny_tagger import write_tiny_tagger


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_tagger(tmp_path / "tagger")


def write_corpus(path: Path, n_right: int, n_wrong: int) -> Path:
    """The tiny tagger takes every অসম for a place; here it is one ``n_right`` times."""
    tags = ["B-LOC"] * n_right + ["O"] * n_wrong
    path.write_text("".join(f"অসম\t{tag}\nথাকে\tO\n\n" for tag in tags), "utf-8")
    return path


def test_scores_become_the_share_that_is_right(folder: Path, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "validation.conll", 140, 60)
    assert Tagger.load(folder).tag("অসম")[0].score > 0.95
    done = CliRunner().invoke(app, ["calibrate", str(folder), str(corpus), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["n_entities"] == 200
    assert found["ece_after"] < 0.1 < found["ece_before"]
    assert found["validation"] == "the validation sentences of validation.conll"
    assert read_manifest(folder).calibration.model_dump() == found
    assert Tagger.load(folder).tag("অসম")[0].score == pytest.approx(0.7, abs=0.1)
    assert "200" in (folder / "README.md").read_text("utf-8")


def test_types_and_tags_are_mended(folder: Path, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "validation.conll", 140, 60)
    text = corpus.read_text("utf-8").replace("B-LOC", "I-PLACE")
    corpus.write_text(text, "utf-8")
    options = ["--scheme", "iob2", "--repair", "--map-types", "PLACE=LOC", "--json"]
    done = CliRunner().invoke(app, ["calibrate", str(folder), str(corpus), *options])
    assert json.loads(done.stdout.splitlines()[-1])["n_entities"] == 200


def test_too_few_entities_change_nothing(folder: Path, tmp_path: Path) -> None:
    before = (folder / "nerbridge.json").read_bytes()
    corpus = write_corpus(tmp_path / "validation.conll", 3, 1)
    done = CliRunner().invoke(app, ["calibrate", str(folder), str(corpus)])
    assert done.exit_code != 0
    assert "finds 4 entities" in str(done.exception)
    assert (folder / "nerbridge.json").read_bytes() == before


def test_what_is_no_folder_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["calibrate", "bundled:as", str(tmp_path / "x.conll")])
    assert "bundled:as: no such folder" in str(done.exception)
