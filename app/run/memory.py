"""How much memory an image will need, and whether it goes whole or in bands.

The bytes per pixel were measured (`python -m benchmarks.memory`), rounded up.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import MemoryLimitError
from ..read import ImageInfo
from ..settings import Job

BAND = 2048  # rows of a slide that go through the network at once; fewer in a very wide one
BAND_PIXELS = 1 << 24
BASE = 900e6  # bytes: the interpreter, the engines of a pair, one batch of windows (0.54 GB on a CPU)
WHOLE = 85  # bytes per pixel of an image held whole: steps, sums, flow and labels of all scales, tracking
BANDED = 30  # bytes per pixel of the rows held of a slide: sums of the network, flow, labels
REACH = 3000  # rows held besides the band: a row of windows below it, a row of blocks with its halo above
DRAWN = 30  # bytes per pixel of an image with extras: flow, probability, labels, pictures
ROOM = 0.9  # part of the limit that we dare to plan with


@dataclass(frozen=True)
class Need:
    """The planned peak of one image."""

    banded: bool
    bytes: float


def band_height(width: int) -> int:
    """Rows that a slide of `width` px is read and predicted in at once; at least those of a window."""
    return max(512, min(BAND, BAND_PIXELS // width))


def plan_memory(job: Job, info: ImageInfo, limit: float) -> Need:
    """Whole where that fits, else in bands; raises MemoryLimitError where not even those fit.

    `limit` is what the machine or the container allows, in bytes.
    """
    height, width = info.height, info.width
    pixels = height * width
    stored = 0.0 if info.banded else 3.0 * pixels
    drawn = DRAWN * pixels if job.draws else 0.0
    whole = Need(False, BASE + stored + drawn + WHOLE * pixels)
    if pixels < job.tracking.block_from and whole.bytes <= ROOM * limit:
        return whole
    # a slide's extras come from the disk once the network's rows are gone, all but one
    held = DRAWN * pixels if "flows" in job.save else 0.0
    banded = Need(True, BASE + stored + held + BANDED * min(height, band_height(width) + REACH) * width)
    if banded.bytes <= ROOM * limit:
        return banded
    raise MemoryLimitError(
        f"{info.path}: {height} × {width} pixels would need about {banded.bytes / 1e9:.1f} GB of memory, "
        f"{limit / 1e9:.1f} GB are allowed; allow more, or cut the image"
    )
