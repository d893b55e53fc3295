"""MA-Net's decoder: attention over places at the bottom, attention over channels on the way up.

Written from the paper (Fan et al., MA-Net, IEEE Access 8, 2020), with the keys of the published checkpoints
and, as MEDIAR has it, Mish in the place of ReLU (Lee et al., arXiv 2212.03465, sec. 3).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

SQUEEZE = 16  # channels per channel in the middle of a squeeze


class MAnetDecoder(nn.Module):
    """The encoder's maps, of `widths` channels at 1/4, 1/8, … → `(B, channels[-1], H, W)`.

    With four maps `channels` are those at 1/16, 1/8, 1/4, 1/2 and 1/1. The encoder's
    maps at 1/16, 1/8 and 1/4 are fused in; it has none at 1/2 and 1/1. Below them,
    at 1/32, is the position-wise attention of `pab` channels. Without it (0) there
    are fewer maps, and `channels` begin with those of the coarsest.
    """

    def __init__(self, widths: Sequence[int], channels: Sequence[int], pab: int) -> None:
        super().__init__()
        below, *skips = reversed(widths)
        if pab:
            self.center: nn.Module = PositionAttention(below, pab)
        else:
            self.center = BottomBlock(below, channels[0])
            below, *channels = channels
        givens = [below, *channels[:-1]]
        fused = zip(givens, skips, channels, strict=False)  # as many as there are maps to fuse in
        enlarged = zip(givens[len(skips) :], channels[len(skips) :], strict=True)
        self.blocks = nn.ModuleList(
            [*(FusionBlock(*sizes) for sizes in fused), *(UpBlock(*sizes) for sizes in enlarged)]
        )
        self.apply(initialise)

    def forward(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        x = self.center(maps[-1])  # (B, C, H / 32, W / 32), or where the coarsest map is
        skips = [*reversed(maps[:-1]), None, None]
        for block, skip in zip(self.blocks, skips, strict=True):  # each to twice the height and width
            x = block(x) if skip is None else block(x, skip)
        return x  # (B, channels[-1], H, W)


class BottomBlock(nn.Module):
    """Where a short decoder begins: two convolutions, the first biased by what the whole map says."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.said = nn.Sequential(squeeze_and_excite(width), nn.Conv2d(width, channels, 1, bias=False))
        self.conv1 = Conv(width, channels, 3)
        self.conv2 = Conv(channels, channels, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (B, C, H, W)
        conv, norm, mish = self.conv1
        return self.conv2(mish(norm(conv(x) + self.said(x))))  # (B, channels, H, W)


class PositionAttention(nn.Module):
    """The position-wise attention block: every place is added what all places say, by likeness."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.top_conv = nn.Conv2d(width, inner, 1)
        self.center_conv = nn.Conv2d(width, inner, 1)
        self.bottom_conv = nn.Conv2d(width, width, 3, padding=1)
        self.out_conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (B, C, H, W)
        top = self.top_conv(x).flatten(2)  # (B, inner, H · W)
        center = self.center_conv(x).flatten(2).transpose(1, 2)  # (B, H · W, inner)
        bottom = self.bottom_conv(x).flatten(2).transpose(1, 2)  # (B, H · W, C)
        likeness = center @ top  # (B, H · W, H · W)
        # two oddities that the published weights were trained with: the softmax runs over all pairs of
        # places, not over those of one place, and the result is read as C × H × W though it lies H · W × C
        share = likeness.flatten(1).softmax(dim=1).view_as(likeness)
        said = (share @ bottom).reshape(x.shape)  # (B, C, H, W)
        return self.out_conv(x + said)


class FusionBlock(nn.Module):
    """The multi-scale fusion attention block: a map from below, enlarged, beside the encoder's at that size.

    Both say which channels of the enlarged map matter, before the two are joined.
    """

    def __init__(self, below: int, skip: int, channels: int) -> None:
        super().__init__()
        self.hl_conv = nn.Sequential(Conv(below, below, 3), Conv(below, skip, 1))
        self.SE_ll = squeeze_and_excite(skip)
        self.SE_hl = squeeze_and_excite(skip)
        self.conv1 = Conv(2 * skip, channels, 3)
        self.conv2 = Conv(channels, channels, 3)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        # x (B, below, H, W), skip (B, S, 2 H, 2 W)
        x = enlarge(self.hl_conv(x))  # (B, S, 2 H, 2 W)
        x = x * (self.SE_hl(x) + self.SE_ll(skip))  # (B, S, 2 H, 2 W)
        x = torch.cat([x, skip], dim=1)  # (B, 2 S, 2 H, 2 W)
        return self.conv2(self.conv1(x))  # (B, channels, 2 H, 2 W)


class UpBlock(nn.Module):
    """Where the encoder has no map: enlarged, and two convolutions."""

    def __init__(self, below: int, channels: int) -> None:
        super().__init__()
        self.conv1 = Conv(below, channels, 3)
        self.conv2 = Conv(channels, channels, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (B, below, H, W)
        return self.conv2(self.conv1(enlarge(x)))  # (B, channels, 2 H, 2 W)


class Conv(nn.Sequential):
    """Convolution, batch norm, Mish."""

    def __init__(self, channels: int, out: int, size: int) -> None:
        super().__init__(
            nn.Conv2d(channels, out, size, padding=size // 2, bias=False),
            nn.BatchNorm2d(out),
            nn.Mish(inplace=True),
        )


def squeeze_and_excite(channels: int) -> nn.Sequential:
    """`(B, C, H, W)` → `(B, C, 1, 1)` in [0, 1]: how much each channel matters, told by all their means."""
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(1),
        nn.Conv2d(channels, max(channels // SQUEEZE, 1), 1),
        nn.Mish(inplace=True),
        nn.Conv2d(max(channels // SQUEEZE, 1), channels, 1),
        nn.Sigmoid(),
    )


def enlarge(x: torch.Tensor) -> torch.Tensor:
    """`(B, C, H, W)` → `(B, C, 2 H, 2 W)`, each pixel four times."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def initialise(module: nn.Module) -> None:
    """Random weights of He et al.; norms begin neutral by themselves."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
