"""Dropout that is fast on a CPU.

PyTorch draws its masks there one by one in a single thread, a seventh of the time of a training
step with LoRA on a base-sized encoder (docs/log/2026-11-22-training-speed.md).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

_N_VALUES = 1 << 16


class FastDropout(nn.Dropout):
    """Dropout whose mask comes from 16 random bits an element.

    The bits are a function of the state of torch's global generator, which moves on by one draw a
    call. ``p`` is met to within 1/65,536, and what is kept is scaled by the share that really is.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Zero elements of ``input`` in training, scale the others. Shape: that of ``input``."""
        n_dropped = round(self.p * _N_VALUES)
        if not self.training or n_dropped == 0:
            return input
        if n_dropped == _N_VALUES:
            return input * 0.0
        seed = int(torch.randint(2**63 - 1, ()))
        bits = np.random.Generator(np.random.SFC64(seed)).bytes(2 * input.numel())
        drawn = np.frombuffer(bits, dtype=np.int16).reshape(input.shape)
        kept = torch.from_numpy(drawn >= n_dropped - _N_VALUES // 2)
        return input * kept.to(input.dtype).mul_(_N_VALUES / (_N_VALUES - n_dropped))


def use_fast_dropout(model: nn.Module) -> None:
    """Replace every `torch.nn.Dropout` in ``model``, in place; for training on a CPU."""
    for name, module in list(model.named_modules()):
        if type(module) is nn.Dropout:
            fast = FastDropout(module.p)
            fast.train(module.training)
            model.set_submodule(name, fast)
