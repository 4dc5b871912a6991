"""The settings of the stages of training, and what all settings share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

StageName = Literal["baseline", "transfer", "adapt"]
STAGES: tuple[StageName, ...] = ("baseline", "transfer", "adapt")
Positive = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(gt=0, lt=1)]


class Settings(BaseModel):
    """Base class of all settings: values are frozen and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class StageSettings(Settings):
    """Settings of one training stage."""

    method: Literal["full", "lora"] = "full"
    """`"full"` trains all weights. `"lora"` trains an adapter and the head; the base is frozen."""
    learning_rate: Rate
    """Peak learning rate."""
    head_learning_rate: Rate | None = None
    """Learning rate of the classification head; The default is ``learning_rate``."""
    epochs: Positive
    """Passes over the training sentences."""
    batch_size: Positive = 32
    """Sentences per step."""
    warmup: Share = 0.1
    """Share of the steps during which the learning rate rises from zero to its peak."""
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    """How the learning rate falls after the warm-up."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    """Weight decay of AdamW."""
    dropout: Share | None = None
    """Dropout of the encoder. By default its configuration decides."""
    class_weights: Literal["none", "balanced"] = "none"
    """``balanced`` weights each tag by one over the square root of its frequency."""
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    """Number format of the computation. `"fp16"` needs a GPU."""
    validate_every: Positive = 1
    """Epochs between two validations."""
    keep_best: bool = True
    """End with the weights of the best epoch on validation. Otherwise end with the last epoch."""
    patience: Positive | None = None
    """Stop after this many validations without a better F1. By default no training stops early."""
    retries: Annotated[int, Field(ge=0, le=3)] = 2
    """How often to repeat a training that collapsed, that is, predicts no entity at all."""

    @property
    def head_rate(self) -> float:
        """The learning rate of the head."""
        return self.head_learning_rate or self.learning_rate


class BaselineSettings(StageSettings):
    """Training on the target language alone."""

    learning_rate: Rate = 5e-4
    epochs: Positive = 20
    batch_size: Positive = 16
    validate_every: Positive = 2


class TransferSettings(StageSettings):
    """Training on the source languages alone. Only their validation sentences choose the epoch."""

    method: Literal["full", "lora"] = "lora"
    learning_rate: Rate = 1e-3
    epochs: Positive = 4
    max_validation: Positive = 600
    """Validation sentences taken from all sources together."""


class AdaptSettings(StageSettings):
    """Further training of the transferred model on the target language, by the same ``method``."""

    method: Literal["full", "lora"] = "lora"
    learning_rate: Rate = 5e-4
    epochs: Positive = 10
    batch_size: Positive = 16
    replay: Annotated[int, Field(ge=0)] = 0
    """Source sentences added to the target's training sentences, against forgetting."""
