"""Image, labels and flow move together; the flow of a crop is that of its labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.cells.diffusion import labels_to_flow
from training.augment import (
    Crop,
    choose_speck,
    choose_zoom,
    coarsen,
    draw,
    flip,
    geometry,
    rescale,
    transpose,
    trust,
)
from training.data import Pair, Sample, find_pairs, load_sample
from training.settings import Phase

MOVES = {
    "none": lambda crop: crop,
    "horizontal flip": lambda crop: flip(crop, 1),
    "vertical flip": lambda crop: flip(crop, 0),
    "transposition": transpose,
    "quarter turn": lambda crop: flip(transpose(crop), 0),
    "half turn": lambda crop: flip(flip(crop, 0), 1),
    "three quarters": lambda crop: flip(transpose(crop), 1),
}


CELLS = [(20, 20, 9, 14), (50, 70, 16, 7), (75, 30, 12, 12), (30, 105, 8, 15)]  # centre and half axes, px


def disk_field() -> np.ndarray:
    """Cells of odd, symmetric shape: each has one median pixel, in whatever orientation."""
    y, x = np.mgrid[:97, :131]
    labels = np.zeros((97, 131), np.int32)
    for i, (cy, cx, a, b) in enumerate(CELLS):
        labels[((y - cy) / a) ** 2 + ((x - cx) / b) ** 2 <= 1] = i + 1
    return labels


def coded_image(labels: np.ndarray) -> np.ndarray:
    """An image that carries its labels, so that misalignment shows in any pixel."""
    return np.repeat((labels * 20).astype(np.uint8)[..., None], 3, axis=2)


def sample_of(labels: np.ndarray) -> Sample:
    pair = Pair("field", "a", Path("a.png"), Path("a.png"))
    flow = labels_to_flow(labels).astype(np.float16)
    return Sample(pair, coded_image(labels), labels, flow, "field/gray")


def crop_of(sample: Sample) -> Crop:
    image = torch.from_numpy(sample.image.transpose(2, 0, 1).astype(np.float32) / 255)
    return Crop(image, torch.from_numpy(sample.labels), torch.from_numpy(sample.flow.astype(np.float32)))


def sources(labels: np.ndarray) -> set[tuple[int, int]]:
    """The median pixel of each cell, where the heat enters."""
    cells = [np.argwhere(labels == cell) for cell in range(1, labels.max() + 1)]
    return {tuple(np.median(pixels, axis=0).astype(int).tolist()) for pixels in cells}


@pytest.mark.parametrize("suffix", ["png", "tiff"])
@pytest.mark.parametrize("move", MOVES)
def test_flow_of_moved_labels_is_the_moved_flow(tmp_path, write_pair, suffix, move):
    """Exactly so for flips and quarter turns, from either file format to the crop."""
    labels = disk_field()
    write_pair(tmp_path / "field", "a", coded_image(labels), labels.astype(np.uint16), suffix)
    (pair,) = find_pairs(tmp_path, "train")
    moved = MOVES[move](crop_of(load_sample(pair)))
    expected = labels_to_flow(moved.labels.numpy()).astype(np.float16)
    differs = (np.abs(moved.flow.numpy() - expected) > 2e-3).any(axis=0)  # float16 keeps 1e-3
    assert differs.sum() <= len(CELLS)  # in the centre pixel itself there is no direction
    centres = sources(moved.labels.numpy())
    assert all((y, x) in centres for y, x in np.argwhere(differs).tolist())
    shades = moved.image[0].numpy()
    for cell in range(5):  # the reader scales shades; each cell must still have one of its own
        assert np.ptp(shades[moved.labels.numpy() == cell]) == 0


@pytest.mark.parametrize("zoom", [0.5, 1.7, 3.0])
def test_zoomed_flow_agrees_with_the_flow_of_zoomed_labels(zoom):
    """Directions survive a zoom; only pixels next to a cell's centre, where the flow turns, may differ."""
    crop = geometry(sample_of(disk_field()), 300, zoom, np.random.default_rng(1))
    labels = crop.labels.numpy()
    inside = labels > 0
    angle_cosine = (crop.flow.numpy() * labels_to_flow(labels)).sum(axis=0)[inside]
    assert np.median(angle_cosine) > 0.98
    assert (angle_cosine > 0.8).mean() > 0.9


