"""Polygons that a reader would refuse, or that are not the cell."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.write.trace import trace


def shape(labels: NDArray[np.int32], cell: int) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([(polygon.shell, polygon.holes) for polygon in trace(labels)[cell]])


def filled(cell: shapely.MultiPolygon, size: tuple[int, int]) -> NDArray[np.bool_]:
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    return shapely.contains_xy(cell, x, y)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), height=st.integers(1, 12), width=st.integers(1, 12), ids=st.integers(1, 3))
def test_polygons_are_valid_and_give_the_labels_back(seed: int, height: int, width: int, ids: int) -> None:
    """Noise holds every way in which pixels may touch: holes, tips, pieces, holes that touch the outside."""
    labels = np.random.default_rng(seed).integers(0, ids + 1, (height, width)).astype(np.int32)
    assert list(trace(labels)) == [cell for cell in np.unique(labels) if cell]
    for cell in trace(labels):
        traced = shape(labels, cell)
        assert traced.is_valid, shapely.is_valid_reason(traced)
        assert traced.area == (labels == cell).sum()
        assert np.array_equal(filled(traced, labels.shape), labels == cell)


@pytest.mark.parametrize(
    ("picture", "shells", "holes"),
    [
        ("###/#.#/###", 1, 1),
        ("##./##./..#", 2, 0),  # pieces that meet by a tip: two polygons, not one that crosses itself
        ("###/#.#/##.", 1, 1),  # a hole whose tip touches the outside stays a hole
        ("#####/#.#.#/#####", 1, 2),
        ("###../#.#../##.##/..#.#/..###", 2, 2),
    ],
)
def test_shells_and_holes(picture: str, shells: int, holes: int) -> None:
    labels = np.array([[mark == "#" for mark in row] for row in picture.split("/")], np.int32)
    polygons = trace(labels)[1]
    assert len(polygons) == shells
    assert sum(len(polygon.holes) for polygon in polygons) == holes


def test_a_rectangle_has_four_corners_on_pixel_corners() -> None:
    """Outlines through pixel centres are half a pixel too small on every side."""
    labels = np.zeros((20, 20), np.int32)
    labels[2:5, 3:9] = 7
    (polygon,) = trace(labels)[7]
    assert polygon.shell.tolist() == [[9, 2], [9, 5], [3, 5], [3, 2]]


def test_no_cells() -> None:
    assert trace(np.zeros((5, 5), np.int32)) == {}
