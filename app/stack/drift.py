"""How far a whole field moved between two frames: stages drift, and jump when they come back to a place."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .overlaps import Labels

SIDE = 512  # px; larger frames are thinned out before they are compared
COVERED = 0.6  # of the smaller foreground, that must lie on the other's once the field is moved back
GAIN = 1.2  # how many times more than without moving it
ALIKE = 0.5  # least correlation of two frames whose field moved, once it is moved back
ALIKER = 0.1  # by which that is more than without moving it

Scalar = TypeVar("Scalar", bound=np.generic)
Shift = tuple[int, int]  # y and x in px, by which later pixels lie further down and right
Picture = NDArray[np.floating]  # (H, W), any range


def find_drift(earlier: Labels, later: Labels) -> Shift:
    """The shift between two frames `(H, W)` that brings most of their cells onto each other.

    It is (0, 0) where cells move on their own: one shift must bring most of
    all foreground into place, and of one cell alone nobody can tell whether
    it moved or the field.
    """
    if min(int(earlier.max(initial=0)), int(later.max(initial=0))) < 2:
        return 0, 0
    step = -(-max(earlier.shape) // SIDE)
    thin = [np.ascontiguousarray(labels[::step, ::step] > 0) for labels in (earlier, later)]
    shared = shared_pixels(*thin)
    place = np.unravel_index(int(shared.argmax()), shared.shape)
    best, still = shared[place], shared[0, 0]
    if best < COVERED * min(int(one.sum()) for one in thin) or best < GAIN * still:
        return 0, 0
    dy, dx = signed((int(place[0]), int(place[1])), shared.shape)
    return dy * step, dx * step


def see_drift(earlier: Picture, later: Picture) -> Shift | None:
    """The shift between two pictures of one size that makes them alike; None unless it does.

    It needs no labels, which may hold more dust of the sensor, and that stands
    still, than cells. The pictures wrap round, so a shift of more than half a
    side is not found.
    """
    from scipy.fft import irfft2, rfft2

    here = correlation(earlier, later)
    first, second = (rfft2(one - one.mean()) for one in (earlier, later))
    shared = irfft2(np.conj(first) * second, earlier.shape)
    y, x = np.unravel_index(int(shared.argmax()), shared.shape)
    shift = signed((int(y), int(x)), shared.shape)
    there = correlation(*common_part(earlier, later, shift))
    return shift if there >= max(ALIKE, here + ALIKER) else None


def correlation(one: Picture, other: Picture) -> float:
    """Of two pictures of one size, in [-1, 1]; 0 where one is flat or empty."""
    if min(one.size, other.size) == 0 or one.min() == one.max() or other.min() == other.max():
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def signed(place: Shift, shape: tuple[int, ...]) -> Shift:
    """The shift of a place in a spectrum's inverse: the second half of each axis is negative."""
    y, x = (n - (size if n > size // 2 else 0) for n, size in zip(place, shape, strict=True))
    return y, x


def shared_pixels(earlier: NDArray[np.bool_], later: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Pixels that two `(H, W)` masks share, by the shift of the later one.

    Twice as high and wide at least, so that nothing wraps round; negative shifts stand at the end.
    """
    from scipy.fft import irfft2, next_fast_len, rfft2

    size = [next_fast_len(2 * n, real=True) for n in earlier.shape]
    spectrum = np.conj(rfft2(earlier.astype(np.float32), size)) * rfft2(later.astype(np.float32), size)
    shared: NDArray[np.float64] = np.rint(irfft2(spectrum, size))
    return shared


def common_part(
    earlier: NDArray[Scalar], later: NDArray[Scalar], shift: Shift
) -> tuple[NDArray[Scalar], NDArray[Scalar]]:
    """The parts of two frames that show the same place, each of the same size."""
    (dy, dx), (height, width) = shift, earlier.shape
    first = earlier[max(-dy, 0) : height - max(dy, 0), max(-dx, 0) : width - max(dx, 0)]
    second = later[max(dy, 0) : height - max(-dy, 0), max(dx, 0) : width - max(-dx, 0)]
    return first, second
