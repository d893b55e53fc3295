"""Which cell gets which colour: neighbours differ, and people with colour-blindness tell them apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .colours import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, YELLOW, rgb

PALETTE = np.array([rgb(name) for name in (ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE)], np.uint8)
TOUCHING = (1,)  # px
NEAR = (2, 4, 8)  # px; cells this far apart differ too where colours are left


def cell_colours(labels: NDArray[np.int32]) -> NDArray[np.uint8]:
    """`(H, W)` labels → `(N + 1, 3)` uint8, one colour per id (row 0, the background, is black)."""
    colours = np.zeros((int(labels.max(initial=0)) + 1, 3), np.uint8)
    touching, near = neighbours(labels, TOUCHING), neighbours(labels, NEAR)
    chosen = colour_graph(touching, near, len(colours), len(PALETTE))
    colours[1:] = PALETTE[chosen[1:]]
    return colours


def neighbours(labels: NDArray[np.int32], distances: tuple[int, ...]) -> NDArray[np.int64]:
    """`(K, 2)` unique pairs of ids, the smaller first, so many pixels apart in one of eight directions."""
    base = int(labels.max(initial=0)) + 1
    found = [np.empty(0, np.int64)]
    for distance in distances:
        for dy, dx in ((0, distance), (distance, 0), (distance, distance), (distance, -distance)):
            here, there = _shifted(labels, dy, dx)
            met = (here != there) & (here > 0) & (there > 0)
            a, b = here[met].astype(np.int64), there[met].astype(np.int64)
            found.append(np.unique(np.minimum(a, b) * base + np.maximum(a, b)))
    return np.stack(np.divmod(np.unique(np.concatenate(found)), base), axis=1)


def _shifted(labels: NDArray[np.int32], dy: int, dx: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Two views of equal shape: each pixel of the first lies `(dy, dx)` before that of the second."""
    height, width = labels.shape
    left, right = max(-dx, 0), max(dx, 0)
    here = labels[: max(height - dy, 0), left : max(width - right, left)]
    there = labels[dy:, right : max(width - left, right)]
    return here, there


def colour_graph(
    touching: NDArray[np.int64], near: NDArray[np.int64], count: int, colours: int
) -> NDArray[np.int64]:
    """`(count,)` colour indices under `colours`; both arguments are `(K, 2)` pairs of nodes.

    Smallest-last order (Matula and Beck, J. ACM 30, 1983) needs at most six
    colours for the touching pairs, whose graph is planar where cells are
    connected. Among the colours that no touching cell holds, that which the
    fewest near cells hold is taken, then the least used, so that all appear.
    """
    beside, around = _adjacency(touching, count), _adjacency(near, count)
    chosen = [-1] * count
    used = [0] * colours
    for node in reversed(_smallest_first(beside)):
        held, seen = [0] * colours, [0] * colours
        for other in beside[node]:
            if chosen[other] >= 0:
                held[chosen[other]] += 1
        for other in around[node]:
            if chosen[other] >= 0:
                seen[chosen[other]] += 1
        best = min(zip(held, seen, used, range(colours), strict=True))[-1]
        chosen[node] = best
        used[best] += 1
    return np.array(chosen, np.int64)


def _adjacency(pairs: NDArray[np.int64], count: int) -> list[list[int]]:
    others: list[list[int]] = [[] for _ in range(count)]
    for a, b in pairs.tolist():
        others[a].append(b)
        others[b].append(a)
    return others


def _smallest_first(near: list[list[int]]) -> list[int]:
    """The order in which nodes leave a graph when the one with the fewest edges left always goes first."""
    degree = [len(others) for others in near]
    buckets: list[list[int]] = [[] for _ in range(max(degree, default=0) + 1)]
    for node, edges in enumerate(degree):
        buckets[edges].append(node)
    order: list[int] = []
    gone = [False] * len(near)
    lowest = 0
    while len(order) < len(near):
        while not buckets[lowest]:
            lowest += 1
        node = buckets[lowest].pop()
        if gone[node] or degree[node] != lowest:
            continue  # an entry that a later, smaller one has replaced
        gone[node] = True
        order.append(node)
        for other in near[node]:
            if not gone[other]:
                degree[other] -= 1
                buckets[degree[other]].append(other)
                lowest = min(lowest, degree[other])
    return order
