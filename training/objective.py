"""What a step minimises, and how fast it may go."""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from app.settings import FLOW_SCALE
from training.settings import Phase

LEAST_KNOWN = 0.05  # of a batch's pixels: fewer would weigh as if they were these
EDGE = 2  # px to either side of a border
SMALL = 20.0  # px across; a smaller cell has so few pixels that a mean over pixels hardly hears it


def flow_loss(
    output: torch.Tensor,
    labels: torch.Tensor,
    flow: torch.Tensor,
    flow_weight: float,
    edge_weight: float = 0.0,
    small_weight: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """BCE of the probability and `flow_weight` × MSE of the flow; their sum is minimised.

    output (B, 3, H, W), labels (B, H, W) int, flow (B, 2, H, W) unit vectors.
    Both are means over the pixels that are known, those with labels of 0 and more;
    a pixel near a border counts 1 + `edge_weight` times, one in or beside a small
    cell up to 1 + `small_weight` times of that.
    """
    cells = (labels > 0).float()
    known = (labels >= 0).float()
    if edge_weight:
        known = known * (1 + edge_weight * near_borders(labels))
    if small_weight:
        known = known * smallness(labels, 1 + small_weight)
    return known_loss(output, cells, FLOW_SCALE * flow * cells[:, None], known, flow_weight)


def near_borders(labels: torch.Tensor) -> torch.Tensor:
    """`(B, H, W)`: 1 where another label, or ground, is EDGE px away at most."""
    planes = labels[:, None].float()  # ids survive float32 up to 2**24
    side = 2 * EDGE + 1
    most, least = (F.max_pool2d(sign * planes, side, 1, EDGE) for sign in (1, -1))
    return (most != -least)[:, 0].float()


def smallness(labels: torch.Tensor, most: float) -> torch.Tensor:
    """`(B, H, W)` from 1 to `most`: in a cell of d < SMALL px across, and EDGE px around it, (SMALL / d)².

    So a whole cell of less than SMALL px counts as one of SMALL px. Cells that the crop cuts may be
    large ones and count 1.
    """
    weights = torch.ones(labels.shape, device=labels.device)
    for one, weight in zip(labels.clamp(min=0).long(), weights, strict=True):
        areas = torch.bincount(one.ravel())
        each = (math.pi / 4 * SMALL**2 / areas.clamp(min=1)).clamp(1, most)
        for side in (one[0], one[-1], one[:, 0], one[:, -1]):
            each[side] = 1
        each[0] = 1
        weight.copy_(each[one])
    return F.max_pool2d(weights[:, None], 2 * EDGE + 1, 1, EDGE)[:, 0]


def known_loss(
    output: torch.Tensor,
    probability: torch.Tensor,
    flow: torch.Tensor,
    known: torch.Tensor,
    flow_weight: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """`flow_loss` where targets are given as the network is to say them, on any grid.

    probability (B, H, W) in [0, 1], flow (B, 2, H, W), known (B, H, W): what a place counts.
    """
    share = known.mean().clamp(min=LEAST_KNOWN)
    bce = F.binary_cross_entropy_with_logits(output[:, 2], probability, known)
    mse = ((output[:, :2] - flow).square() * known[:, None]).mean()
    return bce / share, flow_weight * mse / share


def learning_rate(step: int, phase: Phase) -> float:
    """Linear warm-up, then a half cosine down to 1 % of the peak."""
    if step < phase.warmup:
        return phase.rate * (step + 1) / phase.warmup
    progress = (step - phase.warmup) / max(phase.steps - phase.warmup, 1)
    return phase.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))
