"""Flow and probability in the form that Cellpose's users know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..system.files import whole_file
from .result import Result
from .rows import rows

SMALLEST = 1e-7  # a probability nearer to 0 or 1 has no finite logit in float32


def write(result: Result, folder: Path) -> Path:
    """Writes `<stem>_flows.npz` and its picture `<stem>_flows.png`; returns the path of the first.

    The archive holds `dP` (2, H, W) float32, (dy, dx) at 5 × the unit vector,
    and `cellprob` (H, W) float32, the logit, so 0 stands for one half.
    """
    from imagecodecs import png_encode

    flow, probability = result.flow, result.probability
    if flow is None or probability is None:
        raise ValueError(f"{result.stem}: flows and probability were not kept")
    path = folder / f"{result.stem}_flows.npz"
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez(file, dP=flow, cellprob=logit(rows(probability, 0, result.shape[0])))
    with whole_file(path.with_suffix(".png")) as partial:
        partial.write_bytes(png_encode(picture(flow), level=5))
    return path


def logit(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    """log(p / (1 - p)), finite."""
    p = probability.clip(SMALLEST, 1 - SMALLEST).astype(np.float64)
    return np.log(p / (1 - p)).astype(np.float32)


def picture(flow: NDArray[np.float32]) -> NDArray[np.uint8]:
    """`(2, H, W)` → `(H, W, 3)` uint8: the direction as hue, the length as brightness.

    Cellpose's colours (`dx_to_circ` in its plot.py): three cosines a third of a
    turn apart, scaled by the length, whose 1st and 99th percentiles are black
    and full.
    """
    length = np.hypot(flow[0], flow[1])
    low, high = np.percentile(length, (1, 99)) if length.size else (0.0, 0.0)
    bright = np.clip((length - low) / max(high - low, 1e-6), 0, 1)
    angle = np.arctan2(flow[1], flow[0]) + np.pi
    turns = np.array([0, 2 * np.pi / 3, 4 * np.pi / 3], np.float32)
    return (255 * bright[..., None] * (np.cos(angle[..., None] + turns) + 1) / 2).astype(np.uint8)
