"""Cells of several scales become one label image, cell by cell.

A cell is worth a power of its area times a power of its score. A scale has a
voice in an image: what all its cells are worth together per diameter, as a part
of what those of the best scale are, to a high power, and never less than a
whisper. So a scale that sees little but specks in an image is heard there only
where it is sure: a cell of low score times voice is dropped, at the image's own
size a little later than elsewhere, since nothing was lost or invented on the
way there. Of one scale all cells stay.

Scales are taken from the finest to the coarsest. A coarser cell competes with
those cells found so far that lie in it by more than half of their own area, and
replaces them where it is worth more than `margin` times their sum. So a large
cell swallows the pieces that a finer scale made of it, a clump that a coarse
scale takes for one cell does not swallow the cells that fill it, and of one
cell found twice the finer contour stays. A coarser cell that is covered by
others by more than half is dropped, and what is left of an overlap is the finer
cell's. A coarser scale is heard only on cells that are large enough on its own
grid (`smallest`), but at the image's own size also on smaller ones, the less
the smaller they are: else a pale nucleus on which scale 2 is silent would be
lost. Where no finer scale was run they are heard as others are, but the quieter
the scale the less: the specks in 13 large, blurred nuclei of a large field were
16 cells more. Above `largest` a cell's worth falls, since a coarser scale sees
it better.

At the end a speck, much smaller than the median of what was found, is dropped
unless it is sure. Where cells fell into fragments, these are the median.

All of this is decided on tables of cells and of what two of them share, which
are the same however an image is read: a slide is merged in bands from what its
scales left on disk, with the labels of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ..settings import Merging
from .jit import one_at_a_time, serial
from .layers import Layer

BAND = 512  # rows that are compared, and given out, at once
Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # finer id, coarser id, px in common


def merged(
    layers: Sequence[Layer],
    shape: tuple[int, int],
    merging: Merging,
    told: Callable[[NDArray[np.int32], NDArray[np.float32]], None] = lambda *_: None,
) -> Iterator[NDArray[np.int32]]:
    """Consecutive bands `(h, W)` int32 of the final labels of an image of `shape`.

    `layers` are those of one image, finest first. Ids are 1..N in raster order
    of first pixels. `told` gets, for the cells whose ids became final in a
    band, the number of the layer that found each, and its score.
    """
    kept = decide(layers, shape, merging)
    firsts = np.cumsum([0] + [len(k) - 1 for k in kept])  # a layer's ids follow those of the layers before
    tables = [
        np.where(k, np.arange(len(k)) + first, 0).astype(np.int32)
        for k, first in zip(kept, firsts[:-1], strict=True)
    ]
    scores = np.concatenate([layer.scores for layer in layers])
    final, met = np.zeros((2, firsts[-1] + 1), np.int32)
    count = 0
    for y0 in range(0, shape[0], BAND):
        y1 = min(y0 + BAND, shape[0])
        out = np.zeros((y1 - y0, shape[1]), np.int32)
        for layer, table in zip(reversed(layers), reversed(tables), strict=True):
            found = table[layer.rows(y0, y1, shape[1])]
            np.copyto(out, found, where=found > 0)
        with one_at_a_time:
            before, count = count, number(out, final, met, count)
        new = met[before:count] - 1
        told((np.searchsorted(firsts, new, "right") - 1).astype(np.int32), scores[new])
        yield out


def decide(layers: Sequence[Layer], shape: tuple[int, int], merging: Merging) -> list[NDArray[np.bool_]]:
    """Per layer `(n + 1,)`: which of its cells are in the result."""
    if len(layers) == 1:
        return [np.arange(len(layers[0].areas)) > 0]
    areas, pairs = compare(layers, shape)
    worths = [
        worth(layer, area, merging, coarsest=layer is layers[-1])
        for layer, area in zip(layers, areas, strict=True)
    ]
    # per diameter, not per area: a few large blobs must not silence a field of small cells
    totals = np.array(
        [
            (each * np.maximum(area, 1) ** (0.5 - merging.extent)).sum()
            for each, area in zip(worths, areas, strict=True)
        ]
    )
    share = (totals / max(totals.max(), 1e-9)) ** merging.voice
    voices = merging.whisper + (1 - merging.whisper) * share
    worths = [each * voice for each, voice in zip(worths, voices, strict=True)]
    kept: list[NDArray[np.bool_]] = []
    for j, layer in enumerate(layers):
        inside_worth, covered = np.zeros((2, len(areas[j])))
        rivals = []
        for i in range(j):
            fine, coarse, common = pairs[i, j]
            alive = kept[i][fine]
            inside = alive & (2 * common > areas[i][fine])
            np.add.at(inside_worth, coarse[inside], worths[i][fine[inside]])
            np.add.at(covered, coarse[alive & ~inside], common[alive & ~inside])
            rivals.append((fine[inside], coarse[inside]))
        keep = (worths[j] > merging.margin * inside_worth) & (2 * covered <= areas[j])
        keep[1:] &= heard(layer, voices[j], merging, finest=j == 0)
        keep[0] = False
        for i, (fine, coarse) in enumerate(rivals):
            kept[i][fine[keep[coarse]]] = False
        kept.append(keep)
    return without_specks(kept, areas, layers, merging)


def without_specks(
    kept: Sequence[NDArray[np.bool_]],
    areas: Sequence[NDArray[np.int64]],
    layers: Sequence[Layer],
    merging: Merging,
) -> list[NDArray[np.bool_]]:
    """`kept` less what is both much smaller than the median of it, and unsure; `areas` in image px."""
    typical = np.concatenate([area[keep] for area, keep in zip(areas, kept, strict=True)])
    limit = merging.speck**2 * (np.median(typical) if len(typical) else 0.0)
    return [
        keep & ((area >= limit) | (np.concatenate(([0.0], layer.scores)) >= merging.sure))
        for keep, area, layer in zip(kept, areas, layers, strict=True)
    ]


def heard(layer: Layer, voice: float, merging: Merging, *, finest: bool) -> NDArray[np.bool_]:
    """`(n,)`: which of a layer's cells are sure enough to be in the result, and large enough on its grid."""
    loud = voice * layer.scores
    size = np.maximum(layer.diameters[1:], 1e-9) / merging.smallest
    if layer.scale != 1:
        return (loud >= merging.least) & ((size >= 1) | finest)
    enough = merging.own * merging.least
    small = enough / size ** (1 - voice) if finest else merging.least / size
    return loud >= np.where(size < 1, small, enough)


