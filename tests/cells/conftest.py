"""Fields of ideal flow with noise, for the tests of tracking."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

Field = tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]


@pytest.fixture(scope="session")
def flow_field() -> Callable[..., Field]:
    """`make(size, cells, radii, stretch, noise, seed)` → labels, noisy flow and probability."""
    from app.cells.diffusion import labels_to_flow

    def make(
        size: int = 200,
        cells: int = 40,
        radii: tuple[float, float] = (8, 14),
        stretch: float = 1.0,
        noise: float = 0.1,
        seed: int = 0,
    ) -> Field:
        rng = np.random.default_rng(seed)
        side = int(np.ceil(np.sqrt(cells)))
        labels = np.zeros((size, size), np.int32)
        for cell in range(cells):
            cy, cx = (np.array(divmod(cell, side)) + 0.5 + rng.uniform(-0.2, 0.2, 2)) * size / side
            a, b = rng.uniform(*radii, 2) * (1, stretch)
            angle = rng.uniform(0, np.pi)
            y, x = np.ogrid[:size, :size]
            u = (y - cy) * np.cos(angle) + (x - cx) * np.sin(angle)
            v = (x - cx) * np.cos(angle) - (y - cy) * np.sin(angle)
            free = ((u / a) ** 2 + (v / b) ** 2 <= 1) & (labels == 0)
            if free.sum() >= 16:
                labels[free] = labels.max() + 1
        flow = 5 * labels_to_flow(labels) + rng.normal(0, 5 * noise, (2, size, size))
        probability = np.where(labels > 0, 0.9, 0.1) + rng.normal(0, 0.1, labels.shape)
        return labels, flow.astype(np.float32), probability.clip(0, 1).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def f1() -> Callable[..., float]:
    """`f1(a, b, iou)`: F1 of two label arrays, pairs counted where their IoU is over `iou` (at least 0.5)."""

    def score(a: NDArray[np.integer], b: NDArray[np.integer], iou: float = 0.9) -> float:
        n, m = int(a.max(initial=0)), int(b.max(initial=0))
        if n + m == 0:
            return 1.0
        both = a.astype(np.int64) * (m + 1) + b
        joint = np.bincount(both.ravel(), minlength=(n + 1) * (m + 1)).reshape(n + 1, m + 1)
        union = joint.sum(1, keepdims=True) + joint.sum(0) - joint
        return 2 * float((joint > iou * union)[1:, 1:].sum()) / (len(np.unique(a)) + len(np.unique(b)) - 2)

    return score
