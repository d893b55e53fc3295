"""Rows on disk come back as they were, and leave nothing behind."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cells.spool import Spool


@settings(max_examples=30, deadline=None)
@given(heights=st.lists(st.integers(1, 700), min_size=1, max_size=6), data=st.data())
def test_rows_come_back(tmp_path_factory, heights: list[int], data: st.DataObject) -> None:
    """Bands are written in one rhythm and read in another."""
    folder = tmp_path_factory.mktemp("spool")
    rows = np.arange(sum(heights) * 3, dtype=np.int32).reshape(-1, 3)
    with Spool(folder) as spool:
        for part in np.split(rows, np.cumsum(heights)[:-1]):
            spool.append(part)
        for _ in range(4):
            y0 = data.draw(st.integers(0, len(rows) - 1))
            y1 = data.draw(st.integers(y0 + 1, len(rows)))
            np.testing.assert_array_equal(spool.rows(y0, y1), rows[y0:y1])
        assert not list(folder.iterdir())  # a kill leaves no file, since it has no name
