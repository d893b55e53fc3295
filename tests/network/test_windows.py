"""Where windows lie and what they weigh."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.network.windows import Grid, View, importance, starts
from app.settings import Windows


@given(length=st.integers(1, 3000), overlap=st.sampled_from([0.6, 0.5, 0.25, 0.1]), flipped=st.booleans())
def test_starts_cover_the_axis(length: int, overlap: float, flipped: bool) -> None:
    """Every pixel lies in some window, and no window lies where none is needed."""
    found = starts(length, Windows(overlap=overlap), flipped=flipped)
    covered = np.zeros(length, bool)
    for start in found:
        covered[max(start, 0) : start + 512] = True
    assert covered.all()
    assert len(found) == len(set(found))
    assert length <= 512 or (min(found) == 0 and max(found) == length - 512)


def test_importance_is_monais() -> None:
    """Weights of another shape would move the seam between windows."""
    from monai.data.utils import compute_importance_map

    theirs = compute_importance_map((512, 512), mode="gaussian", sigma_scale=0.125).numpy()
    np.testing.assert_allclose(importance(512, 0.125), np.maximum(theirs, 1e-3), atol=1e-6)


@pytest.mark.parametrize("view", list(View))
@pytest.mark.parametrize("shape", [(32, 32), (7, 90), (100, 45)])
def test_parts_of_all_windows_make_one(shape: tuple[int, int], view: View) -> None:
    """Windows that make more or less than the whole of a pixel would brighten or dim the mean there."""
    grid = Grid(shape, view, Windows(size=32, overlap=0.6))
    total = np.zeros(shape)
    for y in grid.ys:
        for x in grid.xs:
            y0, x0, y1, x1 = grid.inside(y, x)
            part = importance(32, 0.125)[y0 - y : y1 - y, x0 - x : x1 - x]
            total[y0:y1, x0:x1] += part * grid.norm(y)[:, x0:x1]
    np.testing.assert_allclose(total, 1, atol=1e-5)
