"""The network is the published one: keys, strict loading and outputs against smp's own modules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
smp = pytest.importorskip("segmentation_models_pytorch")

from torch import nn  # noqa: E402

from app.network.architecture import Architecture  # noqa: E402
from app.network.model import MEDIARFormer  # noqa: E402
from app.network.weights.states import read_state  # noqa: E402


class Assembled(nn.Module):
    """The published model written out: smp's MAnet without its head, Mish for ReLU, two heads."""

    def __init__(self) -> None:
        super().__init__()
        whole = smp.MAnet(
            "mit_b0", encoder_weights=None, decoder_channels=(256, 128, 64, 32, 16), decoder_pab_channels=64
        )
        self.encoder, self.decoder = whole.encoder, whole.decoder
        for part in (self.encoder, self.decoder):
            for parent in list(part.modules()):
                for name, child in parent.named_children():
                    if type(child) is nn.ReLU:
                        parent._modules[name] = nn.Mish()
        self.cellprob_head = self.head(1)
        self.gradflow_head = self.head(2)

    @staticmethod
    def head(out: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(16, 8, 3, padding=1), nn.Mish(), nn.BatchNorm2d(8), nn.Conv2d(8, out, 3, padding=1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = self.decoder(self.encoder(x))
        return torch.cat((self.gradflow_head(features), self.cellprob_head(features)), 1)


@pytest.fixture(scope="module")
def published() -> Assembled:
    """Random weights, with running means and variances that are not the neutral 0 and 1."""
    torch.manual_seed(0)
    model = Assembled().eval()
    for name, buffer in model.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            buffer.uniform_(0.5, 1.5)
    return model


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model_state_dict", "model"])
def test_pth_in_the_published_layout_loads_strictly(
    published: Assembled, tmp_path: Path, wrapper: str | None
) -> None:
    """A renamed layer or another order of the head's layers would lose the published weights."""
    path = tmp_path / "from_phase1.pth"
    state = published.state_dict()
    torch.save(state if wrapper is None else {wrapper: state, "epoch": 3}, path)
    model = MEDIARFormer(Architecture()).eval()
    loaded = {key: torch.from_numpy(value) for key, value in read_state(path).items()}
    model.load_state_dict(loaded, strict=True)
    window = torch.rand(1, 3, 128, 128)
    with torch.inference_mode():
        assert (model(window) - published(window)).abs().max() < 1e-4


def test_no_relu_is_left(published: Assembled) -> None:
    """smp builds its activations in several places; a version that adds one would differ silently."""
    assert published is not None
    assert not [module for module in MEDIARFormer(Architecture()).modules() if isinstance(module, nn.ReLU)]


def test_our_reader_equals_torch(published: Assembled, tmp_path: Path) -> None:
    """The reader without torch must give bit for bit what `torch.load(weights_only=True)` gives."""
    path = tmp_path / "a.pth"
    state = published.state_dict()
    state["a view"] = torch.arange(24, dtype=torch.float32).reshape(4, 6).t()[1:, ::2]
    state["half"] = torch.rand(3).half()
    torch.save(state, path)
    expected, found = torch.load(path, weights_only=True), read_state(path)
    assert expected.keys() == found.keys()
    for key, value in expected.items():
        np.testing.assert_array_equal(value.numpy(), found[key])
