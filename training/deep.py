"""Heads on the encoder's last two maps, in training only: what these see has to tell cells, too.

Without them the deep half of an encoder that begins with random weights fell
nearly silent in every long training (training/README.md has figures). The
targets are the decoder's, averaged over the pixels of a map's place; the idea
is that of deeply supervised nets (Lee et al., AISTATS 2015).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from app.settings import FLOW_SCALE
from training.objective import known_loss


class DeepHeads(nn.Module):
    """A linear head on each of the two maps that an encoder gave last."""

    def __init__(self, encoder: Any, flow_weight: float) -> None:
        super().__init__()
        self.heads = nn.ModuleList(nn.Conv2d(count, 3, 1) for count in encoder.widths[-2:])
        self.flow_weight = flow_weight
        self.maps: list[torch.Tensor] = []
        encoder.register_forward_hook(self.take)

    def take(self, _encoder: nn.Module, _images: Any, maps: list[torch.Tensor]) -> None:
        """Keeps the maps until the encoder is run again."""
        self.maps = list(maps[-len(self.heads) :])

    def loss(self, labels: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
        """The mean over maps of what `flow_loss` is on their own grids."""
        parts = [
            torch.stack(pooled_loss(head(map_.float()), labels, flow, self.flow_weight)).sum()
            for head, map_ in zip(self.heads, self.maps, strict=True)
        ]
        return torch.stack(parts).mean()


def pooled_loss(
    output: torch.Tensor, labels: torch.Tensor, flow: torch.Tensor, flow_weight: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """`output` (B, 3, h, w) against labels (B, H, W) and flow (B, 2, H, W), averaged over places."""
    step = labels.shape[-1] // output.shape[-1]
    known = F.avg_pool2d((labels >= 0).float(), step)
    among = known.clamp(min=1e-6)  # a place's average is over what is known of it
    cells = (labels > 0).float()
    probability = F.avg_pool2d(cells, step) / among
    mean_flow = F.avg_pool2d(FLOW_SCALE * flow * cells[:, None], step) / among[:, None]
    return known_loss(output, probability, mean_flow, known, flow_weight)
