"""One image in memory, from pixels to labels: every room in its order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..cells import find_cells
from ..network import Clock, Network, budget_seconds, choose_device, parse_scales
from ..read import Pixels, to_steps
from ..settings import Windows
from .calibrated import chosen_weights


@dataclass(frozen=True)
class Segmentation:
    """What `segment` gives back."""

    labels: NDArray[np.int32]  # (H, W), 0 background, 1..N
    scores: NDArray[np.float32]  # (N,) in [0, 1]: how sure the network is of each cell
    flow: NDArray[np.float32]  # (2, H, W): dy, dx; 5 × the unit vector towards the centre
    probability: NDArray[np.float32]  # (H, W) in [0, 1]; both at each cell as the scale saw it that found it
    passes: int  # models × views that are in the mean
    seconds: float


def segment(
    image: NDArray[np.generic],
    *,
    weights: str = "compact",
    device: Literal["auto", "cpu", "cuda"] = "auto",
    budget: str | float = "none",
    scales: str = "auto",
    settings: Literal["calibrated", "default"] = "calibrated",
    specialist: str = "auto",
) -> Segmentation:
    """Segments one image in memory.

    `image` is `(H, W)` or `(H, W, C)` of any real type and is normalised as a
    file would be; what `read_image` gave is known by its 8-bit
    steps in [0, 1] and taken as it is. `scales` are "auto" or some of 4, 2,
    1, 0.5, 0.25, 0.125, such as "1" or "0.5,1". `settings` of what follows the
    network are those that were chosen for the weights, or this package's
    defaults. A `specialist` of the weights sees images of the look that it
    learned ("auto"), never ("none"), or where its name is given, always. Raises
    ValueError for another shape or type, WeightsError, DeviceError, UsageError.
    """
    pixels = to_steps(np.asarray(image))
    shape = pixels.shape[0], pixels.shape[1]
    clock = Clock.start(budget_seconds(budget, *shape))
    exact = clock.budget is None
    chosen = chosen_weights(weights, settings, scales, specialist)
    network = Network.load(chosen, choose_device(device), Windows(), exact=exact)
    wanted = network.scales(parse_scales(scales))
    bands, progress = network.whole(Pixels(pixels), shape, clock, wanted)
    setting = network.setting(progress)
    found = find_cells(setting.heard(bands), shape, setting.tracking, setting.merging, network.tracks_on)
    return Segmentation(
        found.labels, found.scores, found.flow, found.probability, progress.passes, clock.spent
    )
