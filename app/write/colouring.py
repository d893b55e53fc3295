"""Which cell gets which colour: neighbours differ, and people with colour-blindness tell them apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..cells.jit import serial
from .colours import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, YELLOW, rgb
from .rows import Rows, bands, rows, spans

PALETTE = np.array([rgb(name) for name in (ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE)], np.uint8)
TOUCHING = (1,)  # px
NEAR = (2, 4, 8)  # px; cells this far apart differ too where colours are left


def cell_colours(labels: Rows) -> NDArray[np.uint8]:
    """`(H, W)` labels → `(N + 1, 3)` uint8, one colour per id (row 0, the background, is black)."""
    count = max(int(band.max(initial=0)) for band in bands(labels)) + 1
    touching, near = neighbours(labels, TOUCHING), neighbours(labels, NEAR)
    chosen = colour_graph(touching, near, count, len(PALETTE))
    colours = np.zeros((count, 3), np.uint8)
    colours[1:] = PALETTE[chosen[1:]]
    return colours


def neighbours(labels: Rows, distances: tuple[int, ...]) -> NDArray[np.int64]:
    """`(K, 2)` unique pairs of ids, the smaller first, so many pixels apart in one of eight directions."""
    found = [np.empty(0, np.int64)]
    for y0, y1 in spans(labels.shape):
        below = min(y1 + max(distances), labels.shape[0])
        found.append(np.unique(meetings(rows(labels, y0, below), y1 - y0, np.array(distances))))
    keys = np.unique(np.concatenate(found))
    return np.stack([keys >> 32, keys & 0xFFFFFFFF], axis=1)


@serial
def meetings(labels, height, distances):  # type: ignore[no-untyped-def]
    """Keys of pairs of cells, the smaller id times 2³² and the other, some of them more than once.

    One pixel of each lies in the first `height` rows, the other to its right, below or both.
    """
    keys, count = np.empty(1024, np.int64), 0
    last = np.zeros(4 * len(distances), np.int64)  # per direction; most pixels meet what the one before did
    for y in range(height):
        for x in range(labels.shape[1]):
            here = np.int64(labels[y, x])
            if here <= 0:
                continue
            for i in range(4 * len(distances)):
                distance, way = distances[i // 4], i % 4
                below = y + (distance if way > 0 else 0)
                beside = x + (distance if way in (0, 2) else -distance if way == 3 else 0)
                if below >= labels.shape[0] or beside < 0 or beside >= labels.shape[1]:
                    continue
                there = np.int64(labels[below, beside])
                if there <= 0 or there == here:
                    continue
                key = min(here, there) << 32 | max(here, there)
                if key != last[i]:
                    last[i] = key
                    if count == len(keys):
                        keys = np.concatenate((keys, np.empty_like(keys)))
                    keys[count] = key
                    count += 1
    return keys[:count]


def colour_graph(
    touching: NDArray[np.int64], near: NDArray[np.int64], count: int, colours: int
) -> NDArray[np.int64]:
    """`(count,)` colour indices under `colours`; both arguments are `(K, 2)` pairs of nodes.

    Smallest-last order (Matula and Beck, J. ACM 30, 1983) needs at most six
    colours for the touching pairs, whose graph is planar where cells are
    connected. Among the colours that no touching cell holds, that which the
    fewest near cells hold is taken, then the least used, so that all appear.
    """
    beside, around = adjacency(touching, count), adjacency(near, count)
    return coloured(smallest_first(*beside), *beside, *around, colours)


@serial
def adjacency(pairs, count):  # type: ignore[no-untyped-def]
    """The other node of each pair, by node: all of them in one array, and where those of a node end."""
    ends = np.zeros(count + 1, np.int64)
    for i in range(len(pairs)):
        ends[pairs[i, 0] + 1] += 1
        ends[pairs[i, 1] + 1] += 1
    ends = np.cumsum(ends)
    free, others = ends[:-1].copy(), np.empty(2 * len(pairs), np.int32)
    for i in range(len(pairs)):
        for side in range(2):
            node = pairs[i, side]
            others[free[node]] = pairs[i, 1 - side]
            free[node] += 1
    return others, ends


@serial
def smallest_first(others, ends):  # type: ignore[no-untyped-def]
    """The order in which nodes leave a graph when the one with the fewest edges left always goes first."""
    count = len(ends) - 1
    degree = ends[1:] - ends[:-1]
    # a stack of nodes per degree: entries are linked, and one that a later, smaller one has replaced stays
    heads = np.full(int(degree.max()) + 1 if count else 1, -1, np.int64)
    node_of, below = np.empty(count + len(others), np.int32), np.empty(count + len(others), np.int64)
    entries = 0
    for node in range(count):
        node_of[entries], below[entries] = node, heads[degree[node]]
        heads[degree[node]] = entries
        entries += 1
    order, left = np.empty(count, np.int64), 0
    gone = np.zeros(count, np.bool_)
    lowest = 0
    while left < count:
        while heads[lowest] < 0:
            lowest += 1
        node = node_of[heads[lowest]]
        heads[lowest] = below[heads[lowest]]
        if gone[node] or degree[node] != lowest:
            continue
        gone[node] = True
        order[left] = node
        left += 1
        for i in range(ends[node], ends[node + 1]):
            other = others[i]
            if not gone[other]:
                degree[other] -= 1
                node_of[entries], below[entries] = other, heads[degree[other]]
                heads[degree[other]] = entries
                entries += 1
                lowest = min(lowest, degree[other])
    return order


@serial
def coloured(order, beside, beside_ends, around, around_ends, colours):  # type: ignore[no-untyped-def]
    """Colours, given in the reverse of `order`."""
    chosen = np.full(len(order), -1, np.int64)
    used = np.zeros(colours, np.int64)
    for k in range(len(order) - 1, -1, -1):
        node = order[k]
        held, seen = np.zeros(colours, np.int64), np.zeros(colours, np.int64)
        for i in range(beside_ends[node], beside_ends[node + 1]):
            if chosen[beside[i]] >= 0:
                held[chosen[beside[i]]] += 1
        for i in range(around_ends[node], around_ends[node + 1]):
            if chosen[around[i]] >= 0:
                seen[chosen[around[i]]] += 1
        best = 0
        for colour in range(1, colours):
            if (held[colour], seen[colour], used[colour]) < (held[best], seen[best], used[best]):
                best = colour
        chosen[node] = best
        used[best] += 1
    return chosen
