"""Planes joined through z: only ids change, none is used twice, and Cellpose agrees where it is sure."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.settings import Linking
from app.stack import link_planes
from app.stack.overlaps import areas, overlaps

Stack = NDArray[np.int32]


def boxes(*planes: list[tuple[int, int, int, int]]) -> Stack:
    """Planes of 24 × 24 px with a cell per box y0, x0, y1, x1; earlier boxes lie on top."""
    stack = np.zeros((len(planes), 24, 24), np.int32)
    for plane, cells in zip(stack, planes, strict=True):
        for y0, x0, y1, x1 in cells:
            inside = plane[y0:y1, x0:x1] == 0
            if inside.any():
                plane[y0:y1, x0:x1][inside] = plane.max() + 1
    return stack


box = st.tuples(*[st.integers(0, 16)] * 2, *[st.integers(3, 9)] * 2).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)
stacks = st.lists(st.lists(box, max_size=5), min_size=1, max_size=5).map(lambda planes: boxes(*planes))


def linked(stack: Stack, **knobs: float) -> Stack:
    return np.stack(list(link_planes(stack, Linking(**knobs))))


@given(stacks)
@settings(deadline=None, max_examples=60)
def test_only_ids_change_and_they_are_one_to_n(stack: Stack) -> None:
    """A stack equals its planes done singly, apart from ids."""
    whole = linked(stack)
    assert np.array_equal(np.unique(whole[whole > 0]), np.arange(1, whole.max() + 1))
    for before, after in zip(stack, whole, strict=True):
        pairs = np.unique(np.stack([before.ravel(), after.ravel()]), axis=1).T
        assert len(pairs) == len(np.unique(before))  # one to one
        assert ((before == 0) == (after == 0)).all()


@given(stacks)
@settings(deadline=None, max_examples=60)
def test_a_cell_goes_on_where_enough_is_shared(stack: Stack) -> None:
    """No pair is joined below the threshold, and none is left that could still be joined."""
    whole = linked(stack, bridge=0)
    for one, two in pairwise(whole):
        pairs = overlaps(one, two)
        iou = pairs.iou(areas(one), areas(two))
        joined = pairs.first == pairs.second
        assert (iou[joined] >= 0.25).all()
        left = ~np.isin(pairs.first, pairs.first[joined]) & ~np.isin(pairs.second, pairs.second[joined])
        assert (iou[left] < 0.25).all()


@pytest.mark.parametrize("seed", range(8))
def test_equal_to_cellpose_where_nothing_is_contested(seed: int) -> None:
    """`cellpose.utils.stitch3D` takes what is best for each earlier cell; where no cell has two candidates
    there is nothing to choose, and both must say the same."""
    from cellpose.utils import stitch3D

    rng = np.random.default_rng(seed)
    corners = [(y, x) for y in (0, 8, 16) for x in (0, 8, 16)]
    planes = [
        [(y, x, y + rng.integers(5, 8), x + rng.integers(5, 8)) for y, x in corners if rng.random() < 0.8]
        for _ in range(6)
    ]
    stack = boxes(*planes)
    ours, theirs = linked(stack, bridge=0), np.stack(stitch3D(stack.copy(), 0.25))
    assert len(np.unique(np.stack([ours.ravel(), theirs.ravel()]), axis=1).T) == ours.max() + 1


@given(stacks)
@example(boxes([(0, 1, 3, 6), (0, 0, 3, 3)]))  # where Cellpose makes one cell of two
@settings(deadline=None, max_examples=60)
def test_shares_at_least_as_much_as_cellpose(stack: Stack) -> None:
    """Where cells contest, the joined pairs of two planes have the largest sum of IoU, greed or not."""
    from cellpose.utils import stitch3D

    stack = np.concatenate([boxes([(0, 0, 3, 3)]), stack[:2]])[-2:]
    if len(stack) < 2 or not stack.any(axis=(1, 2)).all():
        return
    theirs = np.stack(stitch3D(stack.copy(), 0.25))
    # it may give two cells of a plane one id, which then share more than any two cells do
    assume(all(len(np.unique(new)) == len(np.unique(old)) for new, old in zip(theirs, stack, strict=True)))
    sums = []
    for whole in (linked(stack, bridge=0), theirs):
        pairs = overlaps(whole[0], whole[1])
        joined = pairs.first == pairs.second
        sums.append(pairs.iou(areas(whole[0]), areas(whole[1]))[joined].sum())
    assert sums[0] >= sums[1] - 1e-12


def test_what_greed_leaves_alone() -> None:
    """A plane's two cells that both lie best on one below: Cellpose ends the other cell, we go on with it."""
    from cellpose.utils import stitch3D

    stack = boxes([(0, 0, 8, 10), (0, 10, 8, 16)], [(0, 0, 8, 4), (0, 4, 8, 14)])
    # IoU of the second plane's cells with the first's: 0.40 and 0; 0.43 and 0.33
    assert np.unique(linked(stack)).tolist() == [0, 1, 2]
    assert np.unique(np.stack(stitch3D(stack.copy(), 0.25))).tolist() == [0, 1, 2, 3]


def test_an_empty_plane_does_not_give_ids_again() -> None:
    """In Cellpose 4.2.1 the cells after a leading cell and an empty plane get the ids of those before it."""
    here, there = [(0, 0, 8, 8)], [(15, 15, 22, 22)]
    stack = boxes(here, [], there)
    whole = linked(stack)
    assert whole[0].max() == 1
    assert whole[2].max() == 2


def test_one_plane_without_a_cell_is_bridged_and_two_are_not() -> None:
    """Out of focus for a plane is still the same cell."""
    cell, other = (0, 0, 8, 8), (15, 15, 22, 22)
    missed = linked(boxes([cell, other], [other], [cell, other]))
    assert missed[2, 0, 0] == missed[0, 0, 0] == 1
    assert missed[1, 0, 0] == 0  # nothing is drawn
    gone = linked(boxes([cell, other], [other], [other], [cell, other]))
    assert gone[3, 0, 0] == 3


def test_a_nearer_plane_goes_first() -> None:
    """A cell that went on does not also go on over a gap: that would give one id twice in a plane."""
    whole = linked(boxes([(0, 0, 8, 8)], [(0, 0, 8, 8)], [(0, 0, 8, 4), (0, 4, 8, 8)]))
    assert sorted(np.unique(whole[2]).tolist()) == [0, 1, 2]


def test_planes_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in size"):
        list(link_planes([np.zeros((3, 3), np.int32), np.zeros((3, 4), np.int32)], Linking()))
