"""Weights in 8 bits, activations quantised as they come (dynamic int8).

Every weight matrix keeps a scale per column, every row of the vocabulary a scale of its own. The
head, the position table and the norms stay in 32 bits: they are small, and the last decision is
theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from nerbridge.exporting.storage import find_embedding

_MICROSOFT = "com.microsoft"
_LARGEST = 127.0
MAX_STEP = 0.1
"""Of the median value of a column, over all columns; a matrix with wider steps stays in 32 bits.

With evenly spread values it is 0.04. One value far larger than the others makes the steps of its
column too wide for them: of all matrices these cost the most entities.
"""


def quantise(graph: onnx.ModelProto, n_exact: int = 0) -> None:
    """Make all large weights int8, in place.

    Args:
        graph: of 32 bits.
        n_exact: so many more matrices stay in 32 bits, those with the widest steps.

    Source: onnxruntime's contrib operators ``DynamicQuantizeMatMul`` and ``MultiHeadAttention``.
    """
    _split_attention(graph)
    tables = {tensor.name: tensor for tensor in graph.graph.initializer}
    head = _find_head(graph)
    steps = {
        node.input[1]: _step(tables[node.input[1]])
        for node in graph.graph.node
        if node.op_type == "MatMul" and node.name != head and node.input[1] in tables
    }
    # Widest steps first: these cost the most entities, so they are the first to stay in 32 bits.
    fine = sorted((name for name in steps if steps[name] <= MAX_STEP), key=lambda n: -steps[n])
    chosen = set(fine[n_exact:])
    nodes = [
        _quantised_product(graph, node, tables[node.input[1]])
        if node.op_type == "MatMul" and node.input[1] in chosen
        else node
        for node in graph.graph.node
    ]
    _replace_nodes(graph, nodes)
    # After the products: a norm hands its bias to the int8 product before it.
    _split_norms(graph)
    _quantise_embedding(graph)
    _drop_unused(graph)


def _step(weight: onnx.TensorProto) -> float:
    """Size of a step, 1/127 of each column's largest value, beside the median of its values."""
    columns = np.abs(numpy_helper.to_array(weight))
    # A column of zeros is exact in any number of bits.
    columns = columns[:, columns.any(axis=0)]
    if not columns.size:
        return 0.0
    steps, medians = columns.max(axis=0) / _LARGEST, np.median(columns, axis=0)
    # A median of 0 gives an infinite step: the matrix stays in 32 bits.
    with np.errstate(divide="ignore"):
        return float(np.sqrt(np.square(steps).mean() / np.square(medians).mean()))


def _find_head(graph: onnx.ModelProto) -> str | None:
    """Name of the product that gives the logits, but for its bias."""
    wanted = {"logits"}
    for node in reversed(graph.graph.node):
        if wanted & set(node.output):
            if node.op_type == "MatMul":
                return str(node.name)
            wanted |= set(node.input)
    return None


def _quantised_product(
    graph: onnx.ModelProto, node: onnx.NodeProto, weight: onnx.TensorProto
) -> onnx.NodeProto:
    columns = numpy_helper.to_array(weight)
    values, scales = _to_int8(columns, axis=0)
    arrays: dict[str, NDArray[Any]] = {
        f"{weight.name}_int8": values,
        f"{weight.name}_scale": scales,
        f"{weight.name}_zero": np.zeros(columns.shape[1], dtype=np.int8),
    }
    known = {tensor.name for tensor in graph.graph.initializer}  # layers may share a matrix
    for name in sorted(arrays.keys() - known):
        graph.graph.initializer.append(numpy_helper.from_array(arrays[name], name))
    return helper.make_node(
        "DynamicQuantizeMatMul",
        [node.input[0], *arrays],
        list(node.output),
        name=node.name,
        domain=_MICROSOFT,
    )


