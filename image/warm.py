"""Compiles every kernel that a prediction calls, in all the forms in which it calls them.

Run by the Dockerfile, with $NUMBA_CACHE_DIR set: the image's first prediction
then finds its kernels compiled. tests/image/test_forms.py sees that none is missing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.cells import track
from app.cells.diffusion import labels_to_flow
from app.settings import Tracking
from app.write.measure import measure
from app.write.runs import column_runs, compressed
from app.write.trace import trace

SIDE = 300  # px


def main() -> None:
    """Tracks a grid of cells, one of them with a hole and one a speck: whole, and in blocks; draws them."""
    y, x = np.mgrid[:SIDE, :SIDE]
    inside = (y % 30 - 15) ** 2 + (x % 30 - 15) ** 2 < 144
    inside[15:18, 15:18] = False
    inside[0, 0] = True
    labels = np.where(inside, y // 30 * 10 + x // 30 + 1, 0).astype(np.int32)
    flow, probability = 5 * labels_to_flow(labels), inside.astype(np.float32)
    for tracking in (Tracking(), replace(Tracking(), block=100, block_from=0)):
        found = track(flow, probability, tracking)
        print(f"{found.max()} cells of {labels.max()}")
    masks = compressed(column_runs(found))
    print(f"{len(trace(found))} outlines, {len(measure(found))} columns, {len(masks)} masks")


if __name__ == "__main__":
    main()
