"""MiT, SegFormer's encoder: four stages of transformer blocks, each at half the last one's size.

Written from the paper (Xie et al., arXiv 2105.15203, sec. 3.1), with the keys of the published checkpoints.
Maps travel as `(B, H, W, C)`, on which linear layers and norms work as they stand; permuted to
`(B, C, H, W)` they lie channels-last, as convolutions like them. Neither way copies.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from .architecture import ENCODERS, STAGES

HEADS = (1, 2, 5, 8)  # of attention in each stage, which is as many times wider than the first
REDUCTIONS = (8, 4, 2, 1)  # keys and values are read off a grid so many times coarser
EXPANSION = 4  # of the width, inside a feed-forward part
EPS = 1e-6  # of the norms in and after the blocks; the others have PyTorch's 1e-5, as in the checkpoints
DROP_PATH = 0.1  # the last block's chance to be left out in training; the first has none


class MiT(nn.Module):
    """`(B, 3, H, W)` → four maps: `(B, C, H / 4, W / 4)`, 2 C at 1/8, 5 C at 1/16, 8 C at 1/32.

    With fewer `stages` it ends after so many maps.
    """

    def __init__(self, name: str, stages: int = STAGES) -> None:
        super().__init__()
        depths, width = next(shape for shape, encoder in ENCODERS.items() if encoder == name)
        self.widths = tuple(width * heads for heads in HEADS[:stages])
        self.patch_embed1 = PatchEmbed(3, self.widths[0], size=7, stride=4)
        for stage in range(1, stages):
            patches = PatchEmbed(self.widths[stage - 1], self.widths[stage], size=3, stride=2)
            setattr(self, f"patch_embed{stage + 1}", patches)
        before = 0  # blocks of earlier stages
        for stage in range(stages):
            drops = [DROP_PATH * (before + i) / (sum(depths) - 1) for i in range(depths[stage])]
            blocks = (Block(self.widths[stage], HEADS[stage], REDUCTIONS[stage], drop) for drop in drops)
            setattr(self, f"block{stage + 1}", nn.Sequential(*blocks))
            setattr(self, f"norm{stage + 1}", nn.LayerNorm(self.widths[stage], EPS))
            before += depths[stage]
        self.apply(initialise)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:  # (B, 3, H, W)
        maps = []
        for stage in range(1, len(self.widths) + 1):
            x = getattr(self, f"patch_embed{stage}")(x)  # (B, H / 2, W / 2, C); H / 4, W / 4 the first time
            x = getattr(self, f"block{stage}")(x)  # (B, H, W, C)
            x = getattr(self, f"norm{stage}")(x).permute(0, 3, 1, 2)  # (B, C, H, W)
            maps.append(x)
        return maps


class PatchEmbed(nn.Module):
    """Overlapping patches to vectors: the windows of a convolution are larger than its steps."""

    def __init__(self, channels: int, width: int, size: int, stride: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, width, size, stride, padding=size // 2)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (B, C, H, W)
        return self.norm(self.proj(x).permute(0, 2, 3, 1))  # (B, H / stride, W / stride, width)


class Block(nn.Module):
    """Attention and feed-forward, each on a normed map and added to it."""

    def __init__(self, width: int, heads: int, reduction: int, drop: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, EPS)
        self.attn = Attention(width, heads, reduction)
        self.drop_path = DropPath(drop) if drop else nn.Identity()
        self.norm2 = nn.LayerNorm(width, EPS)
        self.mlp = MixFFN(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (B, H, W, C)
        x = x + self.drop_path(self.attn(self.norm1(x)))
        return x + self.drop_path(self.mlp(self.norm2(x)))


class Attention(nn.Module):
    """Every place asks; a coarser grid answers, so the cost falls with the square of `reduction`."""

    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.heads = heads
        self.reduction = reduction
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(width, 2 * width)
        self.proj = nn.Linear(width, width)
        if reduction > 1:
            self.sr = nn.Conv2d(width, width, reduction, stride=reduction)
            self.norm = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (B, H, W, C)
        coarse = x
        if self.reduction > 1:
            coarse = self.norm(self.sr(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))  # (B, H / r, W / r, C)
        q = self.split(self.q(x))  # (B, heads, H · W, C / heads)
        k, v = (self.split(half) for half in self.kv(coarse).chunk(2, dim=-1))  # (B, heads, H · W / r², ...)
        y = F.scaled_dot_product_attention(q, k, v)  # (B, heads, H · W, C / heads)
        return self.proj(y.transpose(1, 2).reshape(x.shape))  # (B, H, W, C)

    def split(self, x: torch.Tensor) -> torch.Tensor:
        """`(B, h, w, C)` → `(B, heads, h · w, C / heads)`."""
        return x.flatten(1, 2).unflatten(-1, (self.heads, -1)).transpose(1, 2)


class MixFFN(nn.Module):
    """Two linear layers; a depthwise 3 × 3 convolution between them tells places apart, by its padding."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = EXPANSION * width
        self.fc1 = nn.Linear(width, inner)
        conv = nn.Conv2d(inner, inner, 3, padding=1, groups=inner)
        self.dwconv = nn.ModuleDict({"dwconv": conv})  # the checkpoints' keys say it twice
        self.fc2 = nn.Linear(inner, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (B, H, W, C)
        x = self.fc1(x).permute(0, 3, 1, 2)  # (B, 4 C, H, W)
        x = self.dwconv["dwconv"](x).permute(0, 2, 3, 1)  # (B, H, W, 4 C)
        return self.fc2(F.gelu(x))  # (B, H, W, C)


class DropPath(nn.Module):
    """In training leaves a branch out, sample by sample, and scales it up where it stays."""

    def __init__(self, drop: float) -> None:
        super().__init__()
        self.keep = 1 - drop

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (B, H, W, C)
        if not self.training:
            return x
        kept = x.new_empty(len(x), 1, 1, 1).bernoulli_(self.keep)
        return x * (kept / self.keep)


def initialise(module: nn.Module) -> None:
    """Random weights as the encoder's authors began with them; norms begin neutral by themselves."""
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.02)  # theirs is cut at 2, a hundred deviations out
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Conv2d):
        outputs = module.kernel_size[0] * module.kernel_size[1] * module.out_channels // module.groups
        nn.init.normal_(module.weight, std=math.sqrt(2 / outputs))
        if module.bias is not None:
            nn.init.zeros_(module.bias)
