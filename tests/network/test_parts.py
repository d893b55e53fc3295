"""Parts of a slide against all its bands: the same bits, whatever the cut."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.network.clock import Clock
from app.network.inference import Network
from app.network.parts import count_bands, part_of_bands
from app.read import Pixels
from app.settings import Windows
from tests.network.uneven import Uneven

WINDOWS = Windows(size=32)
SCALES = (1.0, 0.5, 0.25)


class Sharp(Uneven):
    """Values that no float32 sum keeps exactly, so that another order of adding shows."""

    def __call__(self, windows: np.ndarray) -> np.ndarray:
        return np.tanh(super().__call__(windows) * np.float32(1.7)) * np.float32(3.3)


@settings(deadline=None, max_examples=25)
@given(
    height=st.integers(20, 150),
    width=st.integers(20, 90),
    band=st.integers(5, 60),
    seed=st.integers(0, 5),
    data=st.data(),
)
@pytest.mark.parametrize("scale", SCALES)
def test_a_part_has_the_bits_of_the_whole(
    scale: float, height: int, width: int, band: int, seed: int, data: st.DataObject
) -> None:
    """Two machines must not draw one cell two ways: floats are added in the order of the one-machine run."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    pixels[height // 3 : height // 2] = 0  # glass: windows without signal count, too
    image, shape = Pixels(pixels), (height, width)
    network = Network([Sharp(), Sharp()], WINDOWS)
    progress = network.plan(image, shape, Clock.start(None), SCALES)
    bands = list(network.bands(image, shape, Clock.start(None), progress, scale, band))
    count = count_bands(shape, scale, band)
    assert len(bands) == count
    first = data.draw(st.integers(0, count - 1))
    last = data.draw(st.integers(first + 1, count))
    left = data.draw(st.integers(0, math.ceil(width * scale) - 1))
    right = data.draw(st.integers(left + 1, math.ceil(width * scale)))
    numbers = range(first, last)
    for columns in (None, (left, right)):
        part = list(part_of_bands(network, image, shape, progress, scale, band, numbers, columns))
        seen = np.s_[:] if columns is None else np.s_[left:right]
        assert len(part) == last - first
        for (flow, probability), (whole_flow, whole_probability) in zip(part, bands[first:last], strict=True):
            assert flow.tobytes() == whole_flow[:, :, seen].tobytes()
            assert probability.tobytes() == whole_probability[:, seen].tobytes()
