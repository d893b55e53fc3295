"""Broken masks are found, counted and mended; whole ones are left alone."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import label

from training.check import check, report
from training.data import all_pairs, find_pairs, load_labels
from training.repair import Faults, mend


def field(*cells: tuple[int, slice, slice]) -> np.ndarray:
    """40 × 60 px with rectangles, later ones over earlier ones."""
    labels = np.zeros((40, 60), np.int32)
    for cell, ys, xs in cells:
        labels[ys, xs] = cell
    return labels


BODY = (1, slice(5, 25), slice(5, 25))
BROKEN = {
    "hole": (field(BODY, (0, slice(10, 13), slice(10, 13))), Faults(holes=1), 1),
    "large hole": (field(BODY, (0, slice(7, 22), slice(7, 22))), Faults(holes=1), 1),
    "speck inside": (field(BODY, (2, slice(10, 13), slice(10, 13))), Faults(nested=1), 1),
    "cell inside": (field(BODY, (2, slice(10, 18), slice(10, 18))), Faults(nested=1), 2),
    "speck outside": (field(BODY, (1, slice(30, 32), slice(30, 32))), Faults(fragments=1), 1),
    "two bodies": (field(BODY, (1, slice(5, 25), slice(30, 50))), Faults(fragments=1), 2),
    "bridge": (
        field(BODY, (1, slice(5, 25), slice(30, 50)), (1, slice(12, 13), slice(25, 30))),
        Faults(bridges=1),
        2,
    ),
    "corner": (field(BODY, (1, slice(25, 39), slice(25, 39))), Faults(bridges=1), 2),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_each_fault_is_found_and_mended(kind):
    labels, faults, cells = BROKEN[kind]
    before = labels.copy()
    mended, found = mend(labels)
    assert found == faults
    assert len(np.unique(mended)) - 1 == cells
    assert np.array_equal(labels, before)  # the caller's array is its own
    assert not any(mend(mended)[1].__dict__[name] for name in ("holes", "fragments", "bridges"))


def test_a_speck_goes_to_the_cell_that_it_touches():
    """Half-drawn borders leave pixels of one id in the middle of its neighbour's edge."""
    labels = field((1, slice(5, 25), slice(5, 25)), (2, slice(5, 25), slice(30, 50)))
    labels[10:12, 30] = 1
    mended, found = mend(labels)
    assert found == Faults(fragments=1)
    assert (mended[10:12, 30] == 2).all()


def test_whole_cells_stay_as_they_are():
    """Thin rods and touching cells are no faults: a rod of one pixel is all bridge and no body."""
    labels = field(BODY, (2, slice(5, 25), slice(25, 40)), (3, slice(30, 31), slice(2, 50)))
    mended, found = mend(labels)
    assert not found
    assert np.array_equal(mended, labels)


@settings(max_examples=50, deadline=None)
@given(arrays(np.int32, (7, 7), elements=st.integers(0, 3)), st.integers(1, 3))
def test_mended_ids_are_in_one_piece(labels, size):
    """A cut through bridges left a third piece with the id of one of the bodies."""
    mended, _ = mend(np.kron(labels, np.ones((size, size), np.int32)))
    for cell in np.unique(mended[mended > 0]):
        assert label(mended == cell, np.ones((3, 3)))[1] == 1


def test_mended_labels_take_the_place_of_broken_ones(tmp_path, write_pair):
    image = np.zeros((40, 60), np.uint8)
    image[::2] = 9
    whole = field(BODY)
    write_pair(tmp_path / "data" / "good", "a", image, whole.astype(np.uint16), "tiff")
    write_pair(tmp_path / "data" / "bad", "b", image, BROKEN["bridge"][0].astype(np.uint16), "tiff")
    done = check(all_pairs(tmp_path / "data"), tmp_path / "new")
    table = report(done).splitlines()
    assert table[2:] == [
        "| bad | 1 | 1 | 0 | 0 | 0 | 1 | 1 |",
        "| good | 1 | 1 | 0 | 0 | 0 | 0 | 0 |",
        "| all | 2 | 2 | 0 | 0 | 0 | 1 | 1 |",
    ]
    bad, good = find_pairs(tmp_path / "data", "train", tmp_path / "new")
    assert load_labels(bad.label).max() == 2
    assert good.label.is_relative_to(tmp_path / "data")  # what was whole is not written again
    assert tifffile.imread(tmp_path / "data/bad/labels/b.tiff").max() == 1
    assert (tmp_path / "new/checked.csv").read_text().splitlines()[1] == "bad,b,1,0,0,0,1"
