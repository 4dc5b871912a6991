"""A tagger in another process: pickled, copied, spawned."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from nerbridge.tagging import Tagger
from nerbridge.tagging.origin import to_origin

TEXT = "অসম কলিকতা দাস বৰুৱা খবৰ " * 20

POOLS = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from nerbridge import Tagger

def main():
    tagger = Tagger.load(sys.argv[1], n_threads=1, min_score=0.2, types=["PER", "LOC"])
    texts = ["অসম কলিকতা দাস " * n for n in range(1, 9)]
    expected = list(map(tagger.tag, texts))
    for method in sys.argv[2:]:
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            assert pool.map(tagger.tag, texts) == expected, method
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            assert list(pool.map(tagger.tag, texts)) == expected, method
    print("same")

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_pools_of_processes_tag(method: str, model_folder: Path, tmp_path: Path) -> None:
    if method != "spawn" and sys.platform == "win32":
        pytest.skip("Windows can only spawn")
    program = tmp_path / "pools.py"
    program.write_text(POOLS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, program, model_folder, method], capture_output=True, text=True, timeout=120
    )
    assert (done.stdout, done.returncode) == ("same\n", 0), done.stderr


def test_a_relative_path_is_found_from_another_folder(
    tagger: Tagger, model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tagger.tag(TEXT)[0].type
    monkeypatch.chdir(model_folder.parent)
    tagger = Tagger.load(model_folder.name, types=iter([kept]), min_score=0.1)
    sent = pickle.dumps(tagger)
    monkeypatch.chdir(tmp_path)
    again = pickle.loads(sent)
    assert again.tag(TEXT) == tagger.tag(TEXT) != []
    assert again.types == (kept,)
    assert again.name == tagger.name == model_folder.name
    assert pickle.loads(pickle.dumps(again)).name == tagger.name


def test_a_process_loads_a_tagger_once(tagger: Tagger) -> None:
    sent = pickle.dumps(tagger.tag)
    assert pickle.loads(sent).__self__ is pickle.loads(sent).__self__


def test_a_changed_model_folder_is_another_model(own_folder: Path) -> None:
    before = to_origin({"model": own_folder}, "own", own_folder)
    assert to_origin({"model": str(own_folder)}, "own", own_folder) == before
    os.utime(own_folder / "model.onnx", (1, 1))
    assert to_origin({"model": own_folder}, "own", own_folder) != before


def test_names_that_are_no_paths_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "PER").mkdir()
    origin = to_origin(
        {"model": "owner/name", "base": "bundled:mini", "types": "PER"}, "owner/name", tmp_path
    )
    assert origin.arguments == {"model": "owner/name", "base": "bundled:mini", "types": "PER"}


def test_copies_share_the_model(tagger: Tagger) -> None:
    handed_over = Tagger(tagger.model, types=["PER"])
    for copied in (copy.copy(handed_over), copy.deepcopy(handed_over)):
        assert copied.model is tagger.model
        assert copied.types == ("PER",)
    with pytest.raises(TypeError, match=r"cannot be pickled.*Create the tagger with Tagger\.load"):
        pickle.dumps(handed_over)
