"""Heads on the encoder's last two maps, in training only: what these see has to tell cells, too.

Without them the deep half of an encoder that begins with random weights falls
silent: the decoder learns from the fine maps first, to which the coarse ones
are noise, and the shortest way to less noise is to say the same of every image.
In the first three pairs it had come to that (training/README.md has figures).
The targets are the decoder's, averaged over the pixels of a map's place; the
idea is that of deeply supervised nets (Lee et al., AISTATS 2015).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from training.objective import FLOW_SCALE

LEAST_KNOWN = 0.05  # of a map's pixels: fewer would weigh as if they were these


class DeepHeads(nn.Module):
    """A linear head per map, the last ones of an encoder: `watch` it, run it, then ask for the loss."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(nn.Conv2d(count, 3, 1) for count in channels)
        self.maps: list[torch.Tensor] = []

    def watch(self, encoder: nn.Module) -> None:
        """From now on the maps of each run of `encoder` are kept until the next."""

        def take(_encoder: nn.Module, _images: Any, maps: list[torch.Tensor]) -> None:
            self.maps = list(maps[-len(self.heads) :])

        encoder.register_forward_hook(take)

    def loss(self, labels: torch.Tensor, flow: torch.Tensor, flow_weight: float) -> torch.Tensor:
        """The mean over maps of BCE and weighted MSE, as `flow_loss` on each map's own grid."""
        parts = [
            pooled_loss(head(map_.float()), labels, flow, flow_weight)
            for head, map_ in zip(self.heads, self.maps, strict=True)
        ]
        return torch.stack(parts).mean()


def pooled_loss(
    output: torch.Tensor, labels: torch.Tensor, flow: torch.Tensor, flow_weight: float
) -> torch.Tensor:
    """`output` (B, 3, h, w) against labels (B, H, W) and flow (B, 2, H, W), averaged over places."""
    step = labels.shape[-1] // output.shape[-1]
    known = (labels >= 0).float()[:, None]
    cells = (labels > 0).float()[:, None]
    share = F.avg_pool2d(known, step)
    among = share.clamp(min=1e-6)
    probability = F.avg_pool2d(cells, step) / among
    mean_flow = F.avg_pool2d(FLOW_SCALE * flow * cells, step) / among
    whole = share.mean().clamp(min=LEAST_KNOWN)
    bce = F.binary_cross_entropy_with_logits(output[:, 2:], probability, share)
    mse = ((output[:, :2] - mean_flow).square() * share).mean()
    result: torch.Tensor = (bce + flow_weight * mse) / whole
    return result
