"""Rings of corners to the pixels inside.

Pixel (y, x) covers y..y + 1 by x..x + 1, as in ImageJ, QuPath and our own
outlines, and is inside where its centre is. So outlines that follow the edges
of pixels give their labels back to the pixel.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data import DataError
from training.labels.drawn import Labels, Shape

Ring = NDArray[np.float64]  # (V, 2) x and y, px
SLACK = 2.0  # px that a hand may draw beyond the border


def paint(path: Path, shape: Shape, drawn: Iterable[tuple[int, Sequence[Ring]]]) -> Labels:
    """Regions of `path`, each a value and its rings, as labels; where two overlap, the first stays.

    Raises DataError where a region reaches out of the image: it was drawn on another.
    """
    labels = np.zeros(shape, np.int32)
    for value, rings in drawn:
        corners = np.concatenate(rings)
        low, high = corners.min(axis=0), corners.max(axis=0)
        beyond = low.min() < -SLACK or (high > np.array(shape[::-1]) + SLACK).any()
        if beyond or not np.isfinite(corners).all():
            raise DataError(
                f"{path}: draws as far as ({high[0]:.0f}, {high[1]:.0f}) px, its image is "
                f"{shape[1]} × {shape[0]} px; export it from the image itself, in pixels"
            )
        fill(labels, value, rings)
    return labels


def fill(labels: Labels, value: int, rings: Sequence[Ring]) -> None:
    """Writes `value` to the free pixels inside; a ring within a ring is a hole."""
    from skimage.draw import polygon

    corners = np.concatenate(rings)
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int), labels.shape[::-1])
    box = labels[top:bottom, left:right]
    inside = np.zeros(box.shape, bool)
    for ring in rings:
        inside[polygon(ring[:, 1] - 0.5 - top, ring[:, 0] - 0.5 - left, box.shape)] ^= True
    box[inside & (box == 0)] = value
