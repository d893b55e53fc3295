"""End points to masks: votes, peaks, growth, and who wins."""

from __future__ import annotations

import numpy as np

from app.cells.seeds import any_stray, masks_from_ends

SHAPE = (30, 30)
WHOLE = (0, 0, *SHAPE)


def ends_with(votes):
    """End points such that each `(y, x)` gets its votes, from pixels in raster order."""
    ends = np.full(SHAPE, -1, np.int32)
    sources = iter(range(ends.size))
    for (y, x), count in votes.items():
        for _ in range(count):
            ends.flat[next(sources)] = y * SHAPE[1] + x
    return ends


def test_ten_votes_are_no_seed_and_eleven_are():
    assert masks_from_ends(ends_with({(15, 15): 10}), WHOLE)[1] == 0
    labels, count = masks_from_ends(ends_with({(15, 15): 11}), WHOLE)
    assert count == 1
    assert (labels > 0).sum() == 11


def test_a_seed_grows_through_three_votes_not_two_and_five_pixels_far():
    row = {(15, 10): 20} | {(15, x): 3 for x in range(11, 18)}
    labels, _ = masks_from_ends(ends_with(row), WHOLE)
    assert (labels > 0).sum() == 20 + 5 * 3
    labels, _ = masks_from_ends(ends_with({(15, 10): 20, (15, 11): 2, (15, 12): 3}), WHOLE)
    assert (labels > 0).sum() == 20


def test_the_stronger_of_two_seeds_gets_what_both_reach():
    between = {(15, x): 4 for x in range(11, 16)}
    labels, count = masks_from_ends(ends_with({(15, 10): 20, (15, 16): 30} | between), WHOLE)
    assert count == 2
    assert np.bincount(labels.ravel())[1:].tolist() == [20, 30 + 5 * 4]  # ids rise with strength


def test_only_seeds_of_the_inner_part_make_masks_but_others_still_compete():
    ends = ends_with({(15, 10): 20, (15, 12): 4, (15, 14): 4, (15, 16): 30})
    _, count = masks_from_ends(ends.copy(), (0, 0, 30, 16))
    assert count == 1


def test_a_pixel_from_beyond_the_trusted_part_is_noticed():
    ends = np.full((100, 100), -1, np.int32)
    ends[3, 50] = 50 * 100 + 50
    inner, trusted = (40, 40, 60, 60), (10, 10, 90, 90)
    assert any_stray(ends, inner, trusted)
    assert not any_stray(ends, inner, (0, 0, 100, 100))
    ends[3, 50] = 10 * 100 + 50
    assert not any_stray(ends, inner, trusted)
