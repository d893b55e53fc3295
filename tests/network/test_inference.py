"""Passes against the clock, bands, half scale."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from app.network.clock import Clock, Speed
from app.network.engines.lazy import LazyEngine
from app.network.inference import Network, sigmoid
from app.network.ladder import Step
from app.network.scales import scaled
from app.read import Pixels
from app.settings import Windows

SMALL = Windows(size=64)


class Slow:
    """Takes a while for each window, and counts them."""

    name = "slow"
    batch = 2

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.windows = 0

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        time.sleep(self.seconds * len(windows))
        self.windows += len(windows)
        return windows - np.float32(0.5)


def image(height: int, width: int) -> Pixels:
    return Pixels(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))


def test_loading_an_engine_is_no_windows_time() -> None:
    """After a first small image a window seemed to take as long as a model; the next got a poor plan."""

    def load() -> Slow:
        time.sleep(0.5)
        return Slow(0)

    with ThreadPoolExecutor(2) as pool:
        engines = [LazyEngine("late", pool.submit(load).result) for _ in range(2)]
        network = Network(engines, SMALL)
        network.whole(image(40, 40), (40, 40), Clock.start(60))
    assert network.speed.window is not None
    assert network.speed.window < 0.05


def test_without_a_budget_all_passes_run() -> None:
    """`--budget none` is the published strategy: two models, three views, overlap 0.6."""
    engines = [Slow(0), Slow(0)]
    _, progress = Network(engines, SMALL).whole(image(100, 150), (100, 150), Clock.start(None))
    assert progress.passes == 6
    assert progress.rung.overlap == 0.6
    assert engines[0].windows == engines[1].windows == progress.windows / 2


def test_a_short_budget_is_kept() -> None:
    """A laptop must answer in time by itself, with fewer passes, and say so."""
    engines = [Slow(0.02), Slow(0.02)]  # the published strategy would take 15 s
    network = Network(engines, SMALL, Speed(tracking=0.01))
    clock = Clock.start(1.0)
    ((scale, (flow, probability)),), progress = network.whole(image(300, 300), (300, 300), clock)
    assert clock.spent < 5
    assert progress.passes >= 1
    assert progress.rung.overlap < 0.6 or progress.passes < 6
    assert flow.shape == (2, *scaled((300, 300), scale))
    assert np.isfinite(probability).all()


def test_a_pass_that_would_be_late_is_not_begun() -> None:
    """The plan was made for a fast machine that then slowed down; what is summed so far is the answer."""
    engine = Slow(0.02)  # 0.32 s a pass
    network = Network([engine], SMALL, Speed(window=1e-6, tracking=0.01), steps=[Step(0.6, 3, 3)])
    _, progress = network.whole(image(128, 128), (128, 128), Clock.start(0.7))
    assert progress.rung.passes == 3
    assert progress.passes == 1


@pytest.mark.parametrize(
    ("shape", "wanted"), [((201, 333), 0.5), ((64, 64), 1.0), ((1, 1), 1.0), ((1, 20), 1.0)]
)
def test_no_time_at_all_still_gives_a_result(shape: tuple[int, int], wanted: float) -> None:
    """Late is a warning, nothing is a loss: the last resort is half-scale windows, or one at scale 1."""
    network = Network([Slow(0.001)], SMALL, Speed(window=10.0))
    ((scale, (flow, probability)),), progress = network.whole(image(*shape), shape, Clock.start(0.01))
    assert progress.rung.scales == (wanted,)
    assert scale == wanted
    assert flow.shape == (2, *scaled(shape, wanted))
    assert probability.shape == scaled(shape, wanted)


@pytest.mark.parametrize("scale", [2.0, 1.0, 0.5, 0.125])
def test_bands_equal_whole(scale: float) -> None:
    """A slide done band by band must not differ from the same image done at once."""
    shape = (333, 150)
    pixels = image(*shape)
    network = Network([Slow(0), Slow(0)], SMALL)
    clock = Clock.start(None)
    progress = network.plan(pixels, shape, clock)
    progress.rung = replace(progress.rung, scales=(scale,))
    ((flow, probability),) = network.bands(pixels, shape, clock, progress, scale, shape[0])
    bands = list(network.bands(pixels, shape, clock, progress, scale, 50))
    np.testing.assert_allclose(np.concatenate([band[0] for band in bands], axis=1), flow, atol=1e-6)
    np.testing.assert_allclose(np.concatenate([band[1] for band in bands]), probability, atol=1e-6)


def test_a_batch_may_stop_the_run() -> None:
    """SIGTERM is heard between batches."""

    class EnoughError(Exception):
        pass

    def stop(_: object) -> None:
        raise EnoughError

    network = Network([Slow(0)], SMALL, on_batch=stop)
    with pytest.raises(EnoughError):
        network.whole(image(99, 99), (99, 99), Clock.start(None))


def test_sigmoid_at_its_ends() -> None:
    """exp overflowed once for large logits, and warnings are errors."""
    np.testing.assert_allclose(sigmoid(np.array([-1e4, 0, 1e4], np.float32)), [0, 0.5, 1])


def test_scales_are_run_from_the_coarsest_and_given_finest_first() -> None:
    """The cheap scales must be there when the time runs out; merging wants the finest first."""
    shape = (300, 400)
    engines = [Slow(0)]
    bands, progress = Network(engines, SMALL).whole(image(*shape), shape, Clock.start(None), (1, 0.5, 0.125))
    assert progress.rung.scales == (1, 0.5)  # at an eighth the image is 50 px wide
    assert [scale for scale, _ in bands] == [1, 0.5]
    assert [probability.shape for _, (_, probability) in bands] == [(300, 400), (150, 200)]
    assert engines[0].windows == progress.windows


def test_coarse_scales_leave_time_for_the_finer_ones() -> None:
    """All passes at a half and one at full size would be the wrong way to spend what there is."""
    engine = Slow(0.01)
    network = Network([engine], SMALL, Speed(window=1e-6, tracking=0.01), steps=[Step(0.6, 3, 3)])
    (_, coarse), progress = network.whole(image(200, 200), (200, 200), Clock.start(1.5), (1, 0.5))
    assert coarse[0] == 0.5
    assert progress.rung.passes == 3
    assert engine.windows < progress.windows
