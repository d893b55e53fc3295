"""MEDIAR-Former: the network, defined once for training, export and the CUDA engine.

A SegFormer encoder (mit.py) and an MA-Net decoder (manet.py) end in two small
heads, one for the flow and one for the cell probability (Lee et al., arXiv
2212.03465, sec. 3).
"""

from __future__ import annotations

import torch
from torch import nn

from .architecture import OFFICIAL, Architecture
from .manet import MAnetDecoder
from .mit import MiT

__all__ = ["OFFICIAL", "Architecture", "MEDIARFormer"]


class Head(nn.Sequential):
    """3 × 3 convolutions C → C/2 → `out`, at full resolution.

    The order conv, Mish, batch norm, conv is that of the published checkpoints,
    whose keys count the layers 0 to 3.
    """

    def __init__(self, channels: int, out: int) -> None:
        super().__init__(
            nn.Conv2d(channels, channels // 2, 3, padding=1),
            nn.Mish(inplace=True),
            nn.BatchNorm2d(channels // 2),
            nn.Conv2d(channels // 2, out, 3, padding=1),
        )


class MEDIARFormer(nn.Module):
    """`(B, 3, H, W)` float in [0, 1] → `(B, 3, H, W)`: flow y, flow x, probability logit.

    H and W are multiples of 32. The flow is 5 × the unit vector towards the
    cell's centre; the sigmoid of the logit is the cell probability. Weights
    start random: nothing is ever downloaded.
    """

    def __init__(self, architecture: Architecture = Architecture()) -> None:  # noqa: B008 (frozen)
        super().__init__()
        self.architecture = architecture
        self.encoder = MiT(architecture.encoder, architecture.stages)
        self.decoder = MAnetDecoder(self.encoder.widths, architecture.decoder, architecture.pab)
        self.cellprob_head = Head(architecture.decoder[-1], 1)
        self.gradflow_head = Head(architecture.decoder[-1], 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (B, 3, H, W)
        features = self.decoder(self.encoder(x))  # (B, decoder[-1], H, W)
        return torch.cat([self.gradflow_head(features), self.cellprob_head(features)], dim=1)