def test_a_cut_cell_points_at_its_real_centre():
    """Flows computed after a crop would point at the centre of what is left of a cell."""
    labels = np.zeros((41, 200), np.int32)
    labels[5:36, 20:180] = 1  # far wider than the crop, centre at x = 99
    sample = sample_of(labels)
    columns = np.broadcast_to(np.arange(200, dtype=np.uint8)[:, None], (41, 200, 3))
    sides = set()
    for seed in range(20):
        crop = rescale(replace(sample, image=columns), 40, 1.0, np.random.default_rng(seed))
        left = round(float(crop.image[0, 0, 0]) * 255)  # the image tells where the crop lies
        along = crop.flow[1][crop.labels > 0]
        if left + 40 < 95:
            assert (along > 0).float().mean() > 0.95
            sides.add("left")
        if left > 105:
            assert (along < 0).float().mean() > 0.95
            sides.add("right")
    assert sides == {"left", "right"}


@pytest.mark.parametrize("zoom", [0.3, 1.0, 2.5])
def test_image_and_labels_stay_aligned_through_geometry(zoom):
    """Every pixel well inside a cell or the ground keeps the shade of its label."""
    sample = sample_of(disk_field())
    for seed in range(8):
        crop = geometry(sample, 96, zoom, np.random.default_rng(seed))
        assert crop.image.shape == (3, 96, 96)
        assert crop.labels.shape == (96, 96)
        shade = crop.image[0] * 255 / 20
        assert ((shade - crop.labels).abs() < 0.5).float().mean() > (0.8 if zoom < 1 else 0.95)


def test_same_seed_same_crop(small_phase):
    first, second = (draw(sample_of(disk_field()), small_phase, np.random.default_rng(5)) for _ in range(2))
    assert torch.equal(first.image, second.image)
    assert torch.equal(first.labels, second.labels)
    assert torch.equal(first.flow, second.flow)


def test_crops_are_finite_and_in_range(small_phase):
    phase = replace(small_phase, intensity_p=1.0, exclude_boundary=True, zoom=(0.25, 4.0), zoom_p=1.0)
    for seed in range(10):
        crop = draw(sample_of(disk_field()), phase, np.random.default_rng(seed))
        assert crop.image.dtype == torch.float32
        assert crop.image.min() >= 0
        assert crop.image.max() <= 1
        assert torch.isfinite(crop.flow).all()


def test_zoom_keeps_cells_in_the_target_range(small_phase):
    """Cells of 200 px must not fill the crop, nor cells of 10 px vanish."""
    phase = replace(small_phase, zoom=(0.1, 8.0), zoom_p=1.0, target_diameter=(8.0, 120.0))
    rng = np.random.default_rng(0)
    for diameter in (10.0, 40.0, 200.0):
        labels = np.zeros((2000, 2000), np.int32)
        labels[: round(diameter), : round(diameter * np.pi / 4)] = 1  # the area of a disc, nearly
        sample = sample_of(labels)
        diameter = sample.diameter
        zooms = np.array([choose_zoom(sample, phase, rng) for _ in range(300)])
        assert zooms.min() * diameter >= 7.99
        assert zooms.max() * diameter <= 120.01
        assert zooms.max() / zooms.min() > 5


def test_sizes_that_other_scales_find_are_background_here() -> None:
    """At scale 1 a large nucleus came out as specks: the network was taught to find something in it."""
    labels = torch.tensor([[0, 1, 2, 3, 4, 5, -1]], dtype=torch.int32)
    diameters = np.array([0, 3, 5, 50, 130, 200], np.float32)
    got = trust(labels, diameters, (4.0, 6.0, 110.0, 150.0))
    assert got.tolist() == [[0, 0, -1, 3, -1, 0, -1]]
    assert got.dtype == torch.int32


