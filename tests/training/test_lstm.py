"""What the layers with memory remember, and what they must not."""

from __future__ import annotations

import pytest
import torch

from training.lstm import ConvLSTM, FrameUNet


@pytest.fixture
def clips() -> torch.Tensor:
    """`(2, 4, 3, 32, 32)`: two clips of four frames."""
    return torch.rand(2, 4, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def network(*, lstm: bool) -> FrameUNet:
    torch.manual_seed(0)
    return FrameUNet(4, lstm=lstm).eval()


@torch.inference_mode()
def test_without_memory_order_is_nothing(clips):
    model, order = network(lstm=False), [2, 0, 3, 1]
    there = model(clips[0])
    assert there.shape == (4, 3, 32, 32)
    assert torch.allclose(model(clips[0][order]), there[order], atol=1e-5)
    assert torch.allclose(model(clips[0][1:2], 1), there[1:2], atol=1e-5)


@torch.inference_mode()
def test_memory_goes_forward_in_time(clips):
    """A frame changes what is said of the frames after it, and nothing of those before."""
    model = network(lstm=True)
    other = clips[0].clone()
    other[2] = 1 - other[2]
    difference = (model(clips[0]) - model(other)).abs().amax(dim=(1, 2, 3))
    assert (difference[:2] < 1e-5).all()
    assert (difference[2:] > 1e-3).all()


@torch.inference_mode()
def test_nothing_is_remembered_between_sequences(clips):
    """Neither of the call before, nor of the other clip in a batch."""
    model = network(lstm=True)
    first, second = model(clips[0]), model(clips[1])
    assert torch.allclose(model(clips[0]), first, atol=1e-5)
    assert torch.allclose(model(clips.flatten(0, 1)), torch.cat([first, second]), atol=1e-5)


@torch.inference_mode()
def test_a_clip_of_any_length(clips):
    """The end of a film may be shorter than a sample of training: its frames are what they were."""
    model = network(lstm=True)
    assert torch.allclose(model(clips[0][:3], 3), model(clips[0])[:3], atol=1e-5)


def test_the_layer_is_that_of_the_equations():
    """One pixel, no neighbours, all by hand: Shi et al.'s equations (3) without peepholes."""
    torch.manual_seed(1)
    layer = ConvLSTM(1, 1)
    x = torch.tensor([0.3, -0.8, 0.5]).reshape(3, 1, 1, 1)
    w, b, u = layer.seen.weight[:, 0, 1, 1], layer.seen.bias, layer.kept.weight[:, 0, 1, 1]
    assert b is not None
    h = c = torch.zeros(())
    for value, found in zip(x.flatten(), layer(x, 3).flatten(), strict=True):
        i, f, o, g = w * value + b + u * h
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        assert torch.allclose(found, h, atol=1e-6)


def test_every_layer_learns(clips):
    """A layer whose output went nowhere would keep its first weights."""
    model = network(lstm=True).train()
    model(clips.flatten(0, 1)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in model.parameters())
