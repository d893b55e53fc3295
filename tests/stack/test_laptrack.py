"""The tracks are those of laptrack (Fukai and Kawaguchi, Bioinformatics 39 (2023) btac799) at equal costs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from app.settings import Linking
from app.stack import Film, link_frames
from app.stack.film import Links
from app.stack.frames import ALONE, ALONE_PIECE
from app.stack.tracks import Tracks, follow

laptrack = pytest.importorskip("laptrack", reason="laptrack is not installed: ours is compared with it only")

Metric = Callable[[NDArray[np.float64], NDArray[np.float64]], float]


def look_up(links: list[Links]) -> Metric:
    """A metric for laptrack: the cost of two cells by their numbers; infinite where there is no link."""
    costs = {
        (a, b): cost
        for one in links
        for a, b, cost in zip(one.earlier.tolist(), one.later.tolist(), one.cost.tolist(), strict=True)
    }
    return lambda a, b: costs.get((min(a[0], b[0]), max(a[0], b[0])), np.inf)


def by_laptrack(film: Film) -> Tracks:
    firsts = film.firsts
    frames = range(1, film.frames)
    lags = range(1, film.linking.gap + 2)
    same = look_up([film.links(frame - lag, frame) for frame in frames for lag in lags if lag <= frame])
    tracker = laptrack.LapTrack(
        metric=same,
        cutoff=1.0,
        track_start_cost=ALONE,
        track_end_cost=ALONE,
        gap_closing_metric=same,
        gap_closing_cutoff=1.0,
        gap_closing_max_frame_count=film.linking.gap + 1,
        splitting_metric=look_up([film.births(frame - 1, frame) for frame in frames]),
        splitting_cutoff=film.linking.division,
        merging_cutoff=False,
        segment_start_cost=ALONE_PIECE,
        segment_end_cost=ALONE_PIECE,
        no_splitting_cost=ALONE_PIECE,
        no_merging_cost=ALONE_PIECE,
    )
    # a cell's number is its whole coordinate: laptrack asks for pairs, the costs are known by then
    cells = [np.arange(a, b, dtype=np.float64)[:, None] for a, b in pairwise(firsts)]
    edges: dict[int, list[int]] = {}
    for (frame, index), (later_frame, later_index) in tracker.predict(cells).edges:
        edges.setdefault(int(firsts[frame] + index), []).append(int(firsts[later_frame] + later_index))
    return follow(edges, firsts)


@pytest.mark.parametrize(("dropped", "gap"), [(0.0, 1), (0.05, 1), (0.3, 2)])
def test_the_same_tracks(
    film_truth: Callable[..., object], seen: Callable[..., list[NDArray[np.int32]]], dropped: float, gap: int
) -> None:
    """Cells that move, divide, touch and are missed now and then: every id, parent and gap is the same."""
    film = Film(Linking(gap=gap))
    for labels in seen(film_truth(frames=25, side=200, cells=12, seed=4).masks, dropped):
        film.add(labels)
    ours, theirs = link_frames(film), by_laptrack(film)
    assert len(theirs.parents) > 3
    assert all(np.array_equal(a, b) for a, b in zip(ours.ids, theirs.ids, strict=True))
    assert (ours.parents, ours.gaps) == (theirs.parents, theirs.gaps)
