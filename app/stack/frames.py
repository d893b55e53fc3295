"""Frames of a film, labelled one by one, linked to tracks by laptrack.

Two steps, after Jaqaman et al. (Nat. Methods 5 (2008) 695-702): each frame is linked to the next one by an
assignment; then the pieces of tracks that this gives are joined over gaps, and attached as daughters, by a
second assignment over the whole film.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..settings import Linking
from .film import Film, Links
from .tracks import Tracks, follow

if TYPE_CHECKING:
    from laptrack import LapTrack

Metric = Callable[[NDArray[Any], NDArray[Any]], float]

CUTOFF = 1.0  # of the costs in `Film.links`, which end there
# What it costs to leave one side of a link alone. In the first step a lone link is always taken, since both
# its sides would pay, but two poor ones do not oust a good one. The second step adds the smallest of such
# costs to each link, so they are twice as high there.
ALONE = 0.525 * CUTOFF
ALONE_PIECE = 1.05 * CUTOFF


def link_frames(film: Film) -> Tracks:
    """The tracks of a film that was collected whole; of one frame, or none with a cell, each cell's own."""
    firsts = film.firsts
    if film.frames < 2 or firsts[-1] == 0:
        return follow({}, firsts)
    steps = range(1, film.frames)
    linking = film.linking
    across = (
        film.links(frame - lag, frame) for frame in steps for lag in range(1, min(linking.gap + 1, frame) + 1)
    )
    same = look_up(across, int(firsts[-1]))
    born = look_up((film.births(frame - 1, frame) for frame in steps), int(firsts[-1]))
    # a cell's number is its whole coordinate: laptrack asks for pairs, the costs are known by then
    cells = [np.arange(a, b, dtype=np.float64)[:, None] for a, b in pairwise(firsts)]
    edges: dict[int, list[int]] = {}
    for (frame, index), (later_frame, later_index) in tracker(linking, same, born).predict(cells).edges:
        edges.setdefault(int(firsts[frame] + index), []).append(int(firsts[later_frame] + later_index))
    return follow(edges, firsts)


def tracker(linking: Linking, same: Metric, born: Metric) -> LapTrack:
    """laptrack, told what it costs to take cells for one, or for mother and daughter."""
    from laptrack import LapTrack

    settings: dict[str, Any] = {
        "metric": same,
        "cutoff": CUTOFF,
        "track_start_cost": ALONE,
        "track_end_cost": ALONE,
        "gap_closing_metric": same,
        "gap_closing_cutoff": CUTOFF,
        "gap_closing_max_frame_count": linking.gap + 1,
        "splitting_metric": born,
        "splitting_cutoff": linking.division,
        "merging_cutoff": False,
        "segment_start_cost": ALONE_PIECE,
        "segment_end_cost": ALONE_PIECE,
        "no_splitting_cost": ALONE_PIECE,
        "no_merging_cost": ALONE_PIECE,
    }
    return LapTrack(**settings)


def look_up(links: Iterable[Links], cells: int) -> Metric:
    """A metric for laptrack: the cost of two cells by their numbers; infinite where there is no link."""
    costs: dict[int, float] = {}
    for one in links:
        keys = one.earlier * cells + one.later
        costs.update(zip(keys.tolist(), one.cost.tolist(), strict=True))
    get, nothing = costs.get, float("inf")

    def metric(a: NDArray[Any], b: NDArray[Any]) -> float:
        x, y = a[0], b[0]
        return get(x * cells + y if x < y else y * cells + x, nothing)

    return metric
