"""Tissue in DAB is seen by its haematoxylin, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from app.network import Clock, Network, Setting, choose_device, find_weights
from app.network.stains import DAB, HAEMATOXYLIN, Haematoxylin, amount, find_strength, lenient, shown
from app.read import Pixels, normalise
from app.settings import Tracking, Windows
from examples.demo_images import nuclei


def through(haematoxylin: float, dab: float) -> np.ndarray:
    """One pixel of light through so much of both, 8-bit."""
    density = haematoxylin * np.array(HAEMATOXYLIN) + dab * np.array(DAB)
    return np.rint(255 * 10**-density).astype(np.uint8)[None]


@pytest.fixture(scope="module")
def tissue() -> np.ndarray:
    return normalise(data.immunohistochemistry())


@given(haematoxylin=st.floats(0, 1), dab=st.floats(0, 1))
def test_stains_come_apart(haematoxylin: float, dab: float) -> None:
    """A nucleus under brown must look like one beside it; 8-bit steps of dark pixels are coarse."""
    assert amount(through(haematoxylin, dab))[0] == pytest.approx(haematoxylin, abs=0.06)


@settings(max_examples=30, deadline=None)
@given(y0=st.integers(0, 90), height=st.integers(1, 60))
def test_rows_are_those_of_the_whole(y0: int, height: int) -> None:
    """A slide is read in bands: a row must not depend on which band it came in."""
    seen = Haematoxylin(Pixels(normalise(data.immunohistochemistry()[:150])), 150, 2.0)
    np.testing.assert_array_equal(seen.rows(y0, y0 + height), seen.rows(0, 150)[y0 : y0 + height])


def test_what_is_in_dab(tissue: np.ndarray) -> None:
    """H&E, fluorescence and gray images must be seen as they are."""
    assert find_strength(Pixels(tissue), tissue.shape[:2]) > 1
    eosin = np.concatenate(
        [through(0.6, 0), np.rint(255 * 10 ** -np.array([[0.04, 0.5, 0.06]])).astype(np.uint8)]
    )
    picks = np.random.default_rng(0).integers(0, 2, (200, 200))
    gray = np.repeat(normalise(nuclei(200, 200))[..., None], 3, axis=2)
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    for other in (
        noise,
        eosin[picks],
        255 - tissue,
        tissue[..., ::-1],
        gray,
        np.full((1, 1, 3), 255, np.uint8),
    ):
        assert find_strength(Pixels(np.ascontiguousarray(other)), other.shape[:2]) == 0


def test_glass_hides_no_tissue(tissue: np.ndarray) -> None:
    """Rows of white above the tissue were taken for a gray image; most of a slide is glass."""
    slide = np.full((4 * 512, 512, 3), 255, np.uint8)
    slide[-512:] = tissue
    assert find_strength(Pixels(slide), (2048, 512)) > 1


def test_shown_only_where_it_is_asked_for(tissue: np.ndarray) -> None:
    pixels = Pixels(tissue)
    assert shown(pixels, 512, 0.0) is pixels


def test_nuclei_are_found_under_brown(tissue: np.ndarray) -> None:
    """Of this tissue a handful of nuclei was found once; the published plan still sees it as it is."""
    corner = np.ascontiguousarray(tissue[128:384, 256:])
    network = Network.load(find_weights("compact"), choose_device("cpu"), Windows(), exact=False)
    shape = corner.shape[:2]
    inside = {}
    for name, seen in (("as it is", Pixels(corner)), ("unmixed", shown(Pixels(corner), 256, 2.5))):
        progress = network.plan(seen, shape, Clock.start(30.0))
        progress.haematoxylin, progress.specialist = 0.0, ""  # the pair, which needs it most
        ((_, (_, probability)),) = network.planned(seen, shape, Clock.start(30.0), progress)
        inside[name] = float((probability > 0.5).mean())
    assert inside["unmixed"] > 2 * inside["as it is"]
    planned = network.plan(Pixels(corner), shape, Clock.start(30.0))
    assert planned.haematoxylin > 1
    assert planned.specialist == "tissue", "tissue in DAB is tissue"
    setting = network.setting(planned)
    assert setting.tracking.flow_threshold > Tracking().flow_threshold, (
        "borders are lost, the nuclei are there"
    )
    plain = network.plan(Pixels(corner), shape, Clock.start(None))
    assert plain.haematoxylin == 0
    assert network.setting(plain) == Setting()


def test_more_flow_error_is_allowed_in_dab_only() -> None:
    """And where no error is asked about, or more is allowed already, nothing changes."""
    assert lenient(Tracking(), 0.0) == Tracking()
    assert lenient(Tracking(), 1.5) == Tracking(flow_threshold=0.65)
    for tracking in (Tracking(flow_threshold=0), Tracking(flow_threshold=0.9)):
        assert lenient(tracking, 1.5) == tracking
