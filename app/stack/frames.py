"""Frames of a film, labelled one by one, linked to tracks.

Two steps, after Jaqaman et al. (Nat. Methods 5 (2008) 695-702): each frame is linked to the next one by an
assignment; then the pieces of tracks that this gives are joined over gaps, and attached as daughters, by a
second assignment over the whole film. What is best is reckoned as laptrack reckons it, and a test compares
the tracks with those of laptrack, which is no part of an installation: with what it needs it has 188 MB.
"""

from __future__ import annotations

import numpy as np

from .assignment import assign
from .film import Film
from .overlaps import Floats, Ints
from .tracks import Tracks, follow

# What it costs to leave one side of a link alone, of costs in [0, 1]. In the first step links above it are
# left to the second, so that two poor ones do not oust a good one; there any link is better than none.
ALONE = 0.525
ALONE_PIECE = 1.05

Pairs = tuple[Ints, Ints]  # (K,) each: numbers of the earlier and of the later cells


def link_frames(film: Film) -> Tracks:
    """The tracks of a film that was collected whole; of one frame, or none with a cell, each cell's own."""
    if film.frames < 2 or film.firsts[-1] == 0:
        return follow({}, film.firsts)
    earlier, later = zip(*(link_step(film, frame) for frame in range(1, film.frames)), strict=True)
    steps = np.concatenate(earlier), np.concatenate(later)
    edges: dict[int, list[int]] = {}
    for before, after in (*pairs(steps), *pairs(link_pieces(film, steps))):
        edges.setdefault(before, []).append(after)
    return follow(edges, film.firsts)


def link_step(film: Film, frame: int) -> Pairs:
    """The first step: the cells of the frame before and of this one."""
    links = film.links(frame - 1, frame)
    least = min(ALONE, links.cost.min(initial=ALONE))  # each link pays it besides its own, as in laptrack
    worth = 2 * ALONE - least - links.cost
    return best(links.earlier, links.later, worth)


def link_pieces(film: Film, steps: Pairs) -> Pairs:
    """The second step: ends of pieces and beginnings of others, mothers and beginnings in the next frame."""
    cells = int(film.firsts[-1])
    ends, begins = np.ones(cells, np.bool_), np.ones(cells, np.bool_)
    ends[steps[0]] = False
    begins[steps[1]] = False
    rows, columns, worths = [], [], []
    for frame in range(1, film.frames):
        for before in range(max(frame - 1 - film.linking.gap, 0), frame):
            links = film.links(before, frame)
            fit = ends[links.earlier] & begins[links.later] & (links.cost < 1)
            rows.append(links.earlier[fit])
            columns.append(links.later[fit])
            worths.append(ALONE_PIECE - links.cost[fit])
        births = film.births(frame - 1, frame)
        fit = begins[births.later] & (births.cost < film.linking.division)
        rows.append(cells + births.earlier[fit])  # a mother is another side than the end of her track
        columns.append(births.later[fit])
        worths.append(ALONE_PIECE - births.cost[fit])
    earlier, later = best(np.concatenate(rows), np.concatenate(columns), np.concatenate(worths))
    return earlier % cells, later


def best(earlier: Ints, later: Ints, worth: Floats) -> Pairs:
    """Those of K links that together are worth most, no cell twice on its side."""
    good = worth > 0
    earlier, later = earlier[good], later[good]
    taken = assign(earlier, later, worth[good])
    return earlier[taken], later[taken]


def pairs(links: Pairs) -> list[tuple[int, int]]:
    """The same as a list of pairs."""
    return list(zip(*(side.tolist() for side in links), strict=True))
