from __future__ import annotations

from pathlib import Path

import pytest

from nerbridge.errors import RunError
from nerbridge.evaluation.quoting import quote_scores
from nerbridge.evaluation.scores import score_predictions
from nerbridge.exporting.card import find_scores, write_model_card
from nerbridge.models.card_header import CARD_FILE
from nerbridge.records import RunRecord, SeedResult, Summary, System, write_record
from tiny_tagger import write_tiny_tagger

WORDS, GOLD, FOUND = [["অ", "আ"]], [["B-PER", "B-LOC"]], [["B-PER", "O"]]
SCORES = score_predictions(WORDS, GOLD, FOUND, ("PER", "LOC"))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder with the record of one model and another that is not in it."""
    summary = Summary(mean=0.5, sd=None, ci95=(0.0, 1.0))
    result = SeedResult(seed=1, model="models/adapt-1", test=SCORES, test_sets={"titles": SCORES})
    row = System(
        name="adapt",
        stage="adapt",
        description="",
        seeds=(result,),
        f1_strict=summary,
        f1_conll=summary,
    )
    record = RunRecord(
        name="r",
        nerbridge="0",
        recipe={},
        recipe_sha256="0",
        command="x",
        created="",
        machine={},
        versions={},
        encoder={},
        corpora=(),
        systems=(row,),
        paired=(),
    )
    for name in ("adapt-1", "adapt-2"):
        write_tiny_tagger(tmp_path / "run" / "models" / name)
    write_record(record, tmp_path / "run" / "record.json")
    return tmp_path / "run"


def test_scores_are_those_of_this_model_in_the_record(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = quote_scores({"test": SCORES, "titles": SCORES})
    assert find_scores(run / "models" / "adapt-1") == wanted
    assert find_scores(run / "models" / "adapt-2") == {}
    monkeypatch.chdir(run / "models")
    assert find_scores(Path("adapt-1")) == wanted


def test_a_model_outside_of_a_run_has_none(tmp_path: Path) -> None:
    assert find_scores(write_tiny_tagger(tmp_path / "alone")) == {}


def test_a_damaged_record_is_said(run: Path) -> None:
    (run / "record.json").write_text("{}")
    with pytest.raises(RunError, match=r"record\.json"):
        find_scores(run / "models" / "adapt-1")


def test_the_card_of_an_export_quotes_the_trained_model(run: Path, tmp_path: Path) -> None:
    exported = write_tiny_tagger(tmp_path / "exported")
    write_model_card(exported)
    assert "not known yet" in (exported / CARD_FILE).read_text("utf-8")
    write_model_card(exported, run / "models" / "adapt-1")
    card = (exported / CARD_FILE).read_text("utf-8")
    assert "| titles | 1 | 2 | 0.667 [0.667, 0.667] | 1.000 | 0.500 |" in card
