"""Silent parts of a network begun anew, the rest as learnt: the deep stages, or the way up from them.

A stage is silent where its map is the same for every image (`python -m
benchmarks.maps`), and learns no more: what its norm is given is one large
constant, beside which images hardly differ. So its patches are centred as well
as its blocks begun anew. The decoder then has to listen again: it had turned down
what comes from below. training/README.md has what this gave.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import torch

from app.network.mit import PatchEmbed
from app.network.model import MEDIARFormer
from training.data import Sample

STAGES = (3, 4)  # whose maps were silent in every long training
BELOW = ("center", "blocks.0", "blocks.1.hl_conv", "blocks.1.SE_hl", "blocks.1.SE_ll")  # of the decoder
PARTS = ("encoder", "decoder")
SIDE = 256  # px of an image that is looked at
PER_SET = 4  # images of each set that are
SPREAD = 0.5  # standard deviation of a patch's numbers, over places and images


def awaken(model: MEDIARFormer, samples: Sequence[Sample], parts: Collection[str] = PARTS) -> None:
    """Begins `parts` anew, in place; `samples` are what the encoder's patches are centred on.

    Weights come from torch's generator: seed it.
    """
    anew = MEDIARFormer(model.architecture)
    if "encoder" in parts:
        images = torch.stack([corner(sample) for sample in samples])
        encoder, fresh = model.get_submodule("encoder"), anew.get_submodule("encoder")
        for stage in STAGES:
            names = [f"block{stage}", f"norm{stage}", f"patch_embed{stage}.norm"]
            if stage > STAGES[0]:  # the first looks at a map that is not silent
                names.append(f"patch_embed{stage}.proj")
            for name in names:
                encoder.get_submodule(name).load_state_dict(fresh.get_submodule(name).state_dict())
            centre(encoder, f"patch_embed{stage}", images)
    if "decoder" in parts:
        for name in BELOW:
            state = anew.get_submodule(f"decoder.{name}").state_dict()
            model.get_submodule(f"decoder.{name}").load_state_dict(state)


@torch.no_grad()
def centre(encoder: torch.nn.Module, name: str, images: torch.Tensor) -> None:
    """Patches whose numbers have the mean 0 and SPREAD over `images` (B, 3, H, W)."""
    patches = encoder.get_submodule(name)
    assert isinstance(patches, PatchEmbed)
    seen: list[torch.Tensor] = []
    handle = patches.proj.register_forward_hook(lambda _module, _given, out: seen.append(out))
    encoder(images)
    handle.remove()
    gain = SPREAD / seen[0].var((0, 2, 3)).mean().sqrt()
    assert patches.proj.bias is not None
    patches.proj.bias.sub_(seen[0].mean((0, 2, 3))).mul_(gain)
    patches.proj.weight.mul_(gain)


@torch.no_grad()
def apart(encoder: torch.nn.Module, samples: Sequence[Sample]) -> list[float]:
    """How far images lie apart in each of the four maps: 0 where it says the same of all.

    The mean distance of the maps' means over places from their own mean, over that mean's length.
    """
    maps = encoder(torch.stack([corner(sample) for sample in samples]))
    means = [one.mean((2, 3)) for one in maps]
    return [float((mean - mean.mean(0)).norm(dim=1).mean() / mean.mean(0).norm()) for mean in means]


def corner(sample: Sample) -> torch.Tensor:
    """`(3, SIDE, SIDE)` in [0, 1], with nothing where the image is smaller."""
    image = sample.image[:SIDE, :SIDE]
    padded = np.pad(image, ((0, SIDE - image.shape[0]), (0, SIDE - image.shape[1]), (0, 0)))
    return torch.from_numpy(padded.transpose(2, 0, 1).astype(np.float32) / 255)
