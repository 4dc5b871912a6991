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
    """Frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class StageSettings(Settings):
    """One stage of training."""

    method: Literal["full", "lora"] = "full"
    """Train everything, or an adapter beside a frozen base."""
    learning_rate: Rate
    """Its peak."""
    head_learning_rate: Rate | None = None
    """Learning rate of the classification head; None is ``learning_rate``."""
    epochs: Positive
    """Times every sentence is seen."""
    batch_size: Positive = 32
    """Sentences a step."""
    warmup: Share = 0.1
    """Share of the steps in which the learning rate rises from zero."""
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    """How the learning rate falls."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    """Of AdamW."""
    dropout: Share | None = None
    """Dropout of the encoder; None leaves what its configuration says."""
    class_weights: Literal["none", "balanced"] = "none"
    """``balanced`` weighs a tag by the square root of its rarity."""
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    """Of the arithmetic; fp16 needs a GPU."""
    validate_every: Positive = 1
    """Epochs between looks at the validation set."""
    keep_best: bool = True
    """End with the weights of the epoch that did best on validation, else with the last."""
    patience: Positive | None = None
    """Stop after this many looks at the validation set without a better F1; None never stops."""
    retries: Annotated[int, Field(ge=0, le=3)] = 2
    """How often a collapsed training (no entity predicted at all) is tried again."""

    @property
    def head_rate(self) -> float:
        """The learning rate of the head."""
        return self.head_learning_rate or self.learning_rate


class BaselineSettings(StageSettings):
    """Target language alone."""

    learning_rate: Rate = 5e-4
    epochs: Positive = 20
    batch_size: Positive = 16
    validate_every: Positive = 2


class TransferSettings(StageSettings):
    """Source languages alone; chosen on the sources' own validation sets, never the target's."""

    method: Literal["full", "lora"] = "lora"
    learning_rate: Rate = 1e-3
    epochs: Positive = 4
    max_validation: Positive = 600
    """Validation sentences taken from all sources together."""


class AdaptSettings(StageSettings):
    """The transferred model on the target language; ``method`` is the transfer's."""

    method: Literal["full", "lora"] = "lora"
    learning_rate: Rate = 5e-4
    epochs: Positive = 10
    batch_size: Positive = 16
    replay: Annotated[int, Field(ge=0)] = 0
    """Source sentences shown again in every epoch beside the target's, against forgetting."""
