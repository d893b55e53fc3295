"""Measurements against scikit-image's, which are slow but known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.measure import regionprops_table

from app.write.measure import means, measure

NAMES = {
    "label": "id",
    "area": "area",
    "centroid-0": "centroid_y",
    "centroid-1": "centroid_x",
    "eccentricity": "eccentricity",
    "solidity": "solidity",
    "equivalent_diameter_area": "equivalent_diameter",
}


def assert_as_scikit_image(labels: NDArray[np.int32]) -> None:
    properties = tuple({name.split("-")[0]: None for name in NAMES})
    theirs, ours = regionprops_table(labels, properties=properties), measure(labels)
    for their_name, our_name in NAMES.items():
        np.testing.assert_allclose(ours[our_name], theirs[their_name], atol=1e-7, err_msg=our_name)


# scikit-image says so of hulls of three points or fewer, and measures them all the same
@pytest.mark.filterwarnings("ignore:Failed to get convex hull")
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), height=st.integers(1, 14), width=st.integers(1, 14), ids=st.integers(1, 4))
def test_any_shape_measures_as_in_scikit_image(seed: int, height: int, width: int, ids: int) -> None:
    """Pieces, holes, lines and single pixels."""
    labels = np.random.default_rng(seed).integers(0, ids + 1, (height, width)).astype(np.int32)
    labels[0, 0] = 1
    assert_as_scikit_image(labels)


def test_cells_measure_as_in_scikit_image(synthetic_field) -> None:
    assert_as_scikit_image(synthetic_field(300, 280, 80, 3)[1])


def test_no_precision_is_lost_far_from_the_origin() -> None:
    """Moments about the origin cancel on slides."""
    near, far = np.zeros((30, 30), np.int32), np.zeros((30, 60_000), np.int32)
    near[5:12, 4:9] = far[5:12, 59_904:59_909] = 1
    near[5, 9] = far[5, 59_909] = 1
    assert measure(far)["eccentricity"][0] == pytest.approx(measure(near)["eccentricity"][0], abs=1e-12)


def test_border_and_missing_ids() -> None:
    labels = np.zeros((10, 10), np.int32)
    labels[0, 3] = labels[9, 3] = 2
    labels[4:6, 4:6] = 3
    labels[5, 9] = 7
    columns = measure(labels)
    assert columns["id"].tolist() == [2, 3, 7]
    assert columns["touches_border"].tolist() == [True, False, True]


def test_means() -> None:
    labels = np.array([[1, 1, 0], [3, 3, 3]], np.int32)
    values = np.array([[65535, 65533, 9], [1, 2, 6]], np.uint16)
    assert means(labels, values, np.array([1, 3])).tolist() == [65534, 3]


def test_no_cells() -> None:
    labels = np.zeros((6, 5), np.int32)
    columns = measure(labels)
    assert {len(column) for column in columns.values()} == {0}
    assert means(labels, labels, columns["id"]).size == 0
