"""Mish with a backward pass that the CPU can vectorise.

PyTorch's own backward of Mish ran scalar in bfloat16 and on gradients of
another memory layout than the input, and took 45 % of a training step on two
CPU cores. In float32 on one layout it is vectorised; the whole step went from
1.6 s to 0.83 s (8 crops of 256², mit_b0).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F


class MishFunction(torch.autograd.Function):
    """Same values as `nn.Mish`, gradients in float32 and channels-last."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return F.mish(x)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        both = [t.to(torch.float32, memory_format=torch.channels_last) for t in (gradient, x)]
        return torch.ops.aten.mish_backward(*both).to(x.dtype)


class TrainingMish(nn.Module):
    """Takes the place of `nn.Mish`; it has no parameters, so the weights' keys stay."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (B, C, H, W)
        return MishFunction.apply(x)


def use_training_mish(module: nn.Module) -> None:
    """Replaces every `nn.Mish` inside `module`."""
    for name, child in module.named_children():
        if isinstance(child, nn.Mish):
            setattr(module, name, TrainingMish())
        else:
            use_training_mish(child)
