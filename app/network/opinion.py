"""Whether another network sees an image more surely than the one that its look chose.

Whole cells that shine evenly look like nuclei to the encoder, and who has
learned nuclei alone makes pieces of them, unsure of each. So where a look is not
well known, and its owner unsure of its own cells, both see the window that shows
most, at twice the image's size and at its own, and the one is followed that is
clearly surer at the scale that suits it better. Of a small image the owner may
be surest at four times its size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ..settings import FLOW_SCALE, Windows
from .closer import may_pay
from .engines import Engine
from .modality import alone, telling
from .scales import CLOSEST, rescaled, scaled, worth_running
from .strips import Rows, Strips
from .windows import Grid, View

SCALES = (2.0, 1.0)  # a network of nuclei is surest at 2; at a half, small cells are nothing to anybody
# both chosen on val and on synthetic cells: weights/README.md, "A second opinion"
ENOUGH = 0.7  # certainty of its own cells that needs no other opinion; 92 % of val's nuclei have more
CLEARLY = 0.04  # of certainty, per pixel that either takes for cell
LEAST = 1e-3  # of a window; of less than that nobody can be sure


def surer(
    one: Engine, other: Callable[[], Engine], image: Rows, shape: tuple[int, int], windows: Windows
) -> bool:
    """Whether `other` is clearly surer than `one` of the cells in the window that shows most.

    `other` is called, and may be loaded, where `one` is unsure.
    """
    asked = []
    for scale, batch in told(image, shape, windows):
        mine = certainty(one(batch)[0])
        if mine.sum() > ENOUGH * max(int((mine > 0).sum()), 1):
            return False
        asked.append((scale, batch, mine))
    both = {scale: per_cell(mine, certainty(other()(batch)[0])) for scale, batch, mine in asked}
    best = max((mine for mine, _ in both.values()), default=0.0)
    others = max((theirs for scale, (_, theirs) in both.items() if scale in SCALES), default=0.0)
    return others - best > CLEARLY


def told(
    image: Rows, shape: tuple[int, int], windows: Windows
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Scale and `(1, 3, S, S)` in [0, 1]: what shows most at those of SCALES that pay, if anything is shown.

    Where a closer look may follow, at its scale, too: nuclei of 8 px are hardly anything to anybody before.
    """
    closer = (CLOSEST,) if may_pay((CLOSEST, *SCALES), shape) else ()
    for scale in (*closer, *worth_running(SCALES, shape)):
        grid = Grid(scaled(shape, scale), View.IDENTITY, windows)
        window = telling(Strips(rescaled(image, shape, scale)), grid)
        if window is not None:
            yield scale, alone(window)


def per_cell(mine: NDArray[np.float32], theirs: NDArray[np.float32]) -> tuple[float, float]:
    """The mean certainty of each over the pixels that either takes for cell."""
    seen = max(float(((mine > 0) | (theirs > 0)).mean()), LEAST)
    return float(mine.mean()) / seen, float(theirs.mean()) / seen


def certainty(output: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(3, h, w)` of an engine → `(h, w)` in [0, 1]: 0 where no cell is seen.

    A network tells in two ways that it is unsure, and this is the product of both: its flows are shorter than
    1 where it averages over directions, and its probabilities p near a half; 2 p − 1 is tanh(logit / 2).
    """
    length = np.minimum(np.hypot(output[0], output[1]) / np.float32(FLOW_SCALE), 1)
    return np.asarray(length * np.tanh(np.maximum(output[2], 0) / 2), np.float32)
