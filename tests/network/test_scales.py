"""Images at other scales, by rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from app.errors import UsageError
from app.network.scales import AUTO, SCALES, parse_scales, rescaled, scaled, worth_running
from app.read import Pixels


def noise(shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)


@settings(max_examples=60, deadline=None)
@given(height=st.integers(1, 70), width=st.integers(1, 40), scale=st.sampled_from(SCALES), data=st.data())
def test_rows_are_those_of_the_whole(height: int, width: int, scale: float, data: st.DataObject) -> None:
    """A slide is read in bands: a row must not depend on which band it came in."""
    shape = height, width
    image = rescaled(Pixels(noise(shape)), shape, scale)
    tall, wide = scaled(shape, scale)
    whole = image.rows(0, tall)
    assert whole.shape == (tall, wide, 3)
    y0 = data.draw(st.integers(0, tall - 1))
    y1 = data.draw(st.integers(y0 + 1, tall))
    np.testing.assert_array_equal(image.rows(y0, y1), whole[y0:y1])


def test_a_half_is_the_mean_of_two_by_two() -> None:
    """A cell must not move when it is shrunk: the grid's pixels cover the image's."""
    pixels = noise((8, 6))
    want = pixels.reshape(4, 2, 3, 2, 3).mean((1, 3)).astype(np.uint8)
    np.testing.assert_array_equal(rescaled(Pixels(pixels), (8, 6), 0.5).rows(0, 4), want)


def test_doubled_stays_in_place() -> None:
    """A cubic a half pixel off would shift every contour."""
    smooth = ndimage.gaussian_filter(noise((40, 50)).astype(float), (6, 6, 0))
    pixels = smooth.astype(np.uint8)
    large = rescaled(Pixels(pixels), (40, 50), 2).rows(0, 80)
    back = large.reshape(40, 2, 50, 2, 3).mean((1, 3))
    assert np.abs(back - pixels).max() <= 1


@pytest.mark.parametrize(
    ("text", "scales"), [("auto", AUTO), ("1", (1,)), ("0.25,1", (1, 0.25)), ("2,0.5", (2, 0.5))]
)
def test_scales_by_name(text: str, scales: tuple[float, ...]) -> None:
    assert parse_scales(text) == scales


@pytest.mark.parametrize("text", ["", "half", "0.3", "1,", "3", "nan"])
def test_other_scales_are_wrong_use(text: str) -> None:
    """One line, not a traceback from a reader that can't shrink by 0.3."""
    with pytest.raises(UsageError, match="scales"):
        parse_scales(text)


def test_small_images_are_not_shrunk_to_nothing() -> None:
    """Each scale of a thumbnail costs a whole window."""
    assert worth_running(AUTO, (256, 256)) == (2, 1, 0.5)
    assert worth_running(AUTO, (1000, 900)) == (1, 0.5, 0.25, 0.125)
    assert worth_running((0.125,), (64, 64)) == (0.125,)
