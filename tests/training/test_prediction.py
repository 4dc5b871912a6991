"""Any model folder as one function from words to tags."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from nerbridge.errors import ModelError
from nerbridge.labels import Scheme, find_invalid_tags
from nerbridge.training.prediction import load_predictor

ROWS = ("baseline-1", "transfer-1", "adapt-1", "crf_all-0")


@pytest.mark.parametrize("row", ROWS)
def test_every_kind_of_model_tags_every_word(row: str, finished: Any) -> None:
    run = finished.run
    predictor = load_predictor(run.folder.path / "models" / row)
    words = [*run.data.tests[0].labelled.words, ("অসম",) * 200, ()]
    tagged = predictor.tag_many(words)
    assert [len(tags) for tags in tagged] == [len(sentence) for sentence in words]
    assert not any(find_invalid_tags(tags, Scheme.IOB2) for tags in tagged)
    assert predictor.label_set == run.label_set
    assert predictor.script == "Beng"
    assert predictor.lineage["row"] == row.split("-")[0]
    assert predictor.tag_many([]) == []


@pytest.mark.parametrize("row", ROWS)
def test_a_folder_without_weights_is_said(row: str, finished: Any, tmp_path: Path) -> None:
    folder = shutil.copytree(finished.run.folder.path / "models" / row, tmp_path / row)
    for path in [*folder.glob("*.safetensors"), *folder.glob("*.crfsuite")]:
        path.unlink()
    with pytest.raises(ModelError, match=row):
        load_predictor(folder)


def test_a_cut_crf_is_said(finished: Any, tmp_path: Path) -> None:
    folder = shutil.copytree(finished.run.folder.path / "models" / "crf_all-0", tmp_path / "crf")
    model = folder / "model.crfsuite"
    model.write_bytes(model.read_bytes()[:-100])
    with pytest.raises(ModelError, match="no complete CRF model"):
        load_predictor(folder)


@pytest.mark.parametrize("found", ["absent", "encoder", "file"])
def test_what_is_no_trained_model_is_said(found: str, tiny: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match=r"no such model folder|not a model trained"):
        load_predictor(tiny.encoder if found == "encoder" else tmp_path / found)
