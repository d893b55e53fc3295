"""Labels of a canvas are what was painted, and tidy labels are fit for flows."""

from __future__ import annotations

import numpy as np
import pytest

from training.synthetic.canvas import Canvas, part, tidy
from training.synthetic.fill import fill
from training.synthetic.outlines import process, rod, star

DISC = star(np.random.default_rng(0), 10)  # without roughness: a circle


@pytest.mark.parametrize("radius", [4, 8, 30, 90])
def test_a_disc_has_the_area_of_a_disc(radius):
    y, x = fill(star(np.random.default_rng(0), radius) + 100.3, 200)
    assert len(y) == pytest.approx(np.pi * radius**2, rel=0.06)
    assert np.hypot(y - 100.3, x - 100.3).max() <= radius


def test_outlines_are_filled_as_scikit_image_fills_them():
    """The kernel is here for speed alone."""
    from skimage.draw import polygon

    for seed in range(40):
        rng = np.random.default_rng(seed)
        points = star(rng, rng.uniform(2, 40), rng.uniform(1, 3), 0.3) + rng.uniform(-10, 90, 2)
        ours, theirs = np.zeros((80, 80), bool), np.zeros((80, 80), bool)
        ours[fill(points, 80)] = True
        theirs[polygon(points[:, 0], points[:, 1], (80, 80))] = True
        np.testing.assert_array_equal(ours, theirs)


def test_an_outline_beyond_the_canvas_paints_nothing():
    canvas = Canvas(50)
    assert not canvas.paint([DISC], np.array([-40.0, 20.0]))
    assert not canvas.labels.any()


def test_a_later_cell_lies_beneath_and_is_counted_as_hidden():
    """The light of crowded nuclei adds up where they overlap: a look must know where that is."""
    canvas = Canvas(60)
    canvas.paint([DISC], np.array([30.0, 24.0]))
    first = canvas.labels == 1
    canvas.paint([DISC], np.array([30.0, 38.0]))
    assert (canvas.labels[first] == 1).all()
    assert (canvas.labels == 2).any()
    assert (canvas.hidden[canvas.labels == 1] == 1).any()
    assert not canvas.hidden[canvas.labels != 1].any()


def test_a_cell_too_much_covered_is_not_painted():
    canvas = Canvas(60)
    canvas.paint([DISC], np.array([30.0, 30.0]))
    before = canvas.labels.copy()
    assert not canvas.paint([DISC], np.array([31.0, 30.0]), free=0.5)
    np.testing.assert_array_equal(canvas.labels, before)
    assert not canvas.hidden.any()


def test_tidy_keeps_the_largest_piece_and_drops_specks():
    labels = np.zeros((20, 30), np.int32)
    labels[1:7, 1:7] = 5  # 36 px
    labels[10:15, 1:6] = 5  # 25 px of the same cell
    labels[1:5, 10:14] = 7  # 16 px: a speck
    labels[10:16, 10:16] = 9
    labels[16, 16] = 9  # touches by a corner only
    found = tidy(labels)
    assert found.max() == 2
    assert (found[1:7, 1:7] > 0).all()
    assert not found[10:15, 1:6].any()
    assert not found[1:5, 10:14].any()
    assert found[16, 16] == 0


def test_parted_cells_touch_no_more():
    labels = np.repeat(np.repeat(np.arange(1, 10, dtype=np.int32).reshape(3, 3), 6, 0), 6, 1)
    parted = part(labels)
    for one, two in ((parted[1:], parted[:-1]), (parted[:, 1:], parted[:, :-1])):
        assert not ((one != two) & (one > 0) & (two > 0)).any()
    assert set(np.unique(parted)) == set(range(10))


def test_rods_and_processes_are_as_long_and_wide_as_asked():
    y, x = fill(rod(5, 40, 0.0) + 60, 120)
    assert np.ptp(x) == pytest.approx(50, abs=2)
    assert np.ptp(y) == pytest.approx(10, abs=1)
    rng = np.random.default_rng(0)
    y, x = fill(process(rng, 10, 60, 4, 0.0) + 100, 200)
    assert len(y) == pytest.approx(60 * 4 * 0.67, rel=0.35)
