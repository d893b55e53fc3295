"""A file of weights from `fit` to the network that it belongs to."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch

from app.errors import WeightsError
from app.model import Architecture, MEDIARFormer

ENCODERS = {  # blocks of the four stages, and channels of the first → name (SegFormer, table 6)
    (2, 2, 2, 2, 32): "mit_b0",
    (2, 2, 2, 2, 64): "mit_b1",
    (3, 4, 6, 3, 64): "mit_b2",
    (3, 4, 18, 3, 64): "mit_b3",
    (3, 8, 27, 3, 64): "mit_b4",
    (3, 6, 40, 3, 64): "mit_b5",
}


def load_network(path: Path) -> MEDIARFormer:
    """The network of `fit`'s weights, in inference mode on the CPU; its shape is read off the weights."""
    try:
        state: dict[str, torch.Tensor] = torch.load(path, weights_only=True, map_location="cpu")
        model = MEDIARFormer(architecture_of(state))
        model.load_state_dict(state)
    except (OSError, RuntimeError, KeyError, ValueError, pickle.UnpicklingError) as cause:
        line = str(cause).splitlines()[0]
        raise WeightsError(f"{path}: not weights of `python -m training fit` ({line})") from cause
    return model.eval()


def architecture_of(state: Mapping[str, torch.Tensor]) -> Architecture:
    """The settings that shape a network, read off the names and sizes of its weights."""
    blocks = [
        len({key.split(".")[2] for key in state if key.startswith(f"encoder.block{stage}.")})
        for stage in (1, 2, 3, 4)
    ]
    channels = state["encoder.patch_embed1.proj.weight"].shape[0]
    decoder = [state[f"decoder.blocks.{i}.conv2.0.weight"].shape[0] for i in range(5)]
    pab = state["decoder.center.top_conv.weight"].shape[0]
    return Architecture(ENCODERS[(*blocks, channels)], tuple(decoder), pab)
