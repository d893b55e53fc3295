"""What every synthetic image holds to, whatever the seed: training believes its labels blindly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import maximum_filter, minimum_filter
from skimage.measure import label

from training.synthetic import draw
from training.synthetic.canvas import SMALLEST
from training.synthetic.drawing import LAYOUTS, LOOKS, SHARES
from training.synthetic.scene import Scene
from training.synthetic.visible import visible


@pytest.fixture(scope="module")
def drawn():
    """200 seeds, small for speed."""
    return [draw(seed, 72) for seed in range(200)]


def test_shapes_and_types(drawn):
    for synthetic in drawn:
        assert synthetic.image.dtype == np.uint8
        assert synthetic.image.shape in ((72, 72), (72, 72, 3))
        assert synthetic.labels.shape == (72, 72)
        assert synthetic.labels.dtype == np.int32


def test_each_cell_is_one_piece_and_large_enough(drawn):
    """A cell in two pieces has two centres, and its flow points at neither."""
    for synthetic in drawn:
        pieces = label(synthetic.labels, background=0, connectivity=1)
        assert pieces.max() == synthetic.labels.max()
        areas = np.bincount(synthetic.labels.ravel())[1:]
        assert (areas >= SMALLEST).all()  # ids 1..N without gaps, too: a gap has no area


def test_each_cell_can_be_seen(drawn):
    """The sketch labelled cells as bright as their ground, and a network learned to guess."""
    for synthetic in drawn:
        assert visible(synthetic.image, synthetic.labels).all()


def test_most_fields_hold_cells_and_some_hold_none(drawn):
    counts = np.array([synthetic.labels.max() for synthetic in drawn])
    assert (counts > 0).mean() > 0.9
    assert any(synthetic.layout == "empty" for synthetic in drawn)


def test_the_same_seed_gives_the_same_image():
    """A resumed bank, or a second machine, has to draw what the first would have drawn."""
    for seed in range(8):
        first, again = draw(seed, 80), draw(seed, 80)
        np.testing.assert_array_equal(first.image, again.image)
        np.testing.assert_array_equal(first.labels, again.labels)
    assert not np.array_equal(draw(1, 80).image, draw(2, 80).image)


def test_looks_may_be_asked_for():
    for seed in range(12):
        assert draw(seed, 72, looks=["interference", "phase"]).look in ("interference", "phase")


def test_every_look_and_layout_has_a_share():
    """A look that is written and never drawn teaches nothing."""
    assert SHARES.keys() == LOOKS.keys()
    assert {kind for kinds in SHARES.values() for kind in kinds} == LAYOUTS.keys()


@pytest.mark.parametrize("look", LOOKS)
def test_looks_give_light_on_every_layout_of_theirs(look):
    """Powers of negative numbers were NaN in the sketch, and a field without cells divided by zero."""
    for kind in SHARES[look]:
        for seed in range(3):
            rng = np.random.default_rng(seed)
            light = LOOKS[look](Scene(LAYOUTS[kind](rng, 72), rng))
            assert light.shape in ((72, 72), (72, 72, 3)), kind
            assert np.isfinite(light).all(), kind
            assert -1 < np.median(light) < 2, kind


def test_islands_are_cells_pressed_together_with_ground_around():
    """A pair that knew full sheets and loose cells found hardly a cell in a clump of insect cells."""
    pressed, ground = [], []
    for seed in range(12):
        labels = LAYOUTS["islands"](np.random.default_rng(seed), 160).labels
        if labels.any():
            most = maximum_filter(labels, 9)  # cells are up to 3 px apart
            least = minimum_filter(np.where(labels > 0, labels, labels.max() + 1), 9)
            near = np.unique(labels[(labels > 0) & (most != least)])
            pressed.append(len(near) / len(np.unique(labels[labels > 0])))
            ground.append((labels == 0).mean())
    assert np.median(pressed) > 0.7
    assert np.median(ground) > 0.15
