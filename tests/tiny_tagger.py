"""A model folder that tags words by a list: small, exact, and loaded like any exported model."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from nerbridge.labels import LabelSet
from nerbridge.models.manifest import MANIFEST_FILE, FittedTemperature, Manifest

LABELS = LabelSet()
KNOWN = {
    "অসম": "B-LOC",
    "গুৱাহাটীত": "B-LOC",
    "ৰমেন": "B-PER",
    "দাস": "I-PER",
    "সংঘ": "B-ORG",
}
"""The words it knows, in their order the ids from 4; all others are outside."""
_SPECIAL = {"start": 0, "end": 1, "pad": 2, "unk": 3}
_SURE = 6.0


def write_tiny_tagger(folder: Path, *, sure: float = _SURE) -> Path:
    """Write the model folder; ``sure`` is the logit of the right tag over those of the others."""
    onnx = pytest.importorskip("onnx")
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(_graph(onnx, sure), folder / "model.onnx")
    vocabulary = {f"<{name}>": id_ for name, id_ in _SPECIAL.items()}
    vocabulary |= {word: len(_SPECIAL) + index for index, word in enumerate(KNOWN)}
    Tokenizer(WordLevel(vocabulary, unk_token="<unk>")).save(str(folder / "tokenizer.json"))
    tags = {str(id_): tag for id_, tag in enumerate(LABELS.tags)}
    (folder / "config.json").write_text(json.dumps({"id2label": tags}))
    names = ("model.onnx", "tokenizer.json", "config.json")
    manifest = {
        "schema": 1,
        "kind": "onnx",
        "base": None,
        "types": LABELS.types,
        "script": None,
        "max_subwords": 64,
        "special_ids": _SPECIAL,
        "quantisation": "none",
        "files": {name: _describe((folder / name).read_bytes()) for name in names},
    }
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest))
    return folder


def cooled(manifest: Manifest | None, temperature: float) -> Manifest:
    """The manifest of a model whose logits are divided by ``temperature``."""
    least = Manifest(kind="onnx", base=None, types=LABELS.types, script=None, max_subwords=9)
    fitted = FittedTemperature(temperature=temperature)
    return (manifest or least).model_copy(update={"calibration": fitted})


def _describe(content: bytes) -> dict[str, object]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "n_bytes": len(content)}


def _graph(onnx, sure: float):  # type: ignore[no-untyped-def]
    """``logits = table[input_ids]``; the mask is taken and not used."""
    helper, kinds = onnx.helper, onnx.TensorProto
    ids = [LABELS.tag_to_id["O"]] * len(_SPECIAL) + [LABELS.tag_to_id[t] for t in KNOWN.values()]
    table = np.zeros((len(ids), len(LABELS.tags)), dtype=np.float32)
    table[np.arange(len(ids)), ids] = sure
    shape = ["batch", "sequence"]
    inputs = [
        helper.make_tensor_value_info(name, kinds.INT64, shape)
        for name in ("input_ids", "attention_mask")
    ]
    logits = helper.make_tensor_value_info("logits", kinds.FLOAT, [*shape, len(LABELS.tags)])
    gather = helper.make_node("Gather", ["table", "input_ids"], ["logits"])
    weights = [onnx.numpy_helper.from_array(table, "table")]
    graph = helper.make_graph([gather], "tiny", inputs, [logits], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
