"""Links to tracks, and tracks to rows of res_track.txt."""

from __future__ import annotations

import numpy as np

from app.stack.tracks import follow, rows


def test_a_track_without_gaps_is_one_row() -> None:
    assert rows({1: [0, 1, 2], 2: [1]}, {}) == ([(1, 0, 2, 0), (2, 1, 1, 0)], {})


def test_a_gap_makes_two_rows_and_a_parent() -> None:
    """The challenge's own check refuses a track that is absent between its first and its last frame."""
    found, other = rows({1: [0, 1, 3, 4, 6], 2: [0]}, {})
    assert found == [(1, 0, 1, 0), (2, 0, 0, 0), (3, 3, 4, 1), (4, 6, 6, 3)]
    assert other == {(1, 3): 3, (1, 4): 3, (1, 6): 4}


def test_daughters_come_from_the_last_piece() -> None:
    """Else a parent would end before the piece that divides begins."""
    found, _ = rows({1: [0, 2], 2: [3], 3: [3]}, {2: 1, 3: 1})
    assert found == [(1, 0, 0, 0), (2, 3, 3, 4), (3, 3, 3, 4), (4, 2, 2, 1)]


def test_nothing_tracked_is_no_row() -> None:
    assert rows({}, {}) == ([], {})


def test_tracks_are_numbered_as_they_begin() -> None:
    """Frames of 2, 2 and 3 cells; cell 0 → 3 → 4 and 6 (a division); cell 1 → 5 over a gap; 2 is new."""
    tracks = follow({0: [3], 1: [5], 3: [4, 6]}, np.array([0, 2, 4, 7]))
    assert [ids.tolist() for ids in tracks.ids] == [[0, 1, 2], [0, 3, 1], [0, 4, 2, 5]]
    assert tracks.parents == {4: 1, 5: 1}
    assert [(gap.track, gap.before, gap.before_id, gap.after, gap.after_id) for gap in tracks.gaps] == [
        (2, 0, 2, 2, 2)
    ]
