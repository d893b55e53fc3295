"""The network is the published one: keys, strict loading and outputs against smp's own modules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("segmentation_models_pytorch")

from app.network.architecture import OFFICIAL, Architecture  # noqa: E402
from app.network.engines.cuda import NoStart  # noqa: E402
from app.network.model import MEDIARFormer  # noqa: E402
from app.network.weights import find_weights  # noqa: E402
from app.network.weights.graph import COUNTERS, Graph  # noqa: E402
from app.network.weights.states import read_state  # noqa: E402
from benchmarks.published import Published  # noqa: E402

NARROW = Architecture("mit_b1", (64, 32, 16, 8, 8), 32)  # 64 channels first, as in the published checkpoints


def published_model(shape: Architecture) -> Published:
    """Random weights, with biases, norms and running figures that are not the neutral 0 and 1."""
    torch.manual_seed(0)
    model = Published(shape).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter += 0.3 * torch.randn_like(parameter)
        for name, buffer in model.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                buffer.uniform_(0.5, 1.5)
    return model


@pytest.fixture(scope="module")
def published() -> Published:
    return published_model(Architecture())


@pytest.mark.parametrize(("shape", "height", "width"), [(Architecture(), 128, 192), (NARROW, 64, 32)])
def test_equals_smp(shape: Architecture, height: int, width: int) -> None:
    """Weights that others trained with smp must mean the same here; so must the order of parameters, by
    which a checkpoint's AdamW state finds them when a training goes on."""
    theirs, ours = published_model(shape), MEDIARFormer(shape).eval()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict(), strict=True)
    images = torch.rand(2, 3, height, width)
    with torch.inference_mode():
        torch.testing.assert_close(ours(images), theirs(images), atol=1e-5, rtol=0)


def test_trains_as_smp() -> None:
    """Dropped paths, batch norms' momentum, gradients; in doubles, since batch norms magnify rounding."""
    theirs, ours = published_model(NARROW).double().train(), MEDIARFormer(NARROW).double().train()
    ours.load_state_dict(theirs.state_dict())
    images = torch.rand(2, 3, 64, 64, dtype=torch.float64)
    for model in (theirs, ours):
        torch.manual_seed(1)
        model(images).square().mean().backward()
    for (name, mine), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, other.grad, atol=1e-8, rtol=1e-6, msg=name)
    for (name, mine), other in zip(ours.named_buffers(), theirs.buffers(), strict=True):
        torch.testing.assert_close(mine, other, atol=1e-8, rtol=1e-6, msg=name)


def test_starts_as_smp() -> None:
    """A start of another spread would need another learning rate."""
    torch.manual_seed(0)
    theirs, ours = Published(Architecture()).state_dict(), MEDIARFormer().state_dict()
    for name, mine in ours.items():
        if mine.numel() >= 512:  # fewer numbers don't tell their spread
            spread = theirs[name].std().item()
            assert mine.std().item() == pytest.approx(spread, rel=0.15, abs=1e-6), name
            assert mine.mean().item() == pytest.approx(theirs[name].mean().item(), abs=0.2 * spread + 1e-6), (
                name
            )


def test_official_is_the_published_shape() -> None:
    """The graph was made of smp's modules, and holds the published checkpoints' keys and shapes."""
    with NoStart():
        state = MEDIARFormer(OFFICIAL).state_dict()
    shapes = {key: tuple(value.shape) for key, value in state.items() if not key.endswith(COUNTERS)}
    assert shapes == dict(Graph.load(OFFICIAL).shapes)


def test_the_carried_pair_loads_strictly() -> None:
    for member in find_weights("compact").members:
        state = {key: torch.from_numpy(value) for key, value in read_state(member.file).items()}
        MEDIARFormer(member.architecture).load_state_dict(state, strict=True)


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model_state_dict", "model"])
def test_pth_in_the_published_layout_loads_strictly(
    published: Published, tmp_path: Path, wrapper: str | None
) -> None:
    """A renamed layer or another order of the head's layers would lose the published weights."""
    path = tmp_path / "from_phase1.pth"
    state = published.state_dict()
    torch.save(state if wrapper is None else {wrapper: state, "epoch": 3}, path)
    model = MEDIARFormer(Architecture()).eval()
    loaded = {key: torch.from_numpy(value) for key, value in read_state(path).items()}
    model.load_state_dict(loaded, strict=True)
    window = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(model(window), published(window), atol=1e-5, rtol=0)


def test_our_reader_equals_torch(published: Published, tmp_path: Path) -> None:
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
