"""Graphs that predict what the model predicts, with the operations that make them fast."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from transformers import AutoConfig, AutoModelForTokenClassification, PreTrainedModel

from nerbridge.errors import ModelError
from nerbridge.exporting.graph import build_graph, count_fused
from nerbridge.models.onnx_model import ort

Ids = NDArray[np.int64]
SMALL = {
    "vocab_size": 30,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 40,
    "initializer_range": 0.4,
    "pad_token_id": 0,
    "num_labels": 5,
}


def run(graph: onnx.ModelProto, ids: Ids, mask: Ids) -> NDArray[np.float32]:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(graph.SerializeToString(), options)
    found: NDArray[np.float32]
    [found] = session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
    return found


def run_torch(model: PreTrainedModel, ids: Ids, mask: Ids) -> NDArray[np.float32]:
    with torch.inference_mode():
        output = model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))
    found: NDArray[np.float32] = output.logits.numpy()
    return found


def rows(lengths: list[int], width: int, pad: int, *, left: bool = False) -> tuple[Ids, Ids]:
    rng = np.random.default_rng(0)
    ids = np.full((len(lengths), width), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, length in enumerate(lengths):
        place = slice(width - length, width) if left else slice(0, length)
        ids[row, place] = rng.integers(4, 30, length)
        mask[row, place] = 1
    return ids, mask


@pytest.fixture(scope="module")
def model(make_encoder: Callable[..., Any], label_set: Any) -> PreTrainedModel:
    from nerbridge.models.encoder import load_token_classifier

    return load_token_classifier(make_encoder(), label_set, seed=1).eval()


@pytest.fixture(scope="module")
def graph(model: PreTrainedModel, tmp_path_factory: pytest.TempPathFactory) -> onnx.ModelProto:
    return build_graph(model, tmp_path_factory.mktemp("graph"))


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize(
    ("lengths", "width"), [([1], 1), ([9], 9), ([64], 64), ([5, 2, 12, 1], 12), ([3, 7], 30)]
)
def test_as_the_model_whatever_the_shape_and_the_padding(
    model: PreTrainedModel, graph: onnx.ModelProto, lengths: list[int], width: int, left: bool
) -> None:
    ids, mask = rows(lengths, width, pad=1, left=left)
    expected, found = run_torch(model, ids, mask), run(graph, ids, mask)
    assert found.shape == (len(lengths), width, 7)
    np.testing.assert_allclose(found[mask == 1], expected[mask == 1], atol=2e-5)


def test_padding_changes_nothing(graph: onnx.ModelProto) -> None:
    ids, mask = rows([6], 6, pad=1)
    wide_ids, wide_mask = (
        np.pad(ids, ((0, 0), (0, 9)), constant_values=1),
        np.pad(mask, ((0, 0), (0, 9))),
    )
    np.testing.assert_allclose(
        run(graph, wide_ids, wide_mask)[:, :6], run(graph, ids, mask), atol=2e-5
    )


def test_everything_is_fused(graph: onnx.ModelProto) -> None:
    assert count_fused(graph) == {"Attention": 2, "SkipLayerNormalization": 4, "BiasGelu": 2}


def test_the_same_model_gives_the_same_graph(
    model: PreTrainedModel, graph: onnx.ModelProto, tmp_path: Path
) -> None:
    again = build_graph(model, tmp_path).SerializeToString(deterministic=True)
    assert again == graph.SerializeToString(deterministic=True)


def test_nothing_is_said(
    model: PreTrainedModel, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    build_graph(model, tmp_path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_other_encoders(kind: str, tmp_path: Path) -> None:
    config = AutoConfig.for_model(kind, **SMALL)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModelForTokenClassification.from_config(config).eval()
    graph = build_graph(model, tmp_path)
    ids, mask = rows([5, 2, 12], 12, pad=0)
    expected, found = run_torch(model, ids, mask), run(graph, ids, mask)
    np.testing.assert_allclose(found[mask == 1], expected[mask == 1], atol=2e-5)
    assert count_fused(graph)["Attention"] == 2


def test_what_cannot_be_traced_is_a_clear_error(model: PreTrainedModel, tmp_path: Path) -> None:
    class Odd(torch.nn.Module):
        config = model.config

        def set_attn_implementation(self, name: str) -> None:
            pass

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
            raise RuntimeError("not to be traced")

    with pytest.raises(ModelError, match=r"xlm-roberta model cannot be exported.*--format tr"):
        build_graph(Odd(), tmp_path)  # type: ignore[arg-type]
