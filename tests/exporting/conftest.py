"""Trained models to export: tiny, random, of every kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch import nn
from transformers import PreTrainedModel

from models.conftest import (  # noqa: F401 (fixtures)
    encoder,
    fresh,
    label_set,
    lineage,
    make_encoder,
    shaken,
)
from nerbridge.models.adapter import LoraSettings, attach_adapter, save_adapter
from nerbridge.models.encoder import EncoderSource, load_tokenizer
from nerbridge.models.full import save_full

Shake = Callable[[nn.Module], None]
Fresh = Callable[[], PreTrainedModel]


@pytest.fixture
def adapter(fresh: Fresh, shaken: Shake, lineage: dict[str, Any], tmp_path: Path) -> Path:  # noqa: F811
    """A trained adapter whose base is a folder."""
    model = attach_adapter(fresh(), LoraSettings(r=4), seed=0)
    shaken(model)
    calibration = {"temperature": 1.5}
    save_adapter(model, tmp_path / "adapter", {**lineage, "calibration": calibration})
    return tmp_path / "adapter"


@pytest.fixture
def full(
    encoder: EncoderSource,  # noqa: F811
    fresh: Fresh,  # noqa: F811
    shaken: Shake,  # noqa: F811
    lineage: dict[str, Any],  # noqa: F811
    tmp_path: Path,
) -> Path:
    """A fully trained model."""
    model = fresh()
    shaken(model)
    save_full(model, load_tokenizer(encoder), tmp_path / "full", lineage)
    return tmp_path / "full"
