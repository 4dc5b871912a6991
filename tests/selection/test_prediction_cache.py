from __future__ import annotations

import resource
import signal
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nerbridge.errors import EnvironmentProblem, RunError
from nerbridge.selection.prediction_cache import PredictionCache

ONE, OTHER = [["অসম", "ধুনীয়া"], ["হয়"]], [["দিল্লী"]]
GIVEN = [np.array([[0.25, 0.75], [0.5, 0.5]], np.float32), np.array([[1, 0]], np.float32)]


def as_lists(
    found: Sequence[NDArray[np.float32]] | None,
) -> list[list[list[float]]] | None:
    return None if found is None else [rows.tolist() for rows in found]


def test_what_was_put_down_is_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "known"
    PredictionCache(folder, "a model").add(ONE, GIVEN)
    again = PredictionCache(folder, "a model")
    assert as_lists(again.find(ONE)) == as_lists(GIVEN)
    assert again.find(OTHER) is None
    assert PredictionCache(folder, "another model").find(ONE) is None
    again.remove()
    assert again.find(ONE) is None
    assert not folder.exists()


def test_a_damaged_file_counts_for_nothing(tmp_path: Path) -> None:
    known = PredictionCache(tmp_path, "")
    known.add(ONE, GIVEN)
    known.add(OTHER, GIVEN[1:])
    damaged = known._path(ONE)
    damaged.write_bytes(damaged.read_bytes()[:-3])
    assert known.find(ONE) is None
    assert as_lists(known.find(OTHER)) == as_lists(GIVEN[1:])


def test_a_full_disk_has_its_name(tmp_path: Path) -> None:
    known = PredictionCache(tmp_path, "")
    known.add(OTHER, GIVEN[1:])
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limit[1]))
    try:
        with pytest.raises(EnvironmentProblem, match=r"not written .*Free some disk space"):
            known.add(ONE, GIVEN)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, before)
    assert (known.find(ONE), as_lists(known.find(OTHER))) == (None, as_lists(GIVEN[1:]))


def test_one_process_at_a_time(tmp_path: Path) -> None:
    first, second = (PredictionCache(tmp_path / "out" / "parts", "") for _ in range(2))
    other = pytest.raises(RunError, match="out: another nerbridge is working")
    with first.locked(), other, second.locked():
        pass
    with second.locked():
        pass
    (tmp_path / "file").write_text("")
    cannot = pytest.raises(EnvironmentProblem, match="cannot be created")
    with cannot, PredictionCache(tmp_path / "file" / "parts", "").locked():
        pass
