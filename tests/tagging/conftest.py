"""A tiny exported model that reads letters and looks at their neighbours, made without torch."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram

from nerbridge.labels import LabelSet
from nerbridge.models.manifest import MANIFEST_FILE
from nerbridge.tagging import Tagger

SPECIAL_IDS = {"start": 0, "pad": 1, "end": 2, "unk": 3}
LETTERS = "অআইকখগঘচজটডণতথদধনপফবভমযরলশষসহািীুূেোৌ্ং়abcdefghijklmnopqrstuvwxyz।'\".,"
MAX_SUBWORDS = 40
MODEL_FILES = ("model.onnx", "tokenizer.json", "config.json")


def letter_tokenizer() -> Tokenizer:
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", *LETTERS, *(f"▁{letter}" for letter in LETTERS)]
    tokenizer = Tokenizer(Unigram([(piece, -1.0) for piece in pieces], unk_id=SPECIAL_IDS["unk"]))
    tokenizer.normalizer = normalizers.Replace("\u200b", " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    return tokenizer


def convolution(n_rows: int, n_tags: int) -> Any:
    """Logits of a subword from itself and three neighbours on either side; padding is nothing."""
    onnx = pytest.importorskip("onnx")
    rng = np.random.default_rng(3)
    weights = {
        "table": rng.normal(size=(n_rows, 16)),
        "kernel": rng.normal(scale=0.5, size=(n_tags, 16, 7)),
        "bias": np.eye(1, n_tags)[0],  # O is a little more likely
    }
    nodes = [
        ("Gather", ["table", "input_ids"], "rows", {}),
        ("Cast", ["attention_mask"], "seen", {"to": onnx.TensorProto.FLOAT}),
        ("Unsqueeze", ["seen", "last"], "column", {}),
        ("Mul", ["rows", "column"], "kept", {}),
        ("Transpose", ["kept"], "turned", {"perm": [0, 2, 1]}),
        ("Conv", ["turned", "kernel", "bias"], "found", {"pads": [3, 3], "kernel_shape": [7]}),
        ("Transpose", ["found"], "logits", {"perm": [0, 2, 1]}),
    ]
    helper, kinds = onnx.helper, onnx.TensorProto
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, [out], **more) for kind, inputs, out, more in nodes],
        "convolution",
        [
            helper.make_tensor_value_info(name, kinds.INT64, ["batch", "sequence"])
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info("logits", kinds.FLOAT, ["batch", "sequence", None])],
        [
            *(onnx.numpy_helper.from_array(w.astype(np.float32), n) for n, w in weights.items()),
            onnx.numpy_helper.from_array(np.array([2]), "last"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write_manifest(folder: Path, **changes: Any) -> None:
    document = {
        "schema": 1,
        "kind": "onnx",
        "base": {"id": "tiny", "revision": None},
        "types": ["PER", "ORG", "LOC"],
        "script": "Beng",
        "max_subwords": MAX_SUBWORDS,
        "special_ids": SPECIAL_IDS,
        "quantisation": "none",
        "files": {
            name: {"sha256": "", "n_bytes": (folder / name).stat().st_size} for name in MODEL_FILES
        },
    }
    (folder / MANIFEST_FILE).write_text(json.dumps({**document, **changes}), encoding="utf-8")


def write_letter_tagger(folder: Path) -> Path:
    onnx = pytest.importorskip("onnx")
    folder.mkdir()
    tokenizer = letter_tokenizer()
    tags = LabelSet().tags
    onnx.save(convolution(tokenizer.get_vocab_size(), len(tags)), folder / "model.onnx")
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps({"id2label": dict(enumerate(tags))}))
    write_manifest(folder)
    return folder


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder most tests share; nobody may change it."""
    return write_letter_tagger(tmp_path_factory.mktemp("exported") / "letters")


@pytest.fixture
def own_folder(model_folder: Path, tmp_path: Path) -> Path:
    """A copy of the folder that a test may spoil."""
    return shutil.copytree(model_folder, tmp_path / "own")


@pytest.fixture(scope="session")
def tagger(model_folder: Path) -> Tagger:
    return Tagger.load(model_folder, n_threads=1)
