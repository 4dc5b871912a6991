import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from nerbridge.errors import EnvironmentProblem
from nerbridge.models.folder import new_folder


def _write(folder: Path, text: str) -> None:
    with new_folder(folder) as temporary:
        (temporary / "a").write_text(text)
        (temporary / "b").write_text(text)


def _write_and_fail(folder: Path) -> None:
    with new_folder(folder) as temporary:
        (temporary / "a").write_text("new")
        raise KeyError


def test_a_folder_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "model"
    _write(folder, "old")
    (folder / "stale").write_text("x")
    _write(folder, "new")
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"a": "new", "b": "new"}
    assert list(folder.parent.iterdir()) == [folder]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    _write(folder, "old")
    with pytest.raises(KeyError):
        _write_and_fail(folder)
    assert (folder / "a").read_text() == "old"
    assert list(tmp_path.iterdir()) == [folder]


def test_other_users_can_read_it(tmp_path: Path) -> None:
    umask = os.umask(0o027)
    try:
        with new_folder(tmp_path / "model") as temporary:
            save_file({"a": np.zeros(1)}, temporary / "weights.safetensors")
    finally:
        os.umask(umask)
    assert (tmp_path / "model" / "weights.safetensors").stat().st_mode & 0o777 == 0o640


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    with pytest.raises(EnvironmentProblem, match="no space left"), new_folder(folder):
        Path("/dev/full").write_text("x", encoding="utf-8")
    with pytest.raises(EnvironmentProblem, match=r"cannot be written.*choose another"):
        _write(Path("/dev/null/model"), "x")
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from nerbridge.models import folder as module
target, step = Path(sys.argv[1]), sys.argv[2]
original = getattr(module, step)
def killed(*arguments):
    if step == "_replace":
        (target.parent / f".{target.name}.old").mkdir()
    os.kill(os.getpid(), signal.SIGKILL)
setattr(module, step, killed)
with module.new_folder(target) as temporary:
    (temporary / "a").write_text("new")
"""


@pytest.mark.parametrize("step", ["_finish", "_replace"])
def test_a_kill_leaves_the_old_folder_and_the_next_write_cleans_up(
    tmp_path: Path, step: str
) -> None:
    folder = tmp_path / "model"
    _write(folder, "old")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), step], env=os.environ, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert (folder / "a").read_text() == "old"
    _write(folder, "new")
    assert (folder / "b").read_text() == "new"
    assert list(tmp_path.iterdir()) == [folder]
