"""The look at four times an image's size: when it is taken, and that all callers take the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.cells.diffusion import labels_to_flow
from app.network.clock import Clock
from app.network.closer import MOST_PIXELS, SMALL, apparent_diameter, may_pay
from app.network.inference import Network
from app.network.scales import AUTO
from app.read import Pixels
from app.settings import Windows


def discs(diameter: float, side: int) -> NDArray[np.int32]:
    """`(side, side)` labels of discs side by side, one px at least between them."""
    pitch = int(diameter) + 2
    ys, xs = np.mgrid[:side, :side]
    off = np.hypot((ys % pitch) - pitch // 2, (xs % pitch) - pitch // 2)
    number = 1 + (ys // pitch) * (side // pitch + 1) + xs // pitch
    return np.where(off < diameter / 2, number, 0).astype(np.int32)


class Painted:
    """Reads flow and logit off the colours of an image, at any scale, of views that are not mirrored."""

    name, batch = "painted", 4

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        return (windows - np.float32(0.5)) * 10


def painted(labels: NDArray[np.int32]) -> Pixels:
    """`labels` in the colours that Painted reads."""
    told = np.concatenate([5 * labels_to_flow(labels), np.where(labels > 0, 5, -5)[None]]).transpose(1, 2, 0)
    return Pixels(np.rint((told / 10 + 0.5) * 255).clip(0, 255).astype(np.uint8))


def scales_run(
    diameter: float, side: int, seconds: float = 600, asked: tuple[float, ...] = AUTO
) -> tuple[float, ...]:
    """The scales at which a field of discs was seen."""
    network = Network([Painted()], Windows())
    shape = side, side
    bands, progress = network.whole(painted(discs(diameter, side)), shape, Clock.start(seconds), asked)
    assert tuple(scale for scale, _ in bands) == progress.rung.scales
    assert progress.done == progress.windows
    return progress.rung.scales


@settings(max_examples=15, deadline=None)
@given(diameter=st.integers(8, 40))
def test_the_true_flow_of_discs_shows_their_diameter(diameter: int) -> None:
    """The gate stands on this law; a wrong unit would open it for all images, or for none."""
    labels = discs(diameter, 3 * (diameter + 2))  # no disc is cut
    seen = apparent_diameter(5 * labels_to_flow(labels), (labels > 0).astype(np.float32), 1)
    assert seen == pytest.approx(diameter, rel=0.2)


def test_nothing_to_see_has_no_diameter() -> None:
    """An empty field divided by 0, and a flow that runs apart is no small cell."""
    flow = np.zeros((2, 20, 20), np.float32)
    assert apparent_diameter(flow, np.zeros((20, 20), np.float32), 1) == 0
    flow[0] = np.arange(20)[:, None]
    assert apparent_diameter(flow, np.ones((20, 20), np.float32), 1) == 0


def test_small_cells_of_a_small_image_get_a_closer_look() -> None:
    """Phase contrast at a quarter of its size lost 0.15 of its F1 at twice that."""
    assert scales_run(9, 160) == (4, 2, 1)


def test_others_do_not_pay_for_it() -> None:
    """It takes four times what a thumbnail takes without."""
    assert scales_run(2 * SMALL, 300)[0] == 2
    assert scales_run(9, 160, asked=(2.0, 1.0)) == (2, 1)
    assert not may_pay(AUTO, (1, MOST_PIXELS + 1))


def test_without_time_the_plan_stays_as_it_was() -> None:
    """A closer look that ends late would lose what is there already."""
    assert scales_run(9, 160, seconds=0)[0] != 4
