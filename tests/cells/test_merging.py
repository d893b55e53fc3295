"""Cells of several scales: who swallows whom, and the same in bands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cells import find_cells, find_cells_in_bands
from app.cells.diffusion import labels_to_flow
from app.network.scales import scaled
from app.settings import Merging, Tracking

SHAPE = (320, 360)


def discs(shape: tuple[int, int], *cells: tuple[float, float, float]) -> np.ndarray:
    """Labels of discs (y, x, radius) in order; later ones don't overwrite."""
    ys, xs = np.mgrid[: shape[0], : shape[1]]
    labels = np.zeros(shape, np.int32)
    for number, (y, x, radius) in enumerate(cells, 1):
        labels[((ys + 0.5 - y) ** 2 + (xs + 0.5 - x) ** 2 < radius**2) & (labels == 0)] = number
    return labels


def seen(labels: np.ndarray, sure: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Flow and probability as a network would give them for `labels`."""
    probability = np.where(labels > 0, np.float32(sure), np.float32(0.02))
    return 5 * labels_to_flow(labels), probability


def at(scale: float, *cells: tuple[float, float, float], sure: float = 0.95, shape=SHAPE):
    """One scale's band: discs in px of the image."""
    grid = scaled(shape, scale)
    return scale, seen(discs(grid, *((y * scale, x * scale, r * scale) for y, x, r in cells)), sure)


def found(*bands, shape=SHAPE):
    return find_cells(bands, shape, Tracking(), Merging())


def test_a_large_cell_swallows_the_specks_that_a_finer_scale_made_of_it() -> None:
    """35 nuclei of 100 px were given as 52 specks."""
    large = (160, 180, 100)
    specks = [(120, 150, 9), (170, 200, 12), (190, 140, 8)]
    cells = found(at(1, *specks), at(0.5), at(0.25, large))
    assert cells.labels.max() == 1
    assert (cells.labels > 0).sum() == pytest.approx(np.pi * 100**2, rel=0.02)


def test_a_clump_does_not_swallow_the_cells_that_fill_it() -> None:
    """At a quarter, touching nuclei look like one large cell."""
    rows = [(y, x, 14) for y in (100, 128, 156) for x in (120, 148, 176)]
    cells = found(at(1, *rows), at(0.25, (128, 148, 48)))
    assert cells.labels.max() == 9


def test_of_one_cell_found_twice_the_finer_contour_stays() -> None:
    """A staircase from a coarse grid would cost IoU for nothing."""
    fine = at(1, (150, 150, 24))
    cells = found(fine, at(0.5, (150, 150, 25)))
    assert cells.labels.max() == 1
    np.testing.assert_array_equal(cells.labels > 0, fine[1][1] > 0.5)


def test_large_and_small_live_side_by_side() -> None:
    """One scale for the whole image loses one or the other."""
    small = [(40, 40, 10), (40, 80, 10), (280, 330, 9)]
    cells = found(at(1, *small), at(0.5), at(0.25, (180, 180, 90)))
    assert cells.labels.max() == 4
    assert len(cells.scores) == 4
    assert ((cells.scores > 0.5) & (cells.scores <= 1)).all()


@pytest.mark.parametrize(("scale", "stays"), [(1.0, True), (0.5, False)])
def test_unsure_cells_are_believed_sooner_at_the_own_size(scale: float, stays: bool) -> None:
    """Images at the size that networks know lost cells to merging that scale 1 alone had found."""
    large, unsure = (180, 180, 90), at(scale, (40, 40, 24), (40, 140, 24), sure=0.75)
    bands = [unsure, at(0.5), at(0.25, large)] if scale == 1 else [at(1), unsure, at(0.25, large)]
    assert found(*bands).labels.max() == (3 if stays else 1)


def test_specks_of_a_coarse_scale_are_not_heard() -> None:
    """What is under a dozen pixels on its own grid is a finer scale's to find."""
    cells = found(at(1), at(0.25, (100, 100, 20)))
    assert cells.labels.max() == 0


@pytest.mark.parametrize(("radius", "sure", "stays"), [(6, 0.95, True), (6, 0.55, True), (2.5, 0.55, False)])
def test_scale_1_speaks_of_small_cells_that_scale_2_missed(radius: float, sure: float, stays: bool) -> None:
    """Pale nuclei of a tissue, found at scale 1, were left to scale 2, which had missed them."""
    known = [(60, 60 + 40 * n, 12) for n in range(6)]
    pale = (200, 180, radius)
    bands = at(2, *known[:2]), (1.0, seen(discs(SHAPE, *known, pale)))
    bands[1][1][1][discs(SHAPE, pale) > 0] = sure
    assert found(*bands).labels.max() == (7 if stays else 6)


@pytest.mark.parametrize(("radius", "stays"), [(3, False), (7, True)])
def test_specks_of_the_own_size_are_not_heard_beside_large_cells(radius: float, stays: bool) -> None:
    """A field too large for scale 2, of 13 blurred nuclei, had 16 specks of 6 px; 14 px may be a cell."""
    large = [(90, 90, 70), (90, 270, 70), (240, 180, 70)]
    cells = found(at(1, (20, 180, radius), (300, 60, radius)), at(0.5), at(0.25, *large))
    assert cells.labels.max() == (5 if stays else 3)


def test_contours_of_a_coarse_cell_are_smooth() -> None:
    """Labels blown up from an eighth would be squares of 8 px."""
    cells = found(at(1), at(0.125, (160, 180, 120)))
    want = discs(SHAPE, (160, 180, 120)) > 0
    got = cells.labels > 0
    assert (want & got).sum() / (want | got).sum() > 0.97


def test_one_scale_is_what_tracking_gives() -> None:
    """`--scales 1` stays the published strategy, to the bit."""
    from app.cells import track

    band = at(1, (60, 60, 20), (60, 99, 20), (200, 200, 50))
    cells = found(band)
    assert cells.labels.max() == 3
    np.testing.assert_array_equal(cells.labels, track(*band[1], Tracking()))
    assert cells.flow is band[1][0]


def test_flow_and_probability_are_those_of_the_scale_that_found_the_cell() -> None:
    """Who tracks them again must find the large cell, not its specks."""
    cells = found(at(1), at(0.25, (160, 180, 100), sure=0.9))
    inside = cells.labels == 1
    assert (np.abs(cells.probability[inside] - 0.9) < 1e-5).mean() > 0.97  # all but some of the contour
    assert np.hypot(*cells.flow[:, inside]).mean() == pytest.approx(5, rel=0.05)


def random_bands(seed: int, shape: tuple[int, int], scales: tuple[float, ...]):
    rng = np.random.default_rng(seed)
    bands = []
    for scale in scales:
        cells = [
            (*rng.uniform(0, shape), rng.uniform(6, 40) / scale**0.7) for _ in range(rng.integers(0, 25))
        ]
        scale, (flow, probability) = at(scale, *cells, sure=float(rng.uniform(0.6, 1)), shape=shape)
        flow += rng.uniform(0, 2) * rng.standard_normal(flow.shape, np.float32)  # so that scores differ
        bands.append((scale, (flow, probability)))
    return bands


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 1000),
    height=st.integers(50, 700),
    step=st.integers(20, 300),
    block=st.integers(60, 400),
    scales=st.sampled_from([(1.0, 0.5, 0.25), (2.0, 1.0), (1.0,), (0.5,)]),
)
def test_in_bands_equals_whole(
    tmp_path_factory, seed: int, height: int, step: int, block: int, scales: tuple[float, ...]
) -> None:
    """A slide's cells may not depend on how it was read; of one scale it once lost the unsure ones."""
    shape = (height, 210)
    bands = random_bands(seed, shape, scales)
    whole = found(*bands, shape=shape)
    assert set(np.unique(whole.labels)) - {0} == set(range(1, len(whole.scores) + 1))

    def cut(scale, band):
        flow, probability = band
        rows = max(int(step * scale), 1)
        for y in range(0, len(probability), rows):
            yield flow[:, y : y + rows], probability[y : y + rows]

    scores: list[np.ndarray] = []
    tracking = Tracking(block=block, block_from=0)
    given_bands = [(scale, band[1].shape, cut(scale, band)) for scale, band in bands[::-1]]
    folder = tmp_path_factory.mktemp("spool")
    rows = find_cells_in_bands(given_bands, shape, tracking, Merging(), folder, scores.append)
    np.testing.assert_array_equal(np.concatenate(list(rows)), whole.labels)
    np.testing.assert_array_equal(np.concatenate(scores), whole.scores)
    assert not list(folder.iterdir())


@pytest.mark.parametrize(("radius", "sure", "count"), [(5, 0.7, 12), (5, 0.95, 13), (9, 0.7, 13)])
def test_a_speck_among_nuclei_has_to_be_sure(radius: int, sure: float, count: int) -> None:
    """A network that knows micronuclei sees them in debris, too: 114 cells were found of 89."""
    nuclei = [(y, x, 16) for y in (60, 130, 200) for x in (50, 120, 190, 260)]
    speck = (280, 300, radius)
    flow, probability = at(1, *nuclei, speck)[1]
    unsure = at(1, speck, sure=sure)[1][1]
    probability = np.where(unsure > 0.5, unsure, probability)
    cells = found((1, (flow, probability)), at(0.5, *nuclei))
    assert cells.labels.max() == count


def test_fragments_are_measured_by_each_other() -> None:
    """Where nuclei fell into pieces, the pieces are what is to be found, beside the few that are whole."""
    pieces = [(y, x, 6) for y in (60, 90, 120) for x in (50, 80, 110, 140)]
    cells = found(at(1, *pieces, (220, 240, 40), sure=0.7), at(0.5))
    assert cells.labels.max() == 13