def _to_int8(
    values: NDArray[np.float32], axis: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Nearest of 255 steps, and the size of a step; symmetric, so that 0 stays 0."""
    largest = np.abs(values).max(axis=axis, keepdims=True)
    scales = np.where(largest > 0, largest / _LARGEST, 1.0).astype(np.float32)
    steps = np.rint(values / scales).astype(np.int8)
    return steps, scales.squeeze(axis)


def _split_attention(graph: onnx.ModelProto) -> None:
    """Take the projection out of the fused attention, so that it is quantised per column.

    onnxruntime's ``QAttention`` knows one scale for all of it, and is slower.
    """
    new: list[onnx.NodeProto] = []
    for node in graph.graph.node:
        # The split form has no place for further inputs, such as past keys.
        is_plain = node.op_type == "Attention" and not any(node.input[4:])
        new.extend(_split(node) if is_plain else [node])
    _replace_nodes(graph, new)


def _split(node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
    hidden, weight, bias, mask = node.input[:4]
    name = node.name
    parts = [f"{name}_{part}" for part in ("query", "key", "value")]
    yield helper.make_node("MatMul", [hidden, weight], [f"{name}_product"], name=f"{name}_product")
    yield helper.make_node("Add", [f"{name}_product", bias], [f"{name}_sum"], name=f"{name}_sum")
    yield helper.make_node("Split", [f"{name}_sum"], parts, name=f"{name}_split", axis=-1)
    attention = helper.make_node(
        "MultiHeadAttention", [*parts, "", mask], list(node.output), name=name, domain=_MICROSOFT
    )
    attention.attribute.extend(node.attribute)
    yield attention


def _split_norms(graph: onnx.ModelProto) -> None:
    """Put the bias into the product and the norm on its own.

    onnxruntime's ``SkipLayerNormalization`` does all of it in one, and takes a tenth of an int8
    model's time; apart they take next to none. Its loader would fuse them again, if it was let.
    """
    new: list[onnx.NodeProto] = []
    products: dict[str, onnx.NodeProto] = {}
    for node in graph.graph.node:
        is_skip = node.op_type == "SkipLayerNormalization" and node.input[0] in products
        # Without a bias, or where the sum is used again, it stays.
        if is_skip and len(node.input) == 5 and len(node.output) == 1:
            product, name = products[node.input[0]], node.name
            hidden, skipped, weight, shift, bias = node.input
            product.input.append(bias)
            [epsilon] = [item.f for item in node.attribute if item.name == "epsilon"]
            total = f"{name}_sum"
            new.append(helper.make_node("Add", [hidden, skipped], [total], name=total))
            node = helper.make_node(
                "LayerNormalization",
                [total, weight, shift],
                list(node.output),
                name=name,
                epsilon=epsilon,
            )
        new.append(node)
        if node.op_type == "DynamicQuantizeMatMul":
            products[node.output[0]] = node
    _replace_nodes(graph, new)


def _quantise_embedding(graph: onnx.ModelProto) -> None:
    found = find_embedding(graph)
    if found is None:
        return
    node, table = found
    values, scales = _to_int8(numpy_helper.to_array(table), axis=1)
    int8, scale = f"{table.name}_int8", f"{table.name}_scale"
    graph.graph.initializer.append(numpy_helper.from_array(values, int8))
    graph.graph.initializer.append(numpy_helper.from_array(scales[:, None], scale))
    ids, name = node.input[1], node.name
    looked_up = [
        helper.make_node("Gather", [int8, ids], [f"{name}_steps"], name=f"{name}_steps"),
        helper.make_node("Cast", [f"{name}_steps"], [f"{name}_float"], name=f"{name}_float", to=1),
        helper.make_node("Gather", [scale, ids], [f"{name}_scales"], name=f"{name}_scales"),
        helper.make_node(
            "Mul", [f"{name}_float", f"{name}_scales"], list(node.output), name=f"{name}_rows"
        ),
    ]
    position = list(graph.graph.node).index(node)
    nodes = list(graph.graph.node)
    _replace_nodes(graph, [*nodes[:position], *looked_up, *nodes[position + 1 :]])


def _replace_nodes(graph: onnx.ModelProto, nodes: list[onnx.NodeProto]) -> None:
    # Emptying the list may free its nodes, so copies go in.
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.graph.node[:]
    graph.graph.node.extend(copies)


def _drop_unused(graph: onnx.ModelProto) -> None:
    used = {name for node in graph.graph.node for name in node.input}
    kept = [tensor for tensor in graph.graph.initializer if tensor.name in used]
    copies = [onnx.TensorProto.FromString(tensor.SerializeToString()) for tensor in kept]
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(copies)
