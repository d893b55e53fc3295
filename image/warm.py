"""Compiles every kernel that a prediction calls, in all the forms in which it calls them.

Run by the Dockerfile, with $NUMBA_CACHE_DIR set: the image's first prediction
then finds its kernels compiled. tests/image/test_forms.py sees that none is missing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from app.cells import find_cells, find_cells_in_bands, track
from app.cells.diffusion import labels_to_flow
from app.settings import Merging, Tracking
from app.write.colouring import cell_colours
from app.write.measure import measure
from app.write.runs import column_runs, compressed
from app.write.trace import trace

SIDE = 300  # px


def main() -> None:
    """Tracks a grid of cells, one with a hole, one a speck: whole, in blocks, at two scales; draws it."""
    y, x = np.mgrid[:SIDE, :SIDE]
    inside = (y % 30 - 15) ** 2 + (x % 30 - 15) ** 2 < 144
    inside[15:18, 15:18] = False
    inside[0, 0] = True
    labels = np.where(inside, y // 30 * 10 + x // 30 + 1, 0).astype(np.int32)
    flow, probability = 5 * labels_to_flow(labels), inside.astype(np.float32)
    for tracking in (Tracking(), replace(Tracking(), block=100, block_from=0)):
        found = track(flow, probability, tracking)
        print(f"{found.max()} cells of {labels.max()}")
    half = flow[:, ::2, ::2].copy(), probability[::2, ::2].copy()
    bands = [(1.0, (flow, probability)), (0.5, half)]
    merged = find_cells(bands, labels.shape, Tracking(), Merging())
    given = [(scale, band[1].shape, [band]) for scale, band in bands[::-1]]
    with TemporaryDirectory() as folder:
        rows = find_cells_in_bands(given, labels.shape, Tracking(), Merging(), Path(folder), lambda _: None)
        print(f"{len(merged.scores)} cells of two scales, {max(part.max() for part in rows)} in bands")
    masks = compressed(column_runs(found))
    print(f"{len(trace(found))} outlines, {len(measure(found))} columns, {len(masks)} masks")
    print(f"{len(np.unique(cell_colours(found), axis=0))} colours")


if __name__ == "__main__":
    main()