def worth(layer: Layer, areas: NDArray[np.int64], merging: Merging, *, coarsest: bool) -> NDArray[np.float64]:
    """`(n + 1,)` of a layer's cells, by their `areas` in the image; 0 for what is no cell."""
    value = areas**merging.extent * np.concatenate(([0.0], layer.scores)) ** merging.sharpness
    if coarsest:  # there is no coarser scale to see its large cells better
        return value
    return value * np.minimum(1, merging.largest / np.maximum(layer.diameters, 1e-9)) ** 2


def compare(
    layers: Sequence[Layer], shape: tuple[int, int]
) -> tuple[list[NDArray[np.int64]], dict[tuple[int, int], Pairs]]:
    """Per layer the cells' areas `(n + 1,)`, and per two layers what their cells have in common; image px."""
    areas = [np.zeros(len(layer.areas), np.int64) for layer in layers]
    parts: dict[tuple[int, int], list[Pairs]] = {two: [] for two in combinations(range(len(layers)), 2)}
    for y0 in range(0, shape[0], BAND):
        bands = [layer.rows(y0, min(y0 + BAND, shape[0]), shape[1]) for layer in layers]
        for area, band in zip(areas, bands, strict=True):
            area += np.bincount(band.ravel(), minlength=len(area))
        for i, j in parts:
            with one_at_a_time:
                keys, counts = runs(bands[i], bands[j])
            parts[i, j].append(summed(keys, counts))
    return areas, {two: total(found) for two, found in parts.items()}


def summed(keys: NDArray[np.int64], counts: NDArray[np.int64]) -> Pairs:
    """Counts of equal keys added up; a key is the finer id times 2³², and the coarser id."""
    different, index = np.unique(keys, return_inverse=True)
    common = np.bincount(index, counts, minlength=len(different)).astype(np.int64)
    return different >> 32, different & 0xFFFFFFFF, common


def total(found: Sequence[Pairs]) -> Pairs:
    """The pairs of all bands."""
    fine, coarse, common = (np.concatenate([part[k] for part in found]) for k in range(3))
    return summed(fine << 32 | coarse, common)


@serial
def runs(fine, coarse):  # type: ignore[no-untyped-def]
    """Keys and lengths of the runs along rows in which both `(h, W)` arrays hold one cell each."""
    keys = np.empty(fine.size, np.int64)
    counts = np.empty(fine.size, np.int64)
    n = 0
    for y in range(fine.shape[0]):
        open_run = False
        for x in range(fine.shape[1]):
            if fine[y, x] > 0 and coarse[y, x] > 0:
                key = np.int64(fine[y, x]) << 32 | np.int64(coarse[y, x])
                if open_run and keys[n - 1] == key:
                    counts[n - 1] += 1
                else:
                    keys[n], counts[n] = key, 1
                    n += 1
                    open_run = True
            else:
                open_run = False
    return keys[:n].copy(), counts[:n].copy()


@serial
def number(labels, final, met, count):  # type: ignore[no-untyped-def]
    """Final ids in place, in the order in which they are met; returns how many there are now.

    `final` maps an id to its final one, 0 where it was not met; `met` is its inverse, from 0.
    """
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            cell = labels[y, x]
            if cell > 0:
                if final[cell] == 0:
                    met[count] = cell
                    count += 1
                    final[cell] = count
                labels[y, x] = final[cell]
    return count
