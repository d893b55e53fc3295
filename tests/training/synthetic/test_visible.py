"""A cell that nobody can see is no label, and one that shows a border only is."""

from __future__ import annotations

import numpy as np
import pytest

from training.synthetic.visible import noise, visible


@pytest.fixture
def disc():
    """Labels `(64, 64)` of one cell of 24 px."""
    y, x = np.mgrid[:64, :64] - 32
    return (np.hypot(y, x) < 12).astype(np.int32)


def seen(plane, labels):
    return bool(visible(plane.round().clip(0, 255).astype(np.uint8), labels)[1])


@pytest.mark.parametrize(("step", "expected"), [(0, False), (4, False), (12, True), (-12, True)])
def test_a_body_shows_by_its_step(disc, step, expected):
    assert seen(100 + step * disc.astype(float), disc) is expected


def test_noise_hides_a_step_that_would_show_without(disc):
    rng = np.random.default_rng(0)
    assert seen(100 + 8.0 * disc, disc)
    assert not seen(100 + 8 * disc + rng.normal(0, 35, disc.shape), disc)
    assert seen(100 + 60 * disc + rng.normal(0, 35, disc.shape), disc)


def test_rough_ground_hides_a_step_too(disc):
    """Pale nuclei in fibrous tissue were labelled where a person saw fibres only."""
    fibres = 40 * np.sign(np.sin(np.arange(64) / 2.5))[None, :]
    assert not seen(120 + 12 * disc + fibres, disc)


def test_a_ring_is_enough(disc):
    """Cells in brightfield are as gray inside as outside."""
    from training.synthetic.canvas import borders

    assert seen(100 + 40.0 * (borders(disc) & (disc > 0)), disc)


def test_relief_is_enough(disc):
    """No field in interference contrast was kept at first: light and shade are gray in the mean."""
    from training.synthetic.fields import blur

    relief = 150 * np.gradient(blur(disc, 1.5), axis=1)
    assert abs(relief.mean()) < 0.5
    assert seen(120 + relief, disc)
    assert not seen(120 + np.roll(relief, 30, axis=1), disc)  # the relief of something beside it


def test_one_channel_is_enough(disc):
    image = np.full((64, 64, 3), 90, np.uint8)
    image[..., 2] += (20 * disc).astype(np.uint8)
    assert visible(image, disc)[1]


def test_cells_without_ground_are_compared_with_their_neighbours():
    labels = np.repeat(np.arange(1, 5, dtype=np.int32), 16)[None].repeat(40, 0)
    plane = np.array([0, 60, 120, 120, 120], np.uint8)[labels]  # the last two stand apart from nothing
    np.testing.assert_array_equal(visible(plane, labels), [True, True, True, False, False])


def test_noise_is_measured_in_gray_levels():
    rng = np.random.default_rng(0)
    for deviation in (3, 12, 30):
        plane = (128 + rng.normal(0, deviation, (200, 200))).astype(np.float32)
        assert noise(plane) == pytest.approx(deviation, rel=0.15)
