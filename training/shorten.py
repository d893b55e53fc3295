"""A network without the deep stages of its encoder, which computes what the whole one does.

Where a map says the same of every image (`python -m benchmarks.maps`), all that the
decoder makes of it is a constant, which is folded into the weights of what comes
after. So the deep stages may go, with the way up from them: the decoder begins at
1/8, and 0.9 M parameters are left of 7.7 M.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from app.errors import UsageError
from app.network.model import MEDIARFormer
from training.data import Sample

STAGES = 2  # that are kept
SIDE = 256  # px of an image that is looked at
PER_SET = 4  # images of each set that are


@torch.no_grad()
def shorten(model: MEDIARFormer, samples: Sequence[Sample]) -> MEDIARFormer:
    """The network of two stages that answers `samples` as `model` does, nearly; UsageError if it is one.

    It is off by what the deep maps tell of an image, and near a window's edge, where
    the constant that takes their place would end with the map.
    """
    shape = model.architecture
    if not shape.whole:
        raise UsageError(f"{shape.name}: has no deep stages; give a network of four")
    short = MEDIARFormer(replace(shape, stages=STAGES, decoder=shape.decoder[1:], pab=0)).eval()
    first: Any = model.get_submodule("decoder.blocks.1")  # at 1/8, where the short decoder begins
    below = constant(model, samples)  # (1, S, 1, 1)
    channels = below.shape[1]
    kernel = first.conv1[0].weight  # (C, 2 S, 3, 3): of the map from below, then of the encoder's
    spread = (
        kernel[:, :channels].sum((2, 3)) * below.flatten()
    )  # (C, S): what the constant adds for each gate
    whole = model.state_dict()
    state = {
        name: whole[name_in_whole(name)] for name in short.state_dict() if not name.endswith("said.1.weight")
    }
    state["decoder.center.said.1.weight"] = spread[:, :, None, None]
    state["decoder.center.conv1.0.weight"] = kernel[:, channels:]
    # the gate that only the constant decides is one for all images, so the norm takes it
    state["decoder.center.conv1.1.running_mean"] = (
        first.conv1[1].running_mean - spread @ first.SE_hl(below).flatten()
    )
    short.load_state_dict(state)
    return short


def constant(model: MEDIARFormer, samples: Sequence[Sample]) -> torch.Tensor:
    """`(1, S, 1, 1)`: the mean, over places and images, of what comes from below 1/8 to there."""
    seen: list[torch.Tensor] = []
    way_up = model.get_submodule("decoder.blocks.1.hl_conv")
    handle = way_up.register_forward_hook(lambda _module, _given, out: seen.append(out))
    for sample in samples:
        model(corner(sample)[None])
    handle.remove()
    return torch.cat(seen).mean((0, 2, 3), keepdim=True)


def name_in_whole(name: str) -> str:
    """Where a whole network has this tensor of a short one."""
    if name.startswith("decoder.center."):
        return name.replace("center.said.0", "blocks.1.SE_ll").replace("center", "blocks.1")
    if name.startswith("decoder.blocks."):
        number, rest = name.removeprefix("decoder.blocks.").split(".", 1)
        return f"decoder.blocks.{int(number) + STAGES}.{rest}"
    return name


def corner(sample: Sample) -> torch.Tensor:
    """`(3, SIDE, SIDE)` in [0, 1], with nothing where the image is smaller."""
    image = sample.image[:SIDE, :SIDE]
    padded = np.pad(image, ((0, SIDE - image.shape[0]), (0, SIDE - image.shape[1]), (0, 0)))
    return torch.from_numpy(padded.transpose(2, 0, 1).astype(np.float32) / 255)
