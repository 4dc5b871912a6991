"""Events can be printed as they are."""

from __future__ import annotations

import pytest

from nerbridge.training.run import StageProgress
from nerbridge.workflows.progress import ItemsDone, Listener, Note, ignore


def test_print_is_a_listener(capsys: pytest.CaptureFixture[str]) -> None:
    listen: Listener = print
    for event in (
        Note("reading …"),
        ItemsDone("records", 2000),
        StageProgress("adapt", 13, 0.5, "F1"),
    ):
        listen(event)
        ignore(event)
    said = capsys.readouterr().out.splitlines()
    assert said == ["reading …", "2,000 records", "adapt         seed 13    50%  F1"]
