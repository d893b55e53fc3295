"""Overlays: each mistake in its colour, at any size of image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from app.write.colours import rgb
from evaluation.pictures import MISTAKES, draw_mistakes, outline, thumbnail


def drawn_kinds(picture: np.ndarray) -> set[str]:
    """The kinds whose pure colour is somewhere in the picture."""
    return {kind for kind, colour in MISTAKES.items() if (picture == rgb(colour)).all(axis=2).any()}


def fields(*cells: tuple[int, int, int]) -> np.ndarray:
    """40 × 80 labels with 10 × (x1 - x0) cells: (id, x0, x1)."""
    labels = np.zeros((40, 80), int)
    for i, x0, x1 in cells:
        labels[10:20, x0:x1] = i
    return labels


@pytest.mark.parametrize(
    ("true", "pred", "kinds"),
    [
        (fields((1, 5, 15)), fields((1, 5, 15)), set()),
        (fields((1, 5, 15)), fields(), {"missed"}),
        (fields(), fields((1, 5, 15)), {"invented"}),
        (fields((1, 5, 25)), fields((1, 5, 15), (2, 15, 25)), {"split"}),
        (fields((1, 5, 15), (2, 15, 25)), fields((1, 5, 25)), {"merged"}),
    ],
)
def test_each_mistake_has_its_colour(true: np.ndarray, pred: np.ndarray, kinds: set[str]) -> None:
    """One mistake at a time, so that no colour hides another."""
    assert drawn_kinds(draw_mistakes(None, true, pred, 80)) == kinds


def test_filled_cells_do_not_mix_colours() -> None:
    """Missed and invented overlap in poor outlines; the inside keeps one colour."""
    picture = draw_mistakes(None, fields((1, 5, 25)), fields((1, 18, 60)), 80)
    inside, other = picture[15, 10].astype(int), picture[15, 22].astype(int)
    np.testing.assert_array_equal(inside, other)
    assert inside[0] > inside[2]  # vermillion, not blue
    assert picture[15, 50, 2] > picture[15, 50, 0]  # sky blue


@pytest.mark.parametrize(
    ("side", "shape"), [(80, (40, 80)), (160, (80, 160)), (30, (14, 27)), (200, (80, 160))]
)
def test_picture_and_labels_are_scaled_alike(tmp_path: Path, side: int, shape: tuple[int, int]) -> None:
    """Every n-th pixel of large images, each pixel n times of small ones; never a shift."""
    labels = fields((1, 5, 45))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.where(labels > 0, 255, 0).astype(np.uint8))
    picture = thumbnail(path, side)
    assert picture.shape == (*shape, 3)
    drawn = draw_mistakes(picture, labels, labels, side)
    assert drawn.shape == picture.shape
    bright = picture[..., 0] > 128
    assert ((drawn[..., 0] > 100) == bright).all()  # outline and inside of the cell, and nothing else


def test_bands_make_the_same_thumbnail(tmp_path: Path) -> None:
    """Rows are read in bands of a multiple of the step, so none is lost or doubled at their edges."""
    ramp = np.add.outer(np.arange(2100) % 251, np.zeros(60)).astype(np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp)
    rows = thumbnail(path, 1000)[:, 0, 0].astype(float)
    assert len(rows) == 700
    assert np.corrcoef(rows, ramp[::3, 0])[0, 1] > 0.999


def test_outline_of_touching_cells_and_edges() -> None:
    """Cells that touch are outlined on both sides; the picture's edge closes an outline."""
    edge = outline(np.array([[1, 1, 1, 2, 2, 2]] * 3))
    assert edge.tolist() == [[True] * 6, [True, False, True, True, False, True], [True] * 6]
    assert not outline(np.zeros((4, 4), int)).any()
