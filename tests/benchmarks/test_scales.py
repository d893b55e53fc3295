"""The tables of scales: what counts as right, and images at other sizes."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scales import LEAST, Field, hits, resized


def test_a_cell_is_right_where_more_than_half_is_shared() -> None:
    """A calibration table that counts touching cells as right would flatter every score."""
    true = np.zeros((10, 40), np.int32)
    true[:, :10], true[:, 20:30] = 1, 2
    found = np.zeros_like(true)
    found[:, :9], found[:, 24:38] = 1, 2
    assert hits(true, found, 3).tolist() == [True, False, False]


@pytest.mark.parametrize("factor", [0.5, 2.0, 4.0])
def test_resized_fields_keep_cells_under_their_image(factor: float) -> None:
    """Labels half a pixel off would lower F1 at every scale but one."""
    true = np.zeros((40, 60), np.int32)
    true[8:24, 12:36] = 1
    image = np.repeat((200 * true).astype(np.uint8)[..., None], 3, axis=2)
    field = resized(Field("a", factor, image, true))
    assert field.true.shape == field.image.shape[:2] == (40 * factor, 60 * factor)
    assert ((field.image[..., 0] > 100) == (field.true > 0)).mean() > 0.97


def test_what_would_be_specks_or_too_large_is_not_resized() -> None:
    """Labels of three pixels make any F1 noise, and a field of 3000² takes minutes."""
    true = np.zeros((40, 60), np.int32)
    true[8:24, 12:28] = 1
    field = Field("a", 1.0, np.zeros((40, 60, 3), np.uint8), true)
    assert field.diameter == pytest.approx(18.05, abs=0.01)
    assert field.stands(0.5)
    assert field.stands(4.0)
    assert not field.stands(LEAST / 18.2)
    large = Field("a", 1.0, np.zeros((800, 800, 3), np.uint8), np.ones((800, 800), np.int32))
    assert large.stands(0.25)
    assert not large.stands(2.0)
