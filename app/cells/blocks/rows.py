"""Bands of flow and probability as they come in, held only while a block still needs them."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from ..foreground import check
from .geometry import Block


class Rows:
    """Consecutive rows of flow and probability; bands are kept as given, and blocks are cut out of them."""

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width
        self.bottom = 0  # rows received
        self._bands: deque[tuple[int, NDArray[np.float32], NDArray[np.float32]]] = deque()

    def add(self, flow: NDArray[np.float32], probability: NDArray[np.float32]) -> None:
        """Takes the next `(2, h, W)` flow and `(h, W)` probability.

        Raises TrackingError for NaN or infinity, ValueError for a band that doesn't fit the image.
        """
        check(flow, probability)
        if probability.shape[1] != self.width or self.bottom + len(probability) > self.height:
            raise ValueError(
                f"a band of {probability.shape} at row {self.bottom} of ({self.height}, {self.width})"
            )
        self._bands.append((self.bottom, flow, probability))
        self.bottom += len(probability)

    def forget(self, top: int) -> None:
        """Drops the bands that end above row `top`."""
        while self._bands and self._bands[0][0] + len(self._bands[0][2]) <= top:
            self._bands.popleft()

    def any_above(self, part: Block, threshold: float) -> bool:
        """Is any probability in this part above the threshold?"""
        return any(
            bool((probability[rows, part.x0 : part.x1] > threshold).any())
            for _, rows, _, probability in self._pieces(part)
        )

    def cut(self, part: Block, threshold: float) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """Copies of this part: `(2, h, w)` flow and `(h, w)` probability, float32.

        None where no probability is above the threshold.
        """
        if not self.any_above(part, threshold):
            return None
        flow = np.empty((2, part.y1 - part.y0, part.x1 - part.x0), np.float32)
        probability = np.empty(flow.shape[1:], np.float32)
        for there, rows, band_flow, band_probability in self._pieces(part):
            flow[:, there] = band_flow[:, rows, part.x0 : part.x1]
            probability[there] = band_probability[rows, part.x0 : part.x1]
        return flow, probability

    def _pieces(self, part: Block) -> list[tuple[slice, slice, NDArray[np.float32], NDArray[np.float32]]]:
        """For each band that meets the part: its rows in the part, the same rows in the band, the band."""
        pieces = []
        for top, flow, probability in self._bands:
            y0, y1 = max(part.y0, top), min(part.y1, top + len(probability))
            if y0 < y1:
                pieces.append(
                    (slice(y0 - part.y0, y1 - part.y0), slice(y0 - top, y1 - top), flow, probability)
                )
        return pieces
