"""Eight bits: what is rounded, what is not, and how much is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from transformers import AutoConfig, AutoModelForTokenClassification

from exporting.test_graph import SMALL, rows, run
from nerbridge.exporting.graph import build_graph
from nerbridge.exporting.quantise import quantise
from nerbridge.exporting.storage import find_embedding
from nerbridge.models.encoder import load_token_classifier

Build = Callable[[], onnx.ModelProto]


@pytest.fixture(scope="module")
def exact(
    make_encoder: Any, label_set: Any, tmp_path_factory: pytest.TempPathFactory
) -> onnx.ModelProto:
    model = load_token_classifier(make_encoder(), label_set, seed=1).eval()
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0.0, 0.5, generator=generator)
        # One value that is far larger than the rest of its column.
        model.roberta.encoder.layer[1].output.dense.weight[:, 0] = 40.0
    return build_graph(model, tmp_path_factory.mktemp("graph"))


@pytest.fixture(scope="module")
def quantised(exact: onnx.ModelProto) -> onnx.ModelProto:
    graph = onnx.ModelProto.FromString(exact.SerializeToString())
    quantise(graph)
    return graph


def test_all_products_but_head_and_outlier(quantised: onnx.ModelProto) -> None:
    kinds = [node.op_type for node in quantised.graph.node]
    # Per layer: query, key and value at once; output; two of the feed-forward part.
    assert kinds.count("DynamicQuantizeMatMul") == 2 * 4 - 1
    left = [node.name for node in quantised.graph.node if node.op_type == "MatMul"]
    assert len(left) == 2
    assert "classifier" in left[-1]
    assert "layer.1/output/dense" in left[0]


def test_norms_behind_products_stand_alone(quantised: onnx.ModelProto) -> None:
    kinds = [node.op_type for node in quantised.graph.node]
    # The embeddings' norm, and all but the one behind the product that stays in 32 bits.
    assert (kinds.count("LayerNormalization"), kinds.count("SkipLayerNormalization")) == (4, 1)


def test_logits_stay_close(exact: onnx.ModelProto, quantised: onnx.ModelProto) -> None:
    ids, mask = rows([20], 20, pad=1)
    expected, found = run(exact, ids, mask), run(quantised, ids, mask)
    assert 0 < np.abs(found - expected).max() < 0.05 * np.abs(expected).max()


def test_each_row_of_the_vocabulary_has_its_own_steps(
    exact: onnx.ModelProto, quantised: onnx.ModelProto
) -> None:
    _, table = find_embedding(exact) or pytest.fail("no table")
    weights = numpy_helper.to_array(table)
    tensors = {t.name: numpy_helper.to_array(t) for t in quantised.graph.initializer}
    steps, scales = tensors[f"{table.name}_int8"], tensors[f"{table.name}_scale"]
    assert (steps.dtype, scales.shape) == (np.int8, (len(weights), 1))
    error = np.abs(steps * scales - weights)
    assert (error <= np.abs(weights).max(axis=1, keepdims=True) / 127 * 0.5001).all()
    assert table.name not in tensors


def test_a_quarter_of_the_size(exact: onnx.ModelProto, quantised: onnx.ModelProto) -> None:
    def weights(graph: onnx.ModelProto, kind: int) -> int:
        return sum(len(t.raw_data) for t in graph.graph.initializer if t.data_type == kind)

    assert weights(quantised, onnx.TensorProto.INT8) > 0.2 * weights(exact, onnx.TensorProto.FLOAT)
    assert quantised.ByteSize() < 0.75 * exact.ByteSize()


def test_padding_and_position_are_as_before(quantised: onnx.ModelProto, tmp_path: Path) -> None:
    ids, mask = rows([6], 6, pad=1)
    alone = run(quantised, ids, mask)
    padded = run(
        quantised, np.pad(ids, ((0, 0), (0, 5)), constant_values=1), np.pad(mask, ((0, 0), (0, 5)))
    )
    # The padding's own values count when the steps of a batch are chosen, nothing else.
    np.testing.assert_allclose(padded[:, :6], alone, atol=0.05 * np.abs(alone).max())


@pytest.mark.parametrize("kind", ["albert", "xlm-roberta-xl"])
def test_shared_matrices_and_norms_in_front(kind: str, tmp_path: Path) -> None:
    config = AutoConfig.for_model(kind, **SMALL)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModelForTokenClassification.from_config(config).eval()
    graph = build_graph(model, tmp_path)
    ids, mask = rows([12], 12, pad=0)
    expected = run(graph, ids, mask)
    quantise(graph)
    assert sum(node.op_type == "DynamicQuantizeMatMul" for node in graph.graph.node) >= 8
    assert np.abs(run(graph, ids, mask) - expected).max() < 0.25 * np.abs(expected).max()
