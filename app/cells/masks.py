"""Flow and probability to cells: the steps in their order, for one array that fits in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..settings import Tracking
from .foreground import check
from .holes import fill_all, hollow
from .ids import raster_order, renumber_from, survey
from .jit import one_at_a_time
from .scores import score_cells
from .seeds import Box, any_stray, masks_from_ends


@dataclass(frozen=True)
class Form:
    """The two steps that cost the most, for one kind of device; all others are the CPU's."""

    ends: Callable[[NDArray[np.float32], NDArray[np.float32], Tracking], NDArray[np.int32]]
    errors: Callable[[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]], NDArray[np.float64]]


@dataclass(frozen=True)
class Part:
    """What a block owns of the array it was given: y0, x0, y1, x1 (exclusive), px of that array."""

    inner: Box  # cells with their seed here are wanted
    trusted: Box  # outside of it, a cut edge is near
    image_px: int  # of the whole image


@dataclass(frozen=True)
class Masks:
    """Whole cells before their holes are filled; ids 1..n in raster order of first pixels."""

    labels: NDArray[np.int32]  # (H, W)
    boxes: NDArray[np.int32]  # (n + 1, 4): y0, x0, y1, x1 (exclusive)
    sizes: NDArray[np.int32]  # (n + 1,) px
    firsts: NDArray[np.int64]  # (n + 1,) flat index of the first pixel
    hollow: NDArray[np.bool_]  # (n + 1,) encloses pixels that aren't its own
    scores: NDArray[np.float32]  # (n + 1,) in [0, 1]


@dataclass(frozen=True)
class Cells:
    """Finished cells of one array."""

    labels: NDArray[np.int32]  # (H, W), 0 background, 1..N in raster order of first pixels
    scores: NDArray[np.float32]  # (N,) in [0, 1], of ids 1..N


def whole_masks(
    flow: NDArray[np.float32], probability: NDArray[np.float32], tracking: Tracking, form: Form
) -> Cells:
    """The cells of `(2, H, W)` flow and `(H, W)` probability."""
    check(flow, probability)
    flow = np.ascontiguousarray(flow, np.float32)
    probability = np.ascontiguousarray(probability, np.float32)
    everything = (0, 0, *probability.shape)
    masks = owned_masks(flow, probability, Part(everything, everything, probability.size), tracking, form)
    assert masks is not None  # nothing is cut, so nothing strays
    with one_at_a_time:
        fill_all(masks.labels, masks.boxes, masks.sizes, np.flatnonzero(masks.hollow), 0)
        keep = masks.sizes >= max(tracking.min_size, 1)
        keep[0] = True
        if not keep.all():
            renumber_from(masks.labels, 1, np.where(keep, np.cumsum(keep) - 1, 0)[1:].astype(np.int32))
    return Cells(masks.labels, masks.scores[keep][1:])


def owned_masks(
    flow: NDArray[np.float32], probability: NDArray[np.float32], part: Part, tracking: Tracking, form: Form
) -> Masks | None:
    """The cells whose seed lies in `part.inner`; None where one of them may come from beyond a cut edge."""
    with one_at_a_time:
        ends = form.ends(flow, probability, tracking)
        if any_stray(ends, part.inner, part.trusted):
            return None
        labels, count = masks_from_ends(ends, part.inner)
        return judge(labels, count, flow, probability, tracking, part.image_px, form)


def judge(
    labels: NDArray[np.int32],
    count: int,
    flow: NDArray[np.float32],
    probability: NDArray[np.float32],
    tracking: Tracking,
    image_px: int,
    form: Form,
) -> Masks:
    """Drops masks that fill the image, that are too small, or whose own flow isn't the predicted one.

    Works in place on `labels` `(H, W)` with ids 1..count.
    """
    boxes, sizes, firsts, broken = survey(labels, count)
    keep = (sizes >= max(tracking.min_size, 1)) & (sizes <= tracking.max_fraction * image_px)
    keep[0] = False
    boxes[~keep] = 0
    errors = form.errors(labels, boxes, flow)
    if tracking.flow_threshold > 0:
        keep &= errors <= tracking.flow_threshold
    scores = score_cells(labels, boxes, probability, errors, tracking.flow_threshold)
    order = raster_order(firsts, keep)
    new = np.zeros(count + 1, np.int32)
    new[order] = np.arange(1, len(order) + 1)
    renumber_from(labels, 1, new[1:])
    order = np.concatenate((np.zeros(1, np.int64), order))  # 0 stands for the background
    boxes, sizes, firsts, broken = boxes[order], sizes[order], firsts[order], broken[order]
    return Masks(labels, boxes, sizes, firsts, hollow(labels, boxes, sizes, broken), scores[order])