def test_a_coarse_crop_keeps_its_cells_in_place() -> None:
    """Cells of 10 px of a film at a quarter of its size were lost: nothing enlarged had been learnt from."""
    labels = disk_field()[:97, :97]
    image = torch.from_numpy((labels > 0).astype(np.float32))[None].repeat(3, 1, 1)
    shown = [coarsen(image, 24.0, np.random.default_rng(seed))[0] for seed in range(8)]
    for coarse in shown:
        assert coarse.shape == labels.shape
        overlap = ((coarse > 0.5) & (image[0] > 0)).sum() / ((coarse > 0.5) | (image[0] > 0)).sum()
        assert overlap > 0.75
    assert max(float((coarse - image[0]).abs().mean()) for coarse in shown) > 0.02  # not all stay sharp


def test_cells_that_are_small_already_stay_sharp() -> None:
    """Of 6 px across nothing would be left at half the size."""
    image = torch.rand(3, 32, 32)
    assert coarsen(image, 6.0, np.random.default_rng(0)) is image


def test_specks_are_whole_cells_much_smaller_than_the_rest():
    """A cell that the image's border cuts is small for another reason, and says nothing of micronuclei."""
    labels = disk_field()
    rng = np.random.default_rng(0)
    assert choose_speck(sample_of(labels), 0, rng) is None
    labels[60:63, 100:104] = 9
    labels[0:2, 50:54] = 10
    assert sample_of(labels).specks.tolist() == [[60, 100]]
    assert choose_speck(sample_of(labels), 3, rng) == (60, 100)
    assert choose_speck(sample_of(labels), 4, rng) is None


@pytest.mark.parametrize("seed", range(8))
def test_a_speck_that_a_crop_was_drawn_for_is_a_cell_of_it(seed):
    """Most crops around micronuclei of 4 px showed them at their own size, where they are ground."""
    labels = disk_field()
    labels[60:63, 100:104] = 9
    phase = Phase("a", 1, {}, zoom=(0.4, 3.0), zoom_p=0.5, crop=160, speck_p=1.0)
    crop = draw(sample_of(labels), phase, np.random.default_rng(seed))
    assert (crop.labels == 9).any()


def test_a_speck_is_not_enlarged_beyond_the_phases_zoom():
    """One of a pixel can't be made a cell of 6 px; its crop must not go beyond what the phase asks for."""
    labels = disk_field()
    labels[60, 100] = 9
    phase = Phase("a", 1, {}, zoom=(0.4, 2.0), zoom_p=0.0, crop=160)
    assert choose_zoom(sample_of(labels), phase, np.random.default_rng(0), (60, 100)) == pytest.approx(2.0)


def test_cells_too_small_for_anybody_are_left_out_of_the_loss():
    """Sets don't agree on micronuclei: those of one are cells, those of another ground."""
    labels = disk_field()
    labels[60:63, 100:104] = 9
    phase = Phase("a", 1, {}, zoom_p=0, crop=160, least_diameter=5.0)
    crop = draw(sample_of(labels), phase, np.random.default_rng(0))
    assert set(crop.labels.unique().tolist()) == {-1, 0, 1, 2, 3, 4}
    assert 6 < int((crop.labels == -1).sum()) < 24


@pytest.mark.parametrize("zoom", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("around", [(0, 0), (60, 100), (96, 130)])
def test_a_crop_around_a_pixel_holds_it_anywhere(zoom, around):
    """A speck always in the middle of its crop would teach where to look, not what it looks like."""
    labels = np.zeros((97, 131), np.int32)
    labels[around] = 1
    sample, places = sample_of(labels), set()
    for seed in range(20):
        crop = rescale(sample, 40, zoom, np.random.default_rng(seed), around)
        if zoom >= 1:  # half the pixels are left out below
            assert (crop.labels == 1).any()
            places.add(tuple(np.argwhere(crop.labels.numpy() == 1)[0]))
    assert zoom < 1 or around != (60, 100) or len(places) > 10
