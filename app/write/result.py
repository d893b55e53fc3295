"""All that is known of one image once its cells are found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Result:
    """One segmented image. Raises ValueError where the arrays' sizes disagree."""

    stem: str  # the beginning of every file name that is written
    image: NDArray[np.uint8]  # (H, W, 3), the 8-bit steps that the network saw
    raw: NDArray[np.generic]  # (H, W, C), values as stored, for measurements
    labels: NDArray[np.int32]  # (H, W), 0 background, 1..N
    flow: NDArray[np.float32]  # (2, H, W), (dy, dx), 5 × the unit vector
    probability: NDArray[np.float32]  # (H, W), in [0, 1]
    pixel_size_um: tuple[float, float] | None = None  # (y, x)
    channel_names: tuple[str, ...] | None = None  # of `raw`
    file_name: str | None = None  # of the image; None: the stem
    scores: NDArray[np.float32] | None = None  # (N,), in [0, 1]: how sure the network is of each cell

    def __post_init__(self) -> None:
        size = self.labels.shape
        met = (self.image.shape[:2], self.raw.shape[:2], self.flow.shape[1:], self.probability.shape)
        if any(shape != size for shape in met):
            raise ValueError(f"{self.stem}: labels are {size}; image, raw, flow and probability are {met}")

    @property
    def title(self) -> str:
        """The stem for the inside of files: bytes of the name that are no UTF-8 become escapes."""
        return escaped(self.stem)

    @property
    def name(self) -> str:
        """The image's file name, or the stem, for the inside of files."""
        return escaped(self.file_name or self.stem)

    @property
    def channels(self) -> tuple[str, ...]:
        """One unique name per channel of `raw`; the index where the file gives none."""
        names = self.channel_names or ()
        indices = tuple(str(index) for index in range(self.raw.shape[2]))
        usable = len(names) == len(indices) == len(set(names)) and all(names)
        return tuple(names) if usable else indices


def escaped(name: str) -> str:
    """A file name as text that every encoding of Unicode takes."""
    return name.encode("utf-8", "backslashreplace").decode()
