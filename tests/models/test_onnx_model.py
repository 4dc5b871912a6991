from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from nerbridge.errors import ModelError
from nerbridge.models.manifest import read_manifest
from nerbridge.models.onnx_model import load_onnx
from nerbridge.tagging import Tagger
from tagging.conftest import MAX_SUBWORDS, convolution, write_manifest

WORDS = ["অসম", "কলিকতা", "দাস"] * 8


def change_manifest(folder: Path, **changes: Any) -> None:
    write_manifest(folder, **changes)


def truncate(folder: Path) -> None:
    content = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(content[: len(content) // 2])


def damage(folder: Path) -> None:
    size = (folder / "model.onnx").stat().st_size
    (folder / "model.onnx").write_bytes(b"\xff" * size)


def pickle_instead(folder: Path) -> None:
    (folder / "model.onnx").rename(folder / "pytorch_model.bin")


def spoil_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"model": 7}')
    write_manifest(folder)


def other_labels(folder: Path) -> None:
    tags = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER", "B-ORG", "I-ORG"]
    (folder / "config.json").write_text(json.dumps({"id2label": dict(enumerate(tags))}))
    write_manifest(folder)


def no_labels(folder: Path) -> None:
    (folder / "config.json").write_text("{}")
    write_manifest(folder)


def rebuild(n_rows: int, n_tags: int) -> Callable[[Path], None]:
    def build(folder: Path) -> None:
        onnx = pytest.importorskip("onnx")
        onnx.save(convolution(n_rows, n_tags), folder / "model.onnx")
        write_manifest(folder)

    return build


def rename_input(folder: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(folder / "model.onnx")
    model.graph.input[0].name = model.graph.node[0].input[1] = "tokens"
    onnx.save(model, folder / "model.onnx")
    write_manifest(folder)


def unlink(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (unlink("model.onnx"), "model.onnx is missing. Copy the model folder again"),
        (unlink("tokenizer.json"), "tokenizer.json is missing"),
        (unlink("config.json"), "config.json is missing"),
        (pickle_instead, "model.onnx is missing"),
        (truncate, r"model.onnx: \d+ bytes, expected \d+\. Copy"),
        (damage, "model.onnx: cannot be loaded"),
        (spoil_tokenizer, "tokenizer.json: not a tokenizer"),
        (other_labels, "config.json has the tags O, B-LOC.*the types PER, ORG, LOC"),
        (no_labels, "config.json: no readable id2label"),
        (
            rebuild(200, 5),
            r"logits of shape \(1, 5, 5\).*expected \(1, 5, 7\).*do not fit the head",
        ),
        (rebuild(9, 7), "has no row for id 146, the last of tokenizer.json"),
        (
            rename_input,
            "the graph takes attention_mask, tokens; expected attention_mask, input_ids",
        ),
        (lambda f: change_manifest(f, special_ids=None), "special_ids is missing"),
        (
            lambda f: change_manifest(f, special_ids={"start": 0}),
            "lacks special_ids.end, special_ids.pad",
        ),
        (lambda f: change_manifest(f, files={}), "does not list the model's files"),
        (
            lambda f: change_manifest(f, calibration={"temperature": 0}),
            "calibration.temperature: Input should be greater than 0",
        ),
        (
            lambda f: change_manifest(f, calibration={"temperature": "x"}),
            "calibration.temperature: ",
        ),
        (lambda f: change_manifest(f, schema=9), "schema is 9, expected 2 or 1"),
        (lambda f: change_manifest(f, kind="crf"), "kind is 'crf', expected 'onnx'"),
    ],
)
def test_a_folder_that_does_not_fit_is_refused(
    own_folder: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(own_folder)
    with pytest.raises(ModelError, match=message) as caught:
        load_onnx(own_folder, n_threads=1)
    assert str(own_folder) in str(caught.value)


def test_what_the_manifest_says_is_kept(own_folder: Path) -> None:
    change_manifest(own_folder, calibration={"temperature": 1.5, "n_entities": 7}, script=None)
    model = load_onnx(own_folder, n_threads=1)
    assert (model.temperature, model.script, model.max_subwords) == (1.5, None, MAX_SUBWORDS)
    assert model.manifest == read_manifest(own_folder)
    assert model.name == str(own_folder)


def test_what_a_tokenizer_would_cut_or_pad_is_kept_whole(own_folder: Path, tagger: Tagger) -> None:
    path = own_folder / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=99)
    tokenizer.save(str(path))
    write_manifest(own_folder)
    (expected,) = tagger.model.word_logits([WORDS])
    model = load_onnx(own_folder, n_threads=1)
    assert model.tokenizer.truncation is None  # once and for all, as threads share it
    assert model.tokenizer.padding is None
    np.testing.assert_array_equal(model.word_logits([WORDS])[0], expected)


def test_the_number_of_threads_does_not_matter(model_folder: Path) -> None:
    (one,) = load_onnx(model_folder, n_threads=1).word_logits([WORDS])
    for n_threads in (2, None):
        (found,) = load_onnx(model_folder, n_threads=n_threads).word_logits([WORDS])
        np.testing.assert_allclose(found, one, rtol=1e-4, atol=1e-5)


def test_a_failing_graph_is_an_error_with_a_place(tagger: Tagger) -> None:
    outside = np.full((1, 3), 10_000, dtype=np.int64)
    with pytest.raises(ModelError, match=r"model.onnx: the model failed: "):
        tagger.model.forward(outside, np.ones_like(outside))


# A thread of its own is what telemetry can be known by.
COUNT = """
import os
import numpy
def n_threads():
    return len(os.listdir("/proc/self/task"))
before = n_threads()
{statement}
print(n_threads() - before)
"""


def n_new_threads(statement: str) -> int:
    program = COUNT.format(statement=statement)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_onnxruntime_reports_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    assert n_new_threads("from nerbridge.models.onnx_model import ort") == 0
