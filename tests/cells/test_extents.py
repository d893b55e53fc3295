"""Cells at the end of tracking's reach."""

from __future__ import annotations

import numpy as np
import pytest

from app.cells.diffusion import labels_to_flow
from app.cells.extents import Extents
from app.flows import compute_masks
from app.settings import Tracking


def disc(side: int, radius: int) -> np.ndarray:  # type: ignore[type-arg]
    y, x = np.mgrid[:side, :side] - side // 2
    return (y**2 + x**2 < radius**2).astype(np.int32)


@pytest.mark.parametrize(("radius", "warned"), [(170, False), (260, True)])
def test_a_cell_beyond_reach_is_warned_about(radius: int, warned: bool) -> None:
    """Half a cell looks like a whole one to whoever counts; nobody would know."""
    truth = disc(600, radius)
    found = compute_masks(5 * labels_to_flow(truth), truth.astype(np.float32))
    assert found.max() == 1, "in one piece, not in many"
    extents = Extents()
    extents.add(found)
    assert (extents.warning(Tracking()) is not None) == warned


def test_bands_tell_what_the_whole_tells() -> None:
    """A cell across bands is as tall as all its parts."""
    labels = np.random.default_rng(0).integers(0, 9, (60, 40)).astype(np.int32)
    labels[:, 20:] = 0
    whole, parts = Extents(), Extents()
    whole.add(labels)
    assert sum(len(band) for band in parts.watch(np.array_split(labels, 7))) == 60
    np.testing.assert_array_equal(parts.boxes, whole.boxes)
    np.testing.assert_array_equal(parts.areas[1:], np.bincount(labels.ravel())[1:])
