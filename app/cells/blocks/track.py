"""One block: tracked with a halo as wide as its cells need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...settings import Tracking
from ..masks import Form, Masks, Part, owned_masks
from ..seeds import REACH
from .geometry import Block

FIRST_HALO = 100  # px; enough for cells up to some 120 px across, and 21 % more to track
EDGE = 20  # px along a cut where the foreground may differ from the whole image's: 16 for specks, and some


class Source(Protocol):
    """Flow and probability of an image of `height` × `width` px, as far as its block needs them."""

    @property
    def height(self) -> int:
        """Px."""

    @property
    def width(self) -> int:
        """Px."""

    def cut(self, part: Block, threshold: float, /) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """Copies of `(2, h, w)` flow and `(h, w)` probability; None where none is above the threshold."""


@dataclass(frozen=True)
class Tracked:
    """The cells that a block owns."""

    masks: Masks  # of the outer part
    outer: Block  # what was tracked


def largest_halo(tracking: Tracking) -> int:
    """Px that always suffice: a pixel gets no further than `niter` px, a step being one pixel at most."""
    return tracking.niter + REACH + EDGE


def track_block(source: Source, inner: Block, tracking: Tracking, form: Form) -> Tracked | None:
    """The cells with their seed in `inner`, as the whole image has them; None where all is glass."""
    halo = min(FIRST_HALO, largest_halo(tracking))
    while True:
        outer = inner.outer(halo, source.height, source.width)
        given = source.cut(outer, tracking.probability_threshold)
        if given is None:
            return None
        trusted = outer.inside(EDGE, source.height, source.width)
        part = Part(inner.within(outer), trusted.within(outer), source.height * source.width)
        masks = owned_masks(*given, part, tracking, form)
        if masks is not None:
            return Tracked(masks, outer)
        halo = min(2 * halo, largest_halo(tracking))
