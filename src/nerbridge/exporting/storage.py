"""Graphs on disk: one file, or the weights in a second one that is read where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

DATA_SUFFIX = ".data"
SEPARATE_BYTES = 32 << 20
"""Graphs with more weights keep them in a file of their own, which is mapped, not copied."""
_PAGE = 4096
_ROW_OF_ID, _ROW_IDS = "row_of_id", "row_ids"


def write_graph(graph: onnx.ModelProto, path: Path) -> list[Path]:
    """Write a graph and, if it is large, ``model.onnx.data``; the graph is used up.

    Equal graphs give equal files. Tensors begin at page borders.

    Returns:
        The files written.

    Raises:
        OSError: if the disk is full.
    """
    # A smaller tensor would leave most of its page empty.
    large = [tensor for tensor in graph.graph.initializer if len(tensor.raw_data) >= _PAGE]
    data = path.with_name(path.name + DATA_SUFFIX)
    separate = sum(len(tensor.raw_data) for tensor in large) >= SEPARATE_BYTES
    if separate:
        with data.open("wb") as file:
            for tensor in large:
                # Only what begins at a page border can be mapped in place.
                file.seek(-(-file.tell() // _PAGE) * _PAGE)
                _refer(tensor, data.name, file.tell())
                file.write(tensor.raw_data)
                tensor.ClearField("raw_data")
    path.write_bytes(graph.SerializeToString(deterministic=True))
    return [path, data] if separate else [path]


def _refer(tensor: onnx.TensorProto, file_name: str, offset: int) -> None:
    tensor.data_location = onnx.TensorProto.EXTERNAL
    facts = {"location": file_name, "offset": offset, "length": len(tensor.raw_data)}
    for key, value in facts.items():
        tensor.external_data.add(key=key, value=str(value))


def find_embedding(graph: onnx.ModelProto) -> tuple[onnx.NodeProto, onnx.TensorProto] | None:
    """The node that looks up the vocabulary's rows, and its table. Shape: (n_rows, hidden)."""
    tables = {tensor.name: tensor for tensor in graph.graph.initializer if len(tensor.dims) == 2}
    for node in graph.graph.node:
        # After `group_rows` the table is looked up by rows, no longer by ids.
        is_lookup = node.op_type == "Gather" and node.input[1] in ("input_ids", _ROW_IDS)
        if is_lookup and node.input[0] in tables:
            return node, tables[node.input[0]]
    return None


def group_rows(graph: onnx.ModelProto, pieces: Sequence[str]) -> None:
    """Put the rows of pieces in one script side by side, in place, if the table is large.

    A table that is mapped is read in large blocks. A vocabulary's own order scatters a language's
    rows over all of them; in the order of their letters they lie together, and the rest is never
    read. Ids stay as they are: the graph looks up where a piece's row is.

    Args:
        graph: with a row for every piece, or more.
        pieces: text of every id.
    """
    found = find_embedding(graph)
    if found is None or len(found[1].raw_data) < SEPARATE_BYTES:
        return
    node, table = found
    rows = numpy_helper.to_array(table)
    letters = [piece.lstrip("▁#") for piece in pieces]
    # A table may have more rows than the tokenizer has pieces.
    order = sorted(range(len(rows)), key=lambda id_: letters[id_] if id_ < len(letters) else "")
    row_of = np.empty(len(rows), dtype=np.int32)
    row_of[order] = np.arange(len(rows), dtype=np.int32)
    table.CopyFrom(numpy_helper.from_array(rows[order], table.name))
    graph.graph.initializer.append(numpy_helper.from_array(row_of, _ROW_OF_ID))
    position = list(graph.graph.node).index(node)
    node.input[1] = _ROW_IDS
    look_up = helper.make_node("Gather", [_ROW_OF_ID, "input_ids"], [_ROW_IDS], name=_ROW_IDS)
    graph.graph.node.insert(position, look_up)
