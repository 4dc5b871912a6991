"""A model folder is checked for the hub from Python; the upload itself is tested in exporting."""

from __future__ import annotations

from pathlib import Path

import pytest

from nerbridge.errors import EnvironmentProblem
from nerbridge.exporting.card import write_model_card
from nerbridge.workflows.progress import Event
from nerbridge.workflows.publish import publish
from tiny_tagger import write_tiny_tagger


def test_a_dry_run_says_what_would_be_uploaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    folder = write_tiny_tagger(tmp_path / "model")
    write_model_card(folder)
    (folder / ".hidden").write_text("")
    heard: list[Event] = []
    planned = publish(folder, "owner/tiny", license="mit", dry_run=True, listen=heard.append)
    assert (planned.address, planned.license) == (None, "mit")
    assert planned.files[0] == "README.md"
    assert [str(event) for event in heard] == ["left out: .hidden"]
    with pytest.raises(EnvironmentProblem, match="no token in HF_TOKEN"):
        publish(folder, "owner/tiny", license="mit")
