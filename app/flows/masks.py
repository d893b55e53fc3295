"""Flow and probability to cells: the steps in their order, for one array that fits in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.flows.cells import raster_order, renumber, survey
from app.flows.diffusion import flow_errors
from app.flows.foreground import check, foreground
from app.flows.holes import fill, hollow
from app.flows.jit import one_at_a_time, serial
from app.flows.seeds import Box, masks_from_ends
from app.flows.trajectories import end_points
from app.settings import Tracking


@dataclass(frozen=True)
class Masks:
    """Whole cells before their holes are filled; ids 1..n in raster order of first pixels."""

    labels: NDArray[np.int32]  # (H, W)
    boxes: NDArray[np.int32]  # (n + 1, 4): y0, x0, y1, x1 (exclusive)
    sizes: NDArray[np.int32]  # (n + 1,) px
    hollow: NDArray[np.bool_]  # (n + 1,): encloses pixels that aren't its own


def cells_of(
    flow: NDArray[np.float32], probability: NDArray[np.float32], tracking: Tracking
) -> NDArray[np.int32]:
    """`(2, H, W)` flow and `(H, W)` probability → `(H, W)` int32 labels, on the CPU."""
    with one_at_a_time:
        check(flow, probability)
        mask = foreground(probability, tracking.probability_threshold, tracking.min_size)
        ends = end_points(flow, mask, tracking.niter)
        del mask
        labels, count = masks_from_ends(ends, (0, 0, *ends.shape))
        masks = judge(labels, count, flow, tracking, probability.size)
        return finish(masks, tracking.min_size)


def judge(
    labels: NDArray[np.int32], count: int, flow: NDArray[np.float32], tracking: Tracking, image_px: int
) -> Masks:
    """Drops masks that fill the image, that are too small, or whose own flow isn't the predicted one.

    Works in place on `labels` `(H, W)` with ids 1..count.
    """
    boxes, sizes, firsts = survey(labels, count)
    keep = (sizes >= max(tracking.min_size, 1)) & (sizes <= tracking.max_fraction * image_px)
    keep[0] = False
    boxes[~keep] = 0
    if tracking.flow_threshold > 0:
        keep &= flow_errors(labels, boxes, flow) <= tracking.flow_threshold
    new = raster_order(firsts, keep)
    renumber(labels, new)
    kept = np.argsort(new)[len(new) - keep.sum() - 1 :]  # background, then the kept ones in their new order
    kept[0] = 0
    boxes, sizes = boxes[kept], sizes[kept]
    sizes[0] = 0
    return Masks(labels, boxes, sizes, hollow(labels, boxes, sizes))


def finish(masks: Masks, min_size: int) -> NDArray[np.int32]:
    """Fills holes and drops what is left of cells that others swallowed; ids in raster order, in place."""
    fill_all(masks.labels, masks.boxes, masks.sizes, np.flatnonzero(masks.hollow))
    keep = masks.sizes >= max(min_size, 1)
    keep[0] = False
    if not keep[1:].all():
        renumber(masks.labels, np.where(keep, np.cumsum(keep), 0).astype(np.int32))
    return masks.labels


@serial
def fill_all(labels, boxes, sizes, ids):  # type: ignore[no-untyped-def]
    for cell in ids:
        if sizes[cell] > 0:
            fill(labels, cell, boxes[cell], sizes)
