"""What tracking found in a block, to bytes and back: sha256 of the rest, and a zlib-packed .npz."""

from __future__ import annotations

import hashlib
import io
import zlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..cells.blocks.track import Tracked

SUM = 32  # bytes of a sha256
LEVEL = 1  # of zlib: labels shrink a hundredfold at once


@dataclass(frozen=True)
class Found:
    """One block's cells, and what coarser scales are drawn with."""

    tracked: Tracked | None  # None where all is glass
    probability: NDArray[np.uint8] | None  # (h, w) of the inner part, 255 is 1; None at scale 1


def pack(found: Found) -> list[bytes]:
    """The parts of the file, in their order."""
    arrays = {} if found.probability is None else {"probability": found.probability}
    if found.tracked is not None:
        masks, outer = found.tracked.masks, found.tracked.outer
        arrays |= {field.name: getattr(masks, field.name) for field in fields(masks)}
        arrays["outer"] = np.array([outer.y0, outer.x0, outer.y1, outer.x1])
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    rest = zlib.compress(buffer.getbuffer(), LEVEL)
    return [hashlib.sha256(rest).digest(), rest]


def unpack(path: Path) -> Found:
    """Raises OSError, or ValueError where the file is damaged."""
    from ..cells.blocks.geometry import Block
    from ..cells.blocks.track import Tracked
    from ..cells.masks import Masks

    data = path.read_bytes()
    if hashlib.sha256(memoryview(data)[SUM:]).digest() != data[:SUM]:
        raise ValueError(f"{path}: is damaged")
    with np.load(io.BytesIO(zlib.decompress(memoryview(data)[SUM:]))) as file:
        arrays = dict(file)
    probability = arrays.pop("probability", None)
    outer = arrays.pop("outer", None)
    if outer is None:
        return Found(None, probability)
    return Found(Tracked(Masks(**arrays), Block(*outer.tolist())), probability)
