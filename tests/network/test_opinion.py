"""A network that is clearly surer of an image than the one of its look sees it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.network import Clock, Network
from app.network.architecture import Architecture
from app.network.opinion import certainty, surer
from app.network.weights import Member, Specialist, Specialists
from app.network.weights.specialists import LOOKS, write_looks
from app.network.weights.states import checksum
from app.read import Pixels
from app.settings import Windows

SHAPE = 300, 420
IMAGE = Pixels(np.random.default_rng(0).integers(0, 255, (*SHAPE, 3), np.uint8))
MEMBER = Member(Path("any.safetensors"), Architecture(), 64 * "0")


class Sure:
    """An engine of the tests: flows of `length`, 5 at most, and one logit, wherever there is signal."""

    batch, embedding = 2, np.array([1, 0], np.float32)

    def __init__(self, length: float, logit: float) -> None:
        self.output = np.array([length, 0, logit], np.float32)
        self.windows = 0

    def look(self) -> None:
        """Nothing to prepare."""

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        self.windows += len(windows)
        seen = windows.max(axis=1, keepdims=True) > 0
        ground = np.array([0, 0, -9], np.float32)
        return np.where(seen, self.output.reshape(1, 3, 1, 1), ground.reshape(1, 3, 1, 1))


def test_certainty_is_of_cells_alone_and_at_most_1() -> None:
    rng = np.random.default_rng(0)
    output = rng.normal(0, 9, (3, 40, 50)).astype(np.float32)
    found = certainty(output)
    assert ((found >= 0) & (found <= 1)).all()
    assert (found[output[2] <= 0] == 0).all()
    assert certainty(np.array([3, 4, 99], np.float32).reshape(3, 1, 1)) == pytest.approx(1)
    half = certainty(np.array([3, 4, np.log(3)], np.float32).reshape(3, 1, 1))  # p = 3/4
    assert half == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Sure(3, 1), Sure(5, 4), True),
        (Sure(5, 4), Sure(3, 1), False),
        (Sure(5, 4), Sure(5, 4), False),
        (Sure(3, 1), Sure(3, 1.05), False),  # no reason to leave who has learned the look
        (Sure(5, -4), Sure(5, -4), False),  # neither sees a cell
        (Sure(5, -4), Sure(5, 4), True),
    ],
)
def test_the_clearly_surer_one_is_followed(one: Sure, other: Sure, expected: bool) -> None:
    assert surer(one, lambda: other, IMAGE, SHAPE, Windows()) is expected


def test_who_is_sure_of_its_own_cells_needs_no_other_opinion() -> None:
    """Loading a second network for each image of plain nuclei costs a second of a cold start."""
    assert not surer(Sure(4, 4), lambda: pytest.fail("it was loaded"), IMAGE, SHAPE, Windows())


class Near(Sure):
    """Sure of what fills half a window alone, as a small image does at four times its size."""

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        seen = super().__call__(windows)
        return seen if (windows.max(axis=1) > 0).mean() > 0.5 else seen * np.float32(0.3)


def test_small_cells_of_a_small_image_are_judged_by_a_closer_look() -> None:
    """Nuclei of 8 px, plain to their own network at four times their size, went over: 0.933 → 0.462."""
    small = Pixels(IMAGE.rows(0, 100)[:, :100])
    assert not surer(Near(5, 4), lambda: pytest.fail("it was loaded"), small, (100, 100), Windows())


def test_padding_says_nothing() -> None:
    """A small image fills a corner of a window; the rest must not make both equally sure."""
    tiny = Pixels(IMAGE.rows(0, 40)[:, :60])
    assert surer(Sure(3, 1), lambda: Sure(5, 4), tiny, (40, 60), Windows())


def test_an_image_without_signal_stays_where_it_was() -> None:
    glass = Pixels(np.full((*SHAPE, 3), 5, np.uint8))
    one = Sure(3, 1)
    assert not surer(one, lambda: Sure(5, 4), glass, SHAPE, Windows())
    assert one.windows == 0


@pytest.fixture
def told(tmp_path: Path) -> Specialists:
    """Nuclei, whose look every image has, and who has learned a little of everything."""
    near = np.array([[np.cos(0.15), np.sin(0.15)]], np.float32)  # of what every image looks like here
    write_looks(tmp_path / LOOKS, near, np.array([0], np.int16))
    models = (
        Specialist("nuclei", MEMBER, 0.18),
        Specialist("cells", replace(MEMBER, file=Path("cells")), 0.1, rest=True),
    )
    return Specialists(models, tmp_path / LOOKS, checksum(tmp_path / LOOKS))


def seen_by(told: Specialists, nuclei: Sure, cells: Sure) -> str:
    load: Any = lambda member: cells if member.file.name == "cells" else nuclei  # noqa: E731
    network = Network([Sure(5, 4)], Windows(), specialists=told, load_one=load)  # type: ignore[list-item]
    _, progress = network.whole(IMAGE, SHAPE, Clock.start(None), (1.0,))
    return progress.specialist


def test_whole_cells_that_look_like_nuclei_are_seen_by_who_knows_cells(told: Specialists) -> None:
    """Twelve of 25 synthetic images of cytoplasm went to who knows nuclei alone, and saw pieces."""
    assert seen_by(told, Sure(5, 4), Sure(5, 4)) == "nuclei"
    assert seen_by(told, Sure(3, 1), Sure(5, 4)) == "cells"


def test_a_look_that_is_well_known_needs_no_other_opinion(told: Specialists) -> None:
    """Of val's nuclei six went over before, and one of them lost all its cells by it."""
    write_looks(told.looks, np.array([[1, 0.05]], np.float32), np.array([0], np.int16))
    told = replace(told, sha256=checksum(told.looks))
    cells = Sure(5, 4)
    assert seen_by(told, Sure(3, 1), cells) == "nuclei"
    assert cells.windows == 0


def test_tissue_asks_nobody(told: Specialists) -> None:
    models = (replace(told.models[0], dab=True), told.models[1])
    cells = Sure(5, 4)
    assert seen_by(replace(told, models=models), Sure(3, 1), cells) == "nuclei"
    assert cells.windows == 0
