"""One image from pixels to labels; the folder run and `segment` both call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..network.clock import Clock, tolerance
from ..network.inference import Network
from ..settings import Tracking, Windows

if TYPE_CHECKING:
    from ..network.engines import Precision


@dataclass(frozen=True)
class Segmentation:
    """What `segment` gives back."""

    labels: NDArray[np.int32]  # (H, W), 0 background, 1..N
    flow: NDArray[np.float32]  # (2, H, W): dy, dx; 5 × the unit vector towards the centre
    probability: NDArray[np.float32]  # (H, W) in [0, 1]
    passes: int  # models × views that are in the mean
    seconds: float


@dataclass(frozen=True)
class Pixels:
    """An image in memory, given by rows like a file."""

    array: NDArray[np.uint8]  # (H, W, 3), 8-bit steps

    def rows(self, y0: int, y1: int) -> NDArray[np.uint8]:
        """`(y1 - y0, W, 3)`."""
        return self.array[y0:y1]


def budget_seconds(budget: str | float, height: int, width: int) -> float | None:
    """Seconds for an image: 'challenge' is its tolerance, 'none' no limit, a number itself.

    Raises UsageError for anything else.
    """
    if budget == "challenge":
        return tolerance(height, width)
    if budget == "none":
        return None
    try:
        seconds = float(budget)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"budget '{budget}': use 'challenge', 'none' or a number of seconds above 0")
    return seconds


def precision(budget: float | None) -> Precision:
    """Who sets no limit gets the published arithmetic, float32; a clock is served by the fast form."""
    return "float32" if budget is None else "fast"


def segment(
    image: NDArray[np.generic],
    *,
    weights: str = "compact",
    device: Literal["auto", "cpu", "cuda"] = "auto",
    budget: str | float = "none",
) -> Segmentation:
    """Segments one image in memory.

    `image` is `(H, W)` or `(H, W, C)` of any real type and is normalised as a
    file would be; what `app.read.read_image` gave is known by its 8-bit
    steps in [0, 1] and taken as it is. Raises ValueError for another shape
    or type, WeightsError, DeviceError, UsageError.
    """
    from ..cells import track
    from ..network.engines import choose_device, load_engines
    from ..network.weights import find_weights

    pixels = to_steps(np.asarray(image))
    shape = pixels.shape[0], pixels.shape[1]
    clock = Clock.start(budget_seconds(budget, *shape))
    place = choose_device(device)
    engines = load_engines(find_weights(weights), place, precision(clock.budget))
    (flow, probability), progress = Network(engines, Windows()).whole(Pixels(pixels), shape, clock)
    labels = track(flow, probability, Tracking())
    return Segmentation(labels, flow, probability, progress.passes, clock.spent)


def to_steps(image: NDArray[np.generic]) -> NDArray[np.uint8]:
    """`(H, W, 3)` 8-bit steps of an array as `segment` takes it."""
    from ..read.normalise import normalise

    if image.ndim not in (2, 3) or image.size == 0 or image.dtype.kind not in "buif":
        raise ValueError(
            f"image must be (H, W) or (H, W, C) of real numbers, found {image.shape} {image.dtype}"
        )
    if image.ndim == 2:
        image = image[..., None]
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise ValueError("image holds NaN or infinite values")
    channels = image.shape[2]
    if image.dtype.kind == "f" and channels == 3 and image.min() >= 0 and image.max() <= 1:
        steps = np.rint(image * 255)
        if np.allclose(image * 255, steps, atol=1e-3):  # it was read and normalised before
            return steps.astype(np.uint8)
    if channels == 2:  # no third colour, or gray with alpha, which nobody can tell here: keep both
        image = np.concatenate([image, np.zeros_like(image[..., :1])], axis=2)
    steps = normalise(image[..., :3])
    return np.repeat(steps, 3, axis=2) if channels == 1 else steps
