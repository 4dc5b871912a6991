from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nerbridge.errors import EnvironmentProblem
from nerbridge.selection.known_probabilities import KnownProbabilities

ONE, OTHER = [["অসম", "ধুনীয়া"], ["হয়"]], [["দিল্লী"]]
GIVEN = [np.array([[0.25, 0.75], [0.5, 0.5]], np.float16), np.array([[1, 0]], np.float16)]


def as_lists(
    found: Sequence[NDArray[np.float16]] | None,
) -> list[list[list[float]]] | None:
    return None if found is None else [rows.tolist() for rows in found]


def test_what_was_put_down_is_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "known"
    KnownProbabilities(folder, "a model").add(ONE, GIVEN)
    again = KnownProbabilities(folder, "a model")
    assert as_lists(again.find(ONE)) == as_lists(GIVEN)
    assert again.find(OTHER) is None
    assert KnownProbabilities(folder, "another model").find(ONE) is None
    again.remove()
    assert again.find(ONE) is None
    assert not folder.exists()


def test_a_damaged_file_counts_for_nothing(tmp_path: Path) -> None:
    known = KnownProbabilities(tmp_path, "")
    known.add(ONE, GIVEN)
    known.add(OTHER, GIVEN[1:])
    (damaged,) = (path for path in tmp_path.iterdir() if path == known._path(ONE))
    damaged.write_bytes(damaged.read_bytes()[:-3])
    assert known.find(ONE) is None
    assert as_lists(known.find(OTHER)) == as_lists(GIVEN[1:])


def test_a_folder_that_cannot_be_written_has_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem, match="not written"):
        KnownProbabilities(tmp_path / "file" / "known", "").add(ONE, GIVEN)
