"""Overlays that mislead: wrong contrast, contours over other cells, one colour for two neighbours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imagecodecs import imread

from app.write import WRITERS, Result
from app.write.appearance import as_seen
from app.write.colouring import NEAR, PALETTE, TOUCHING, cell_colours, colour_graph, neighbours
from app.write.overlay import contour_width, contours, overlay


def test_writes_a_png_that_a_decoder_opens(tmp_path: Path, synthetic_field) -> None:
    image, labels = synthetic_field(120, 90, 12, 0)
    result = Result("a", image, image[..., :1], labels, np.zeros((2, 120, 90), np.float32), labels * 0.5)
    path = WRITERS["overlay"](result, tmp_path)
    assert path == tmp_path / "a_overlay.png"
    assert [file.name for file in tmp_path.iterdir()] == ["a_overlay.png"]
    drawn = imread(path)
    assert drawn.shape == (120, 90, 3)
    assert np.array_equal(drawn, overlay(as_seen(result.raw, image), labels))


def test_sizes_that_disagree_are_refused() -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    with pytest.raises(ValueError, match="labels are"):
        Result("a", image, image, np.zeros((5, 4), np.int32), np.zeros((2, 4, 5)), np.zeros((4, 5)))


def test_only_contour_pixels_change_and_they_lie_inside_cells(synthetic_field) -> None:
    image, labels = synthetic_field(200, 200, 40, 1)
    drawn = overlay(image, labels)
    changed = (drawn != image).any(axis=2)
    assert changed.any()
    assert not changed[labels == 0].any()
    for cell in range(1, labels.max() + 1):
        assert not changed[labels == cell].all(), "a cell is painted over"


def test_a_cell_cut_by_the_frame_has_no_contour_along_it() -> None:
    labels = np.ones((9, 9), np.int32)
    assert not contours(labels, 1).any()


@pytest.mark.parametrize(
    ("height", "cell", "width"), [(500, 40, 1), (2800, 60, 4), (2800, 12, 1), (50, 0, 1)]
)
def test_contour_width_fits_image_and_cells(height: int, cell: int, width: int) -> None:
    assert contour_width((height, 80), cell) == width


def test_sixteen_bit_gray_fills_the_screens_range() -> None:
    """A 12-bit camera image shown unstretched is black."""
    raw = np.linspace(200, 3000, 64 * 64).reshape(64, 64, 1).astype(np.uint16)
    seen = as_seen(raw, np.zeros((64, 64, 3), np.uint8))
    assert seen.min() == 0
    assert seen.max() == 255
    assert np.array_equal(seen[..., 0], seen[..., 2])


def test_colour_keeps_its_hue() -> None:
    """Stained tissue stretched channel by channel turns blue."""
    raw = np.zeros((50, 50, 3), np.uint8)
    raw[...] = (220, 150, 200)
    raw[10:20] = (100, 40, 120)
    seen = as_seen(raw, raw)
    assert (seen[0, 0].argsort() == np.array([1, 2, 0])).all()
    assert (seen[15, 0].argsort() == np.array([1, 0, 2])).all()


def test_four_channels_are_four_stains() -> None:
    """The fourth was taken for transparency, though alpha is never read: --channels changed nothing."""
    raw = np.zeros((50, 50, 4), np.uint8)
    image = np.zeros((50, 50, 3), np.uint8)
    image[10:20, :, 0] = 200
    assert (as_seen(raw, image)[15, 0] == (255, 0, 0)).all()


def test_values_that_are_not_finite_do_not_hide_the_rest() -> None:
    raw = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20, 1)
    raw[0, 0], raw[0, 1] = np.nan, np.inf
    seen = as_seen(raw, np.zeros((20, 20, 3), np.uint8))
    assert seen[0, 0, 0] == 0
    assert seen[0, 1, 0] == 255
    assert seen[10, 0, 0] in range(120, 136)


def test_channels_without_colours_use_the_networks_view() -> None:
    image = np.zeros((20, 20, 3), np.uint8)
    image[5:] = 200
    assert as_seen(np.zeros((20, 20, 5), np.uint16), image).max() == 255


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), cells=st.integers(1, 120))
def test_neighbours_get_different_colours_of_the_palette(seed: int, cells: int) -> None:
    """A Voronoi tiling: every cell touches several others."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 96, (cells, 2))
    grid = np.stack(np.mgrid[:96, :96], axis=-1)[:, :, None]
    labels = ((grid - points) ** 2).sum(axis=-1).argmin(axis=-1).astype(np.int32) + 1
    colours = cell_colours(labels)
    assert {tuple(colour) for colour in colours[1:]} <= {tuple(colour) for colour in PALETTE}
    for a, b in zip(labels[:, :-1].ravel(), labels[:, 1:].ravel(), strict=True):
        assert a == b or tuple(colours[a]) != tuple(colours[b])


def test_cells_a_few_pixels_apart_are_neighbours() -> None:
    labels = np.zeros((12, 30), np.int32)
    labels[2:8, 2:8], labels[2:8, 17:21], labels[2:8, 29:] = 1, 2, 3
    assert neighbours(labels, NEAR).tolist() == []
    labels[2:8, 8:11] = 1
    assert neighbours(labels, NEAR).tolist() == [[1, 2]]
    assert neighbours(labels, TOUCHING).tolist() == []


def test_a_crowd_that_no_palette_can_serve_is_still_coloured() -> None:
    everyone = np.array([(a, b) for a in range(1, 12) for b in range(a + 1, 12)])
    chosen = colour_graph(everyone, everyone[:0], 12, 7)
    assert set(chosen[1:]) == set(range(7))


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (3, 1)])
def test_tiny_images(shape: tuple[int, int]) -> None:
    labels = np.ones(shape, np.int32)
    image = np.zeros((*shape, 3), np.uint8)
    assert overlay(image, labels).shape == image.shape
    assert overlay(image, labels * 0).shape == image.shape
