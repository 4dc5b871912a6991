"""Raw text from Python: what is suggested, pseudo-labelled and analysed comes back typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nerbridge.errors import InputError
from nerbridge.workflows.analyse import analyse
from nerbridge.workflows.progress import Event, ItemsDone, Kept, Note
from nerbridge.workflows.pseudo_label import PseudoLabelOptions, pseudo_label
from nerbridge.workflows.suggest import suggest
from nerbridge.workflows.tag_files import TagOptions
from tiny_tagger import write_tiny_tagger

TEXT = "ৰমেন দাস আজি গুৱাহাটীত আছিল।\nঅসম দেশখন বৰ ধুনীয়া বুলি সকলোৱে কয়।\nভাল।\n"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text(TEXT, "utf-8")
    return str(write_tiny_tagger(tmp_path / "model"))


def test_suggestions(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[Event] = []
    options = TagOptions(model=model)
    found = suggest(["a.txt"], Path("tasks.json"), options, n=2, listen=told.append)
    assert (found.n_sentences, found.n_read, found.losses) == (2, 3, {"too short": 1})
    assert told == [
        *(ItemsDone("sentences read", n) for n in (1, 2, 3)),
        Note("left out: too short: 1"),
    ]
    with pytest.raises(InputError, match="exists already"):
        suggest(["a.txt"], Path("tasks.json"), options)
    assert capsys.readouterr() == ("", "")


def test_pseudo_labels(model: str) -> None:
    told: list[Event] = []
    options = PseudoLabelOptions(n=1, soft=True)
    made = pseudo_label(["a.txt"], Path("pseudo"), [model], options, listen=told.append)
    assert (made.path, made.n_read, made.n_drawn) == (Path("pseudo/train.conll"), 3, 1)
    assert made.n_sentences == 1
    origin = json.loads(Path("pseudo/pseudo-labels.json").read_text("utf-8"))
    assert origin["entities"] == made.entities
    assert set(origin["thresholds"]) == {"outside", "share_without"}
    assert Kept("Labelled sentences are kept.") in told
    assert told[-2].__class__ is Note
    assert "left out" in str(told[-2])


def test_an_analysis_is_in_its_folder(model: str) -> None:
    pytest.importorskip("duckdb")
    record = {"text": "ৰমেন দাস গুৱাহাটীত আছিল।", "date": "2026-01-05"}
    Path("a.jsonl").write_text("\n".join(2 * [json.dumps(record)]), "utf-8")
    done = analyse(["a.jsonl"], Path("out"), TagOptions(model=model, n_threads=1))
    assert (done.n_articles, done.n_duplicates, done.n_unreadable) == (1, 1, 0)
    assert done.report.is_file()
    with pytest.raises(InputError, match="--by year: expected one of day, week, month"):
        analyse(["a.jsonl"], Path("out"), TagOptions(model=model), period="year")
