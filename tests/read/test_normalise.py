"""The 8-bit steps against scikit-image, which the published models were fed by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.exposure import rescale_intensity

from app.read.normalise import find_scale, normalise

TYPES = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"]


def published(raw):
    low, high = np.percentile(raw[np.nonzero(raw)], [0, 99.5])
    return rescale_intensity(raw, in_range=(low, high), out_range="uint8").astype(np.uint8)


def spread(raw):
    """Whether the percentiles differ; where not, the published result is undefined."""
    values = raw[np.nonzero(raw)]
    return values.size and np.diff(np.percentile(values, [0, 99.5]))[0] > 0


@pytest.mark.parametrize("kind", TYPES)
def test_equals_scikit_image(kind):
    """Every step of every type; a float that is cut one step away would show."""
    rng = np.random.default_rng(3)
    for scale in (3, 40, 100):
        for shape in ((61, 47), (50, 30, 3)):
            raw = rng.normal(20 if kind[0] == "u" else 0, scale, shape).clip(
                0 if kind[0] == "u" else -120, 120
            )
            raw = raw.astype(kind)
            np.testing.assert_array_equal(normalise(raw), published(raw))


@settings(max_examples=150, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.dtype(kind) for kind in ("u1", "u2", "i2", "i4", "f4")]),
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
        elements=st.integers(0, 100),
    )
)
def test_equals_scikit_image_on_anything_small(raw):
    """Few values, ties and zeros: where quantiles go wrong by one rank."""
    if spread(raw):
        np.testing.assert_array_equal(normalise(raw), published(raw))


@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "i4", "f4", "f8"])
def test_pieces_equal_whole(kind):
    """A slide is counted in pieces; its scale must be that of the whole, to the last bit."""
    rng = np.random.default_rng(5)
    raw = (rng.gamma(2, 30, (97, 53)) * 1.7).clip(0, 250).astype(kind)
    values = raw[raw != 0]
    low, high = np.percentile(values, [0, 99.5])
    scale = find_scale(lambda: np.array_split(raw.reshape(-1), 7), raw.dtype)
    assert scale.low == low
    assert scale.high == high


@pytest.mark.parametrize("kind", [*TYPES, "f2", "?"])
def test_mask_keeps_its_two_values_apart(kind):
    """All non-zero values are one, so both percentiles coincide; the cells must not vanish."""
    mask = np.zeros((9, 9), kind)
    mask[2:5, 3:7] = 1
    np.testing.assert_array_equal(normalise(mask), mask.astype(np.uint8) * 255)


def test_mask_of_negative_values_keeps_its_order():
    """Zero is the brighter of 0 and -5."""
    mask = np.zeros((4, 4), np.int16)
    mask[0] = -5
    np.testing.assert_array_equal(normalise(mask), np.where(mask == 0, 255, 0))


def test_few_bright_pixels_on_a_constant_ground_are_kept():
    """Fewer than 0.5 % of the pixels differ, so both percentiles are the ground."""
    raw = np.full((100, 100), 7, np.uint16)
    raw[50, 50:53] = 900
    steps = normalise(raw)
    assert steps[0, 0] == 0
    assert steps[50, 51] == 255


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_constant_image_has_no_contrast(value):
    assert not normalise(np.full((5, 6), value, np.uint16)).any()


def test_values_that_are_not_finite_count_as_zero():
    raw = np.arange(1, 101, dtype=np.float32).reshape(10, 10)
    odd = raw.copy()
    odd[0, :3] = np.nan, np.inf, -np.inf
    clean = raw.copy()
    clean[0, :3] = 0
    np.testing.assert_array_equal(normalise(odd), normalise(clean))


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_largest_floats_do_not_overflow(kind):
    raw = np.linspace(-1, 1, 100).reshape(10, 10) * (float(np.finfo(kind).max) / 9)
    steps = normalise(raw.astype(kind)).astype(int).reshape(-1)
    assert (np.diff(steps) >= 0).all()
    assert steps[0] == 0
    assert steps[-1] >= 254  # single precision may cut the last step


@pytest.mark.parametrize("kind", [">u2", ">i4", ">f4"])
def test_byte_order_does_not_matter(kind):
    raw = np.arange(300).reshape(15, 20)
    np.testing.assert_array_equal(normalise(raw.astype(kind)), normalise(raw.astype(kind[1:])))


def test_complex_values_are_refused():
    with pytest.raises(ValueError, match="real numbers"):
        normalise(np.ones((3, 3), np.complex64))


def test_real_images_equal_scikit_image(cells):
    """One of every twenty real images."""
    import imagecodecs

    for path in sorted(cells.glob("*/images/*.png"))[::20]:
        raw = imagecodecs.imread(path)
        np.testing.assert_array_equal(normalise(raw), published(raw), err_msg=path.name)
