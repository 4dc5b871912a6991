"""``nerbridge compare`` on records with the least a record must have."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from nerbridge.cli.compare import compare
from nerbridge.errors import InputError, RunError
from nerbridge.evaluation.scores import score_predictions
from nerbridge.records import CorpusRecord, RunRecord, SeedResult, Summary, System, write_record

app = typer.Typer()
app.command()(compare)
runner = CliRunner()

GOLD = [["B-PER", "O"], ["O", "B-LOC"]] * 10
WORDS = [["ৰীতা", "গ’ল"], ["এয়া", "মাজুলী"]] * 10


def write_run(folder: Path, name: str, predicted: list[list[str]]) -> Path:
    scores = score_predictions(WORDS, GOLD, predicted, ("PER", "LOC"))
    summary = Summary(mean=scores.f1_strict, sd=None, ci95=(0.0, 1.0))
    row = System(
        name="adapt",
        stage="adapt",
        description="",
        seeds=(SeedResult(seed=1, model="m", test=scores),),
        f1_strict=summary,
        f1_conll=summary,
    )
    corpus = CorpusRecord(
        name="tiny",
        role="target",
        language="as",
        sha256="0" * 64,
        revision=None,
        n_sentences={"test": len(GOLD)},
        losses={},
    )
    record = RunRecord(
        name=name,
        nerbridge="0",
        recipe={},
        recipe_sha256="0" * 64,
        command=f"nerbridge run {name}",
        created="2025-01-01T00:00:00Z",
        machine={},
        versions={},
        encoder={},
        corpora=(corpus,),
        systems=(row,),
        paired=(),
    )
    write_record(record, folder / name / "record.json")
    return folder / name


@pytest.fixture
def runs(tmp_path: Path) -> tuple[str, str]:
    nothing = [["O", "O"]] * len(GOLD)
    return str(write_run(tmp_path, "poor", nothing)), str(write_run(tmp_path, "perfect", GOLD))


def test_json_is_alone_on_stdout(runs: tuple[str, str]) -> None:
    result = runner.invoke(app, [*runs, "--json"])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert list(found["runs"]) == ["poor", "perfect"]
    # Schema 1 said rows for systems: programs that read it must be able to tell.
    assert found["schema"] == 2
    assert "systems" in found["runs"]["poor"]
    [pair] = found["paired"]
    assert (pair["a"], pair["b"], pair["system"], pair["test_set"]) == (
        "poor",
        "perfect",
        "adapt",
        "test",
    )
    assert pair["difference"] == 1.0
    assert pair["p"] < 0.05


def test_tables_are_printed(runs: tuple[str, str]) -> None:
    result = runner.invoke(app, list(runs))
    assert result.exit_code == 0
    assert "perfect is better" in result.stdout
    assert "+1.000" in result.stdout


def test_output_is_written_and_announced_beside_the_result(
    runs: tuple[str, str], tmp_path: Path
) -> None:
    result = runner.invoke(app, [*runs, "--json", "--output", str(tmp_path / "out")])
    assert json.loads(result.stdout)
    assert "index.html" in result.stderr
    assert json.loads((tmp_path / "out" / "compare.json").read_text()) == json.loads(result.stdout)


def test_quiet_announces_nothing(runs: tuple[str, str], tmp_path: Path) -> None:
    result = runner.invoke(app, [*runs, "--json", "--quiet", "--output", str(tmp_path / "out")])
    assert result.stderr == ""


def test_one_run_and_a_folder_without_a_run_are_errors(
    runs: tuple[str, str], tmp_path: Path
) -> None:
    assert isinstance(runner.invoke(app, [runs[0]]).exception, InputError)
    assert isinstance(runner.invoke(app, [runs[0], str(tmp_path)]).exception, RunError)
