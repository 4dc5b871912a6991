from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from nerbridge.cli.app import app
from nerbridge.errors import EnvironmentProblem
from nerbridge.exporting.card import write_model_card
from tiny_tagger import write_tiny_tagger


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    folder = write_tiny_tagger(tmp_path / "model")
    write_model_card(folder)
    (folder / ".hidden").write_text("")
    return folder


def test_a_dry_run_connects_to_nowhere(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", None)
    arguments = ["publish", str(model), "owner/tiny", "--license", "mit", "--dry-run"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    first, *names = done.stdout.splitlines()
    assert first == "owner/tiny: 5 files, 0.0 MB, licence mit"
    assert names == [
        *("  README.md", "  config.json", "  model.onnx", "  nerbridge.json", "  tokenizer.json")
    ]
    assert done.stderr == "left out: .hidden\nNothing was uploaded (--dry-run).\n"


def test_without_a_token_it_says_where_to_get_one(model: Path) -> None:
    arguments = ["publish", str(model), "owner/tiny", "--license", "mit", "--quiet"]
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, EnvironmentProblem)
    assert "no token in HF_TOKEN" in str(done.exception)
    assert done.output == ""
