"""Token classifiers as ONNX graphs, with the operations that onnxruntime runs fast on a CPU."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
import torch
from torch import nn
from transformers import PreTrainedModel

from nerbridge.errors import ModelError
from nerbridge.models.quiet import suppress_transformers_logging

OPSET = 17
FUSED = ("Attention", "SkipLayerNormalization", "BiasGelu")
_AXES = {0: "batch", 1: "sequence"}


class _LogitsOf(nn.Module):
    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def build_graph(model: PreTrainedModel, scratch: Path) -> onnx.ModelProto:
    """The model as a graph from ``input_ids`` and ``attention_mask`` to ``logits``.

    All three have dynamic axes batch and sequence; positions and attention follow the padding as in
    the model. Equal models give equal graphs.

    Args:
        model: a token classifier, in evaluation mode, without adapter.
        scratch: a folder for what the exporter writes on the way; it may be large.

    Raises:
        ModelError: if this kind of model cannot be traced.
        OSError: if the disk is full.
    """
    path = scratch / "traced.onnx"
    _trace(model, path)
    graph = _fuse(path, int(model.config.num_attention_heads), int(model.config.hidden_size))
    # The exporter may leave notes about its source here; equal models must give equal graphs.
    graph.doc_string = ""
    for node in graph.graph.node:
        node.doc_string = ""
    return graph


def _fuse(path: Path, n_heads: int, hidden_size: int) -> onnx.ModelProto:
    from onnxruntime.transformers.fusion_options import AttentionMaskFormat, FusionOptions
    from onnxruntime.transformers.optimizer import optimize_model

    options = FusionOptions("bert")
    options.enable_embed_layer_norm = False  # it takes 32 bit ids only, and hides the table
    options.attention_mask_format = AttentionMaskFormat.AttentionMask
    with _only_errors("onnxruntime.transformers"):
        optimised = optimize_model(
            str(path),
            model_type="bert",
            num_heads=n_heads,
            hidden_size=hidden_size,
            opt_level=0,
            optimization_options=options,
        )
        # Equal models must give equal graphs.
        optimised.topological_sort(is_deterministic=True)
    graph: onnx.ModelProto = optimised.model
    return graph


def count_fused(graph: onnx.ModelProto) -> dict[str, int]:
    """How many of each fused operation a graph has; none where its pattern was not recognised."""
    counts = Counter(node.op_type for node in graph.graph.node)
    return {name: counts[name] for name in FUSED}


def _trace(model: PreTrainedModel, path: Path) -> None:
    pad = int(model.config.pad_token_id or 0)
    ids = torch.full((2, 8), pad + 1)
    # With padding in the example, as real batches have it.
    ids[1, 5:] = pad
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    # The patterns that onnxruntime fuses are those of the plain attention, not of torch's own.
    model.set_attn_implementation("eager")
    try:
        with suppress_transformers_logging(), warnings.catch_warnings(), _only_errors("torch.onnx"):
            warnings.simplefilter("ignore")
            torch.onnx.export(
                _LogitsOf(model).eval(),
                (ids, mask),
                str(path),
                input_names=["input_ids", "attention_mask"],
                output_names=["logits"],
                dynamic_axes=dict.fromkeys(("input_ids", "attention_mask", "logits"), _AXES),
                opset_version=OPSET,
                # The other exporter's graphs lack the patterns: no attention is fused in them.
                dynamo=False,
            )
    except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
        raise ModelError(
            f"a {model.config.model_type} model cannot be exported to ONNX: {error}. Export it "
            "with --format transformers."
        ) from error


@contextmanager
def _only_errors(name: str) -> Iterator[None]:
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
