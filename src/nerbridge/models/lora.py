"""What a recipe says of an adapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class LoraSettings:
    """Settings of a LoRA adapter, named as in PEFT.

    ``target_modules`` names linear layers of the encoder by their last name part, or is
    ``"all-linear"`` (the head is never among them). Without it they are PEFT's own for the type of
    the model, such as ``query`` and ``value`` of a BERT. The head is always trained and saved
    whole.
    """

    r: int = 8
    lora_alpha: int = 32
    lora_dropout: float = 0.05
    target_modules: tuple[str, ...] | Literal["all-linear"] | None = None
    bias: Literal["none", "all", "lora_only"] = "none"
