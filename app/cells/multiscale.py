"""Flow and probability at several scales in, one label image out; whole, or in bands by way of the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..settings import Merging, Tracking
from .tracking import Band, track_bands, track_cells

Scored = Callable[[NDArray[np.float32]], None]
Seen = Callable[[NDArray[np.uint8]], None] | None  # gets consecutive rows of probability, 255 is 1
Rows = Iterator[NDArray[np.int32]]  # consecutive rows of labels
Track = Callable[[Scored, Seen], Rows]  # all of one scale


@dataclass(frozen=True)
class Found:
    """The cells of one image, and what they were made of."""

    labels: NDArray[np.int32]  # (H, W), 0 background, 1..N in raster order of first pixels
    scores: NDArray[np.float32]  # (N,) in [0, 1]
    flow: NDArray[np.float32]  # (2, H, W): at each cell that of the scale that found it
    probability: NDArray[np.float32]  # (H, W), likewise


def find_cells(
    bands: Sequence[tuple[float, Band]],
    shape: tuple[int, int],
    tracking: Tracking,
    merging: Merging,
    device: str = "cpu",
) -> Found:
    """The cells of an image of `shape` from flow and probability at each scale, finest first."""
    if [scale for scale, _ in bands] == [1]:
        flow, probability = bands[0][1]
        cells = track_cells(flow, probability, tracking, device)
        return Found(cells.labels, cells.scores, flow, probability)

    from .layers import Held, Layer
    from .merging import merged

    layers = []
    for scale, (flow, probability) in bands:
        cells = track_cells(flow, probability, tracking, device)
        layers.append(
            Layer(
                scale,
                probability.shape,
                Held(cells.labels),
                Held(in_bytes(probability)),
                cells.scores,
                np.bincount(cells.labels.ravel(), minlength=len(cells.scores) + 1),
                tracking.probability_threshold,
            )
        )
    told: list[tuple[NDArray[np.int32], NDArray[np.float32]]] = []
    labels = np.concatenate(list(merged(layers, shape, merging, lambda *news: told.append(news))))
    layer_of, scores = (np.concatenate(part) for part in zip(*told, strict=True))
    return Found(labels, scores, *composed(bands, labels, layer_of))


def find_cells_in_bands(
    bands: Sequence[tuple[float, tuple[int, int], Iterable[Band]]],
    shape: tuple[int, int],
    tracking: Tracking,
    merging: Merging,
    folder: Path,
    scored: Scored,
    device: str = "cpu",
) -> Iterator[NDArray[np.int32]]:
    """Consecutive bands of the final labels `find_cells` would give; memory grows with the width only.

    `bands` gives scale, shape of its grid and bands of flow and probability,
    from the coarsest to the finest; each is used up before the next is begun.
    What they hold lies in files without names in `folder` until the last band is given out.
    """

    def tracked(given: Iterable[Band], grid: tuple[int, int], scored: Scored, seen: Seen) -> Rows:
        return track_bands(tapped(given, seen) if seen else given, grid, tracking, device, scored)

    scales = [(scale, grid, partial(tracked, given, grid)) for scale, grid, given in bands]
    return merge_scales(scales, shape, tracking.probability_threshold, merging, folder, scored)


def merge_scales(
    scales: Sequence[tuple[float, tuple[int, int], Track]],
    shape: tuple[int, int],
    threshold: float,
    merging: Merging,
    folder: Path,
    scored: Scored,
) -> Rows:
    """As `find_cells_in_bands`, by whatever tracks each scale; `threshold` is that of the probability."""
    if [scale for scale, _, _ in scales] == [1]:
        yield from scales[0][2](scored, None)
        return

    from .layers import Layer
    from .merging import merged
    from .spool import Spool

    with ExitStack() as spools:
        layers = []
        for scale, grid, track in scales:
            labels, probability = (spools.enter_context(Spool(folder)) for _ in range(2))
            areas = [np.zeros(1, np.int64)]
            scores: list[NDArray[np.float32]] = [np.zeros(0, np.float32)]
            for rows in track(scores.append, None if scale == 1 else probability.append):
                labels.append(rows)
                areas.append(np.bincount(rows.ravel()))
            all_scores = np.concatenate(scores)
            layers.append(
                Layer(
                    scale,
                    grid,
                    labels,
                    probability,
                    all_scores,
                    summed(areas, len(all_scores) + 1),
                    threshold,
                )
            )
        yield from merged(layers[::-1], shape, merging, lambda _, new: scored(new))


def in_bytes(probability: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Probabilities as 0..255."""
    return np.rint(probability * 255).astype(np.uint8)


def tapped(bands: Iterable[Band], take: Callable[[NDArray[np.uint8]], None]) -> Iterator[Band]:
    """Passes `bands` on; `take` gets their probability in bytes."""
    for flow, probability in bands:
        take(in_bytes(probability))
        yield flow, probability


def summed(counts: Sequence[NDArray[np.int64]], length: int) -> NDArray[np.int64]:
    """Counts of different lengths added up."""
    total = np.zeros(length, np.int64)
    for count in counts:
        total[: len(count)] += count
    return total


def composed(
    bands: Sequence[tuple[float, Band]], labels: NDArray[np.int32], layer_of: NDArray[np.int32]
) -> Band:
    """Flow `(2, H, W)` and probability `(H, W)` of the finest scale, and in coarser cells those of theirs."""
    flow, probability = on_image_grid(*bands[0], labels.shape)
    source = np.concatenate((np.zeros(1, np.int32), layer_of))[labels]
    for layer, (scale, (its_flow, its_probability)) in enumerate(bands[1:], 1):
        ys, xs = np.nonzero(source == layer)
        its_ys, its_xs = (((axis + 0.5) * scale).astype(np.intp) for axis in (ys, xs))
        flow[:, ys, xs] = its_flow[:, its_ys, its_xs]
        probability[ys, xs] = its_probability[its_ys, its_xs]
    return flow, probability


def on_image_grid(scale: float, band: Band, shape: tuple[int, ...]) -> Band:
    """A whole image's flow and probability from the grid of `scale`, copied; unit flows stay as they are."""
    ys, xs = (((np.arange(side) + 0.5) * scale).astype(np.intp) for side in shape)
    flow, probability = band
    return flow[:, ys[:, None], xs], probability[ys[:, None], xs]
