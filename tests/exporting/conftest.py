"""Trained models to export: tiny, random, of every kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from torch import nn
from transformers import PreTrainedModel

from models.conftest import (  # noqa: F401 (fixtures)
    encoder,
    fresh,
    label_set,
    make_encoder,
    manifest,
    shaken,
)
from nerbridge.models.adapter import LoraSettings, attach_adapter, save_adapter
from nerbridge.models.encoder import EncoderSource, load_tokenizer
from nerbridge.models.full import save_full
from nerbridge.models.manifest import FittedTemperature, Manifest

Shake = Callable[[nn.Module], None]
Fresh = Callable[[], PreTrainedModel]


@pytest.fixture
def adapter(fresh: Fresh, shaken: Shake, manifest: Manifest, tmp_path: Path) -> Path:  # noqa: F811
    """A trained adapter whose base is a folder."""
    model = attach_adapter(fresh(), LoraSettings(r=4), seed=0)
    shaken(model)
    calibration = FittedTemperature(temperature=1.5)
    calibrated = manifest.model_copy(update={"calibration": calibration})
    save_adapter(model, tmp_path / "adapter", calibrated)
    return tmp_path / "adapter"


@pytest.fixture
def full(
    encoder: EncoderSource,  # noqa: F811
    fresh: Fresh,  # noqa: F811
    shaken: Shake,  # noqa: F811
    manifest: Manifest,  # noqa: F811
    tmp_path: Path,
) -> Path:
    """A fully trained model."""
    model = fresh()
    shaken(model)
    save_full(model, load_tokenizer(encoder), tmp_path / "full", manifest)
    return tmp_path / "full"
