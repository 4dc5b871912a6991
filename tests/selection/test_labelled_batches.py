from __future__ import annotations

from pathlib import Path

import pytest

from nerbridge.errors import EnvironmentProblem
from nerbridge.selection.labelled_batches import LabelledBatches, Labels

ONE, OTHER = [["অসম", "ধুনীয়া"], ["হয়"]], [["দিল্লী"]]
LABELS: list[Labels] = [["B-LOC", "O"], None]


def test_what_was_put_down_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "done.jsonl"
    LabelledBatches(path, "a model").add(ONE, LABELS)
    again = LabelledBatches(path, "a model")
    assert again.find(ONE) == LABELS
    assert again.find(OTHER) is None
    assert LabelledBatches(path, "another model").find(ONE) is None
    again.remove()
    assert LabelledBatches(path, "a model").find(ONE) is None


@pytest.mark.parametrize("torn", [b'{"key": "12', b"\xe0\xa6", b"[]\n", b"\xff\n", b'{"key": 1}\n'])
def test_a_line_that_cannot_be_read_costs_no_other(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "done.jsonl"
    LabelledBatches(path, "").add(ONE, LABELS)
    with path.open("ab") as file:
        file.write(torn)
    LabelledBatches(path, "").add(OTHER, [["B-LOC"]])
    after = LabelledBatches(path, "")
    assert (after.find(ONE), after.find(OTHER)) == (LABELS, [["B-LOC"]])


def test_a_full_disk_has_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem, match="what was labelled before is kept"):
        LabelledBatches(tmp_path / "file" / "done.jsonl", "").add(ONE, LABELS)
