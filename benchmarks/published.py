"""The network as its authors ran it: segmentation-models-pytorch's modules, which ours are held to."""

from __future__ import annotations

import segmentation_models_pytorch as smp
import torch
from torch import nn

from app.network.architecture import Architecture
from app.network.weights import Member
from app.network.weights.states import read_state


class Published(nn.Module):
    """smp's MAnet without its head, Mish for ReLU, two heads of its own; keys as in the checkpoints."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        decoder = {"decoder_channels": shape.decoder, "decoder_pab_channels": shape.pab}
        whole = smp.MAnet(shape.encoder, encoder_weights=None, **decoder)
        self.encoder, self.decoder = whole.encoder, whole.decoder
        for parent in list(self.modules()):
            for name, child in parent.named_children():
                if type(child) is nn.ReLU:
                    setattr(parent, name, nn.Mish())
        self.cellprob_head = head(shape.decoder[-1], 1)
        self.gradflow_head = head(shape.decoder[-1], 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (B, 3, H, W)
        features = self.decoder(self.encoder(x))
        return torch.cat((self.gradflow_head(features), self.cellprob_head(features)), 1)


def head(channels: int, out: int) -> nn.Sequential:
    """In the checkpoints' order of layers."""
    return nn.Sequential(
        nn.Conv2d(channels, channels // 2, 3, padding=1),
        nn.Mish(),
        nn.BatchNorm2d(channels // 2),
        nn.Conv2d(channels // 2, out, 3, padding=1),
    )


def load_published(member: Member) -> Published:
    """With a member's weights, for inference on the CPU."""
    model = Published(member.architecture).eval()
    model.load_state_dict({key: torch.from_numpy(value) for key, value in read_state(member.file).items()})
    return model
