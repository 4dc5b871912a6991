"""Graphs on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nerbridge.exporting import storage
from nerbridge.exporting.storage import find_embedding, group_rows, write_graph
from nerbridge.models.onnx_model import ort

N_ROWS = 600
PIECES = [f"▁{chr(0x61 + i % 26)}{i}" if i % 3 else f"{chr(0x985 + i % 40)}" for i in range(N_ROWS)]
IDS = np.array([[0, 7, 599, 3]])


def table_graph() -> onnx.ModelProto:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(N_ROWS, 8)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["logits"], name="look_up")],
        "table",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "sequence"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "sequence", 8])],
        [numpy_helper.from_array(table, "table")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def look_up(path: Path) -> np.ndarray:
    [found] = ort.InferenceSession(str(path)).run(None, {"input_ids": IDS})
    return found


def test_small_graphs_are_one_file(tmp_path: Path) -> None:
    assert write_graph(table_graph(), tmp_path / "model.onnx") == [tmp_path / "model.onnx"]
    assert look_up(tmp_path / "model.onnx").shape == (1, 4, 8)


def test_large_graphs_are_two_files_that_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_graph(table_graph(), tmp_path / "one.onnx")
    monkeypatch.setattr(storage, "SEPARATE_BYTES", 1)
    files = write_graph(table_graph(), tmp_path / "two.onnx")
    assert files == [tmp_path / "two.onnx", tmp_path / "two.onnx.data"]
    assert files[0].stat().st_size < 1000
    np.testing.assert_array_equal(look_up(files[0]), look_up(tmp_path / "one.onnx"))
    loaded = onnx.load(files[0])
    assert loaded.graph.initializer[0].raw_data == table_graph().graph.initializer[0].raw_data


def test_tensors_begin_at_page_borders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "SEPARATE_BYTES", 1)
    graph = table_graph()
    for name in ("b", "c"):
        graph.graph.initializer.append(numpy_helper.from_array(np.ones(1500, np.float32), name))
    write_graph(graph, tmp_path / "model.onnx")
    written = onnx.load(tmp_path / "model.onnx", load_external_data=False).graph.initializer
    offsets = [int(f.value) for t in written for f in t.external_data if f.key == "offset"]
    assert offsets == [0, 20480, 28672]


def test_rows_of_a_script_lie_together_and_nothing_else_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "SEPARATE_BYTES", 1)
    before, grouped = table_graph(), table_graph()
    group_rows(grouped, PIECES[:-5])  # a table may have rows to spare
    write_graph(before, tmp_path / "before.onnx")
    write_graph(grouped, tmp_path / "grouped.onnx")
    np.testing.assert_array_equal(
        look_up(tmp_path / "grouped.onnx"), look_up(tmp_path / "before.onnx")
    )
    row_of = next(
        t for t in onnx.load(tmp_path / "grouped.onnx").graph.initializer if t.name == "row_of_id"
    )
    rows = numpy_helper.to_array(row_of)
    bengali = sorted(rows[i] for i in range(N_ROWS - 5) if i % 3 == 0)
    assert bengali == list(range(N_ROWS - len(bengali), N_ROWS))


def test_a_small_table_stays_as_it_is() -> None:
    graph = table_graph()
    group_rows(graph, PIECES)
    assert graph == table_graph()


def test_a_graph_without_a_table() -> None:
    graph = table_graph()
    graph.graph.node[0].op_type = "Identity"
    assert find_embedding(graph) is None
    group_rows(graph, PIECES)
