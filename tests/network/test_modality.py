"""The embedding of an image is its own: not of the padding, not of the device, and free of charge."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.network import Calibration, Clock, Network, Setting, choose_device, find_weights
from app.network.engines import load_engines
from app.network.engines.cpu import CpuEngine
from app.network.modality import embedding, telling
from app.network.strips import Strips
from app.network.weights.calibration import Modality
from app.network.windows import Grid, View
from app.read import Pixels
from app.settings import Windows

ANY = Calibration(Setting(), (Modality((0.0,) * 64, 9.0, Setting("any")),))


@pytest.fixture(scope="module")
def window() -> NDArray[np.float32]:
    """Noise over steps of gray."""
    rng = np.random.default_rng(0)
    return np.linspace(0, 0.5, 512, dtype=np.float32) + rng.random((3, 512, 512), np.float32) / 2


def test_places_without_signal_do_not_count() -> None:
    window = np.zeros((3, 64, 64), np.float32)
    window[:, :32, :32] = 0.5
    features = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    np.testing.assert_allclose(embedding(window, features), [0, 1])
    np.testing.assert_allclose(embedding(0 * window, features), np.array([1.5, 5.5]) / np.hypot(1.5, 5.5))


def test_cpu_and_torch_see_the_same(random_pair: Path, window: NDArray[np.float32]) -> None:
    """A calibration made on a CPU is used on a GPU, and the other way round."""
    pytest.importorskip(
        "torch", reason="torch is not installed (it comes with the GPU path, which is compared here)"
    )
    from app.network.engines.cuda import CudaEngine

    member = find_weights(str(random_pair)).members[0]
    found = []
    for engine in (CpuEngine(member, "float32", watch=True), CudaEngine(member, "float32", device="cpu")):
        plain = engine(window[None])
        engine.look()
        assert engine.embedding is None
        np.testing.assert_array_equal(engine(window[None]), plain)
        assert engine.embedding is not None
        first = engine.embedding
        engine(1 - window[None])
        assert engine.embedding is first, "only the first window was asked for"
        found.append(first)
    assert np.linalg.norm(found[0]) == pytest.approx(1)
    np.testing.assert_allclose(found[0], found[1], atol=1e-3)


def test_a_second_output_changes_no_label(random_pair: Path, window: NDArray[np.float32]) -> None:
    """Weights with modalities give the flow that they give without, but for a rounding of bfloat16."""
    member = find_weights(str(random_pair)).members[0]
    plain = CpuEngine(member)(window[None])
    np.testing.assert_allclose(CpuEngine(member, watch=True)(window[None]), plain, atol=0.03, rtol=0.02)


def test_the_first_window_with_signal_tells(random_pair: Path, window: NDArray[np.float32]) -> None:
    """Glass looks alike in every modality."""
    weights = replace(find_weights(str(random_pair)), calibration=ANY)
    image = np.zeros((512, 900, 3), np.uint8)
    image[:, 512:] = (window.transpose(1, 2, 0) * 255)[:, :388]
    network = Network.load(weights, choose_device("cpu"), Windows(), exact=False)
    _, progress = network.whole(Pixels(image), (512, 900), Clock.start(None), (1.0, 0.5))
    setting = network.setting(progress)
    assert setting is not None
    assert setting.name == "any"
    (first, _) = load_engines(weights, choose_device("cpu"), watch=True)
    first.look()  # type: ignore[attr-defined]
    network = Network([first], Windows(), calibration=ANY)
    _, again = network.whole(Pixels(image), (512, 900), Clock.start(None), (1.0, 0.5))
    assert progress.embedding is not None
    np.testing.assert_array_equal(progress.embedding, again.embedding)


def test_what_is_seen_is_seen_at_scale_1(random_pair: Path, window: NDArray[np.float32]) -> None:
    """Cells look like others at another scale, so those that are run make no difference."""
    weights = replace(find_weights(str(random_pair)), calibration=ANY)
    network = Network.load(weights, choose_device("cpu"), Windows(), exact=False)
    image = (window.transpose(1, 2, 0) * 255).astype(np.uint8)
    _, progress = network.whole(Pixels(image), (512, 512), Clock.start(None), (0.5,))
    assert network.setting(progress) == ANY.modalities[0].setting
    _, again = network.whole(Pixels(image), (512, 512), Clock.start(None), (1.0,))
    assert progress.embedding == again.embedding


def test_glass_tells_nothing(random_pair: Path) -> None:
    """An image without signal takes what holds for every image."""
    weights = replace(find_weights(str(random_pair)), calibration=ANY)
    network = Network.load(weights, choose_device("cpu"), Windows(), exact=False)
    _, progress = network.whole(Pixels(np.full((600, 600, 3), 9, np.uint8)), (600, 600), Clock.start(None))
    assert progress.embedding is None
    assert network.setting(progress) == ANY.common


def test_the_window_that_shows_most_is_taken() -> None:
    """The middle of a slide may be glass with a speck of dust."""
    image = np.full((2048, 2048, 3), 230, np.uint8)
    image[1000:1010, 1000:1010] = 0
    image[900:1200, 1600:1900] = np.random.default_rng(0).integers(0, 255, (300, 300, 3))
    grid = Grid((2048, 2048), View.IDENTITY, Windows(overlap=0.25))
    window = telling(Strips(Pixels(image)), grid)
    assert window is not None
    assert (window != 230).any(axis=2).sum() >= 300 * 250
