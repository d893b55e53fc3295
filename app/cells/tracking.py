"""Large images are tracked block by block, small ones whole; the labels are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..settings import FLOW_SCALE, Tracking

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .masks import Cells

Band = tuple["NDArray[np.float32]", "NDArray[np.float32]"]


def track_cells(
    flow: NDArray[np.float32], probability: NDArray[np.float32], tracking: Tracking, device: str = "cpu"
) -> Cells:
    """`(2, H, W)` flow and `(H, W)` probability → labels and scores; in blocks where the image is large.

    Ids are 1..N in raster order of first pixels. Raises ValueError for wrong
    shapes, TrackingError for NaN or infinite values.
    """
    from .masks import Cells, whole_masks

    if probability.size < tracking.block_from:
        from .choice import form_for

        return whole_masks(flow, probability, tracking, form_for(device, probability.size))
    height, width = probability.shape
    labels = np.empty((height, width), np.int32)
    scores: list[NDArray[np.float32]] = []
    tops = range(0, height, tracking.block)
    bands = ((flow[:, y : y + tracking.block], probability[y : y + tracking.block]) for y in tops)
    bottom = 0
    for rows in track_bands(bands, (height, width), tracking, device, scores.append):
        labels[bottom : bottom + len(rows)] = rows
        bottom += len(rows)
    return Cells(labels, np.concatenate([np.zeros(0, np.float32), *scores]))


def track(
    flow: NDArray[np.float32], probability: NDArray[np.float32], tracking: Tracking, device: str = "cpu"
) -> NDArray[np.int32]:
    """The labels of `track_cells`, `(H, W)` int32."""
    return track_cells(flow, probability, tracking, device).labels


def warm_up() -> None:
    """Tracks one small cell: code and kernels are loaded while the first network still is."""
    from .diffusion import labels_to_flow

    y, x = np.mgrid[-16:16, -16:16]
    cell = (y**2 + x**2 < 100).astype(np.int32)
    track(FLOW_SCALE * labels_to_flow(cell), cell.astype(np.float32), Tracking())


def track_bands(
    bands: Iterable[Band],
    shape: tuple[int, int],
    tracking: Tracking,
    device: str = "cpu",
    scored: Callable[[NDArray[np.float32]], None] = lambda _: None,
) -> Iterator[NDArray[np.int32]]:
    """Consecutive row bands of flow `(2, h, W)` and probability `(h, W)` → consecutive bands of final labels.

    `shape` is that of the whole image. Neither the heights of the bands nor the
    size of the blocks change the labels: they are those of the whole image.
    Memory grows with the width. `scored` is told the scores of cells when their
    ids become final, in the order of the ids. Raises as `track` does, at the band where it is seen.
    """
    from .blocks.stream import stream

    return stream(bands, shape, tracking, device, scored)


def compute_masks(
    flow: NDArray[np.float32],
    probability: NDArray[np.float32],
    *,
    niter: int = 200,
    flow_threshold: float = 0.4,
    probability_threshold: float = 0.5,
    min_size: int = 16,
    device: str = "cpu",
) -> NDArray[np.int32]:
    """Labels of the cells that `flow` leads to, `(H, W)` int32, ids 1..N in raster order of first pixels.

    `flow` is `(2, H, W)` float32, order (dy, dx), five times the unit vector;
    `probability` `(H, W)` float32 in [0, 1]. `niter` steps at most per pixel;
    `flow_threshold` is the largest mean squared flow error, 0 for no check;
    `min_size` in px; `device` is 'cpu', a torch device, or 'auto', the faster
    for the size. Raises ValueError for wrong shapes, TrackingError for NaN or
    infinite values, DeviceError for a device that isn't there.
    """
    from .choice import form_for  # numba is imported only where cells are tracked
    from .masks import whole_masks

    tracking = Tracking(
        niter=niter,
        flow_threshold=flow_threshold,
        probability_threshold=probability_threshold,
        min_size=min_size,
    )
    return whole_masks(flow, probability, tracking, form_for(device, probability.size)).labels
