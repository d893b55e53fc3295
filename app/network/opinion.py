"""Whether another network sees an image more surely than the one that its look chose.

Whole cells that shine evenly look like nuclei to the encoder, and who has
learned nuclei alone makes pieces of them, unsure of each. So both look at the
window that shows most, at the image's own size and at twice that, and the one
is followed that is clearly surer at the scale that suits it better.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..settings import FLOW_SCALE, Windows
from .engines import Engine
from .modality import telling
from .scales import rescaled, scaled, worth_running
from .strips import Rows, Strips
from .windows import Grid, View

SCALES = (
    2.0,
    1.0,
)  # a network of nuclei is surest at 2; at a half of its size a small cell is nothing to anybody
CLEARLY = 0.06  # of certainty per pixel; chosen on val and synthetic cells: weights/README.md, "Specialists"
LEAST = 1e-3  # of a window; of less than that nobody can be sure


def surer(one: Engine, other: Engine, image: Rows, shape: tuple[int, int], windows: Windows) -> bool:
    """Whether `other` is clearly surer than `one` of the cells in the window that shows most."""
    found = []
    for scale in worth_running(SCALES, shape):
        grid = Grid(scaled(shape, scale), View.IDENTITY, windows)
        window = telling(Strips(rescaled(image, shape, scale)), grid)
        if window is not None:
            found.append(certainties(one, other, window))
    if not found:
        return False
    mine, theirs = np.max(found, axis=0)
    return bool(theirs - mine > CLEARLY)


def certainties(one: Engine, other: Engine, window: NDArray[np.uint8]) -> tuple[float, float]:
    """How sure each is per pixel that either takes for cell, 0 to 1, of a window `(S, S, 3)`."""
    batch = np.ascontiguousarray(window.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
    mine, theirs = (certainty(engine(batch)[0]) for engine in (one, other))
    seen = max(float(((mine > 0) | (theirs > 0)).mean()), LEAST)
    return float(mine.mean()) / seen, float(theirs.mean()) / seen


def certainty(output: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(3, h, w)` of an engine → `(h, w)` in [0, 1]: 0 where no cell is seen.

    A network tells in two ways that it is unsure, and this is the product of both: its flows are shorter than
    1 where it averages over directions, and its probabilities p near a half; 2 p − 1 is tanh(logit / 2).
    """
    length = np.minimum(np.hypot(output[0], output[1]) / np.float32(FLOW_SCALE), 1)
    return np.asarray(length * np.tanh(np.maximum(output[2], 0) / 2), np.float32)
