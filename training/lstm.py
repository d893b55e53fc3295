"""A small U-Net for single frames, and the same with convolutional LSTM layers in its encoder.

Arbelle & Riklin Raviv, "Microscopy cell segmentation via convolutional LSTM networks" (ISBI 2019, arXiv
1805.11247): every level of the encoder begins with a layer that remembers what the level saw of the frames
before, so a cell that is hard to see now may be known from then, at each scale. The decoder has no memory.

    frames ─[LSTM]─ convs ──────────────────────────── convs ─ classes
                      └─ half ─[LSTM]─ convs ─ double ───┘            … and so on, `WIDTHS` levels
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F

WIDTHS = (16, 32, 64, 128)  # channels of each level
CLASSES = 3
STRIDE = 2 ** (len(WIDTHS) - 1)  # a frame's sides are multiples of this


class ConvLSTM(nn.Module):
    """Shi et al., NeurIPS 2015 (arXiv 1506.04214), without peepholes, as is usual since."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.seen = nn.Conv2d(inputs, 4 * hidden, 3, padding=1)
        self.kept = nn.Conv2d(hidden, 4 * hidden, 3, padding=1, bias=False)
        assert self.seen.bias is not None
        nn.init.ones_(self.seen.bias[hidden : 2 * hidden])  # forget little before anything is learnt

    def forward(self, x: torch.Tensor, frames: int) -> torch.Tensor:
        """`(B·T, C, H, W)`, the T `frames` of a sample in their order → `(B·T, hidden, H, W)`.

        Nothing is remembered before the first frame of a sample, nor after its last.
        """
        gates = self.seen(x).unflatten(0, (-1, frames))  # (B, T, 4·hidden, H, W)
        memory = gates.new_zeros((len(gates), self.hidden, *gates.shape[3:]), dtype=torch.float32)
        output, outputs = None, []
        for frame in range(frames):
            now = gates[:, frame] if output is None else gates[:, frame] + self.kept(output)
            enter, forget, leave, new = now.float().chunk(
                4, dim=1
            )  # sums over frames want more than bfloat16
            memory = torch.sigmoid(forget) * memory + torch.sigmoid(enter) * torch.tanh(new)
            output = (torch.sigmoid(leave) * torch.tanh(memory)).to(gates.dtype)
            outputs.append(output)
        return torch.stack(outputs, dim=1).flatten(0, 1)


class Level(nn.Module):
    """What an encoder's level does at its own resolution."""

    def __init__(self, inputs: int, width: int, *, lstm: bool) -> None:
        super().__init__()
        self.lstm = ConvLSTM(inputs, width) if lstm else None
        self.convs = convs(width if lstm else inputs, width)

    def forward(self, x: torch.Tensor, frames: int) -> torch.Tensor:
        """`(B·T, C, H, W)` → `(B·T, width, H, W)`."""
        found: torch.Tensor = self.convs(x if self.lstm is None else self.lstm(x, frames))
        return found


class FrameUNet(nn.Module):
    """Three classes for every frame of a clip."""

    def __init__(self, frames: int, *, lstm: bool) -> None:
        """`frames` that a sample of training has."""
        super().__init__()
        self.frames = frames
        inputs = (3, *WIDTHS[:-1])
        self.encoder = nn.ModuleList(Level(i, w, lstm=lstm) for i, w in zip(inputs, WIDTHS, strict=True))
        self.decoder = nn.ModuleList(convs(low + high, high) for high, low in pairwise(WIDTHS))
        self.head = nn.Conv2d(WIDTHS[0], CLASSES, 1)

    def forward(self, x: torch.Tensor, frames: int | None = None) -> torch.Tensor:
        """`(B·T, 3, H, W)` in [0, 1], the frames of a sample in their order → `(B·T, 3, H, W)` logits."""
        skips = []
        for depth, level in enumerate(self.encoder):
            x = level(F.max_pool2d(x, 2) if depth else x, frames or self.frames)
            skips.append(x)
        for skip, block in zip(skips[-2::-1], reversed(self.decoder), strict=True):
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = block(torch.cat([skip, x], dim=1))
        logits: torch.Tensor = self.head(x)
        return logits


def convs(inputs: int, width: int) -> nn.Sequential:
    """Two 3 × 3 convolutions, each with its norm."""
    layers: list[nn.Module] = []
    for channels in (inputs, width):
        layers += [
            nn.Conv2d(channels, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.LeakyReLU(0.1),
        ]
    return nn.Sequential(*layers)
