"""What a step minimises, and how fast it may go."""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from training.settings import Phase

FLOW_SCALE = 5.0  # the network predicts 5 × the unit flow (paper, sec. 3)


def flow_loss(
    output: torch.Tensor, labels: torch.Tensor, flow: torch.Tensor, flow_weight: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """BCE of the probability and `flow_weight` × MSE of the flow; their sum is minimised.

    output (B, 3, H, W), labels (B, H, W) int, flow (B, 2, H, W) unit vectors.
    """
    cells = (labels > 0).float()
    bce = F.binary_cross_entropy_with_logits(output[:, 2], cells)
    mse = F.mse_loss(output[:, :2], FLOW_SCALE * flow * cells[:, None])
    return bce, flow_weight * mse


def learning_rate(step: int, phase: Phase) -> float:
    """Linear warm-up, then a half cosine down to 1 % of the peak."""
    if step < phase.warmup:
        return phase.rate * (step + 1) / phase.warmup
    progress = (step - phase.warmup) / max(phase.steps - phase.warmup, 1)
    return phase.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))
