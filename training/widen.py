"""A network of more channels that computes what a narrower one does, and can learn more.

Every channel is doubled: its copies say the same, and what reads them takes half
from each, so nothing changes at first (Chen et al., Net2Net, ICLR 2016, sec. 3.2).
Noise that cancels out between the halves lets the copies learn different things.
A full network need not begin anew: it goes on with four times its weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch

from app.errors import UsageError
from app.network.model import MEDIARFormer

NOISE = 0.5  # of the deviation of the weights that it is added to


@torch.no_grad()
def widen(model: MEDIARFormer, encoder: str, decoder: Sequence[int], seed: int = 0) -> MEDIARFormer:
    """`model` with `encoder` and `decoder`, each number of channels as it is or twice as large.

    Raises UsageError where the layers of one are not those of the other.
    """
    try:
        into = replace(model.architecture, encoder=encoder, decoder=tuple(decoder))
    except ValueError as cause:
        raise UsageError(str(cause)) from cause
    wide = MEDIARFormer(into).eval()
    random = torch.Generator().manual_seed(seed)
    narrow, state = model.state_dict(), wide.state_dict()
    if set(narrow) != set(state):
        raise UsageError(
            f"{into.name}: has not the layers of {model.architecture.name}; only widths may differ"
        )
    for name, new in state.items():
        try:
            new.copy_(doubled(narrow[name], new.shape, random))
        except ValueError as cause:
            raise UsageError(f"{into.name}: {name}: {cause}") from cause
        # a head's product of queries and keys sums over twice the channels, and is divided by √2 times more
        if ".attn.q." in name and new.shape != narrow[name].shape:
            new /= math.sqrt(2)
    return wide


def doubled(weight: torch.Tensor, shape: torch.Size, random: torch.Generator) -> torch.Tensor:
    """`weight` (out, in, …) with as many channels as `shape` has: copies lie beside each other."""
    ratios = [new // old for new, old in zip(shape, weight.shape, strict=True)]
    if [ratio * old for ratio, old in zip(ratios, weight.shape, strict=True)] != list(shape) or max(
        [1, *ratios]
    ) > 2:
        raise ValueError(
            f"{list(weight.shape)} channels can't become {list(shape)}: the same or twice as many"
        )
    for axis, ratio in enumerate(ratios):
        weight = weight.repeat_interleave(ratio, axis)
    if len(ratios) > 1 and ratios[1] == 2:
        halves = weight / 2
        noise = torch.randn(halves[:, ::2].shape, generator=random) * (NOISE * halves.std())
        weight = halves + torch.stack([noise, -noise], dim=2).flatten(1, 2)
    return weight
