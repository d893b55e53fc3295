"""What each dimension of a TIFF is taken for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.read.layout import lay_out


@pytest.mark.parametrize(
    ("axes", "shape", "page", "planes", "channels"),
    [
        ("YX", (5, 7), "YX", 1, 1),
        ("YXS", (5, 7, 3), "YXS", 1, 1),
        ("SYX", (3, 5, 7), "SYX", 1, 1),
        ("CYX", (6, 5, 7), "YX", 1, 6),
        ("QYX", (3, 5, 7), "YX", 1, 3),
        ("IYX", (4, 5, 7), "YX", 1, 4),
        ("IYX", (5, 50, 70), "YX", 5, 1),
        ("ZYX", (3, 5, 7), "YX", 3, 1),
        ("TZCYX", (2, 3, 4, 5, 7), "YX", 6, 4),
        ("IYXS", (3, 5, 7, 3), "YXS", 3, 1),
        ("QYX", (4, 50, 3), "YX", 4, 1),
    ],
)
def test_planes_and_channels(axes, shape, page, planes, channels):
    """Only a C, or 2 to 4 unnamed gray pages wider than that, are channels; the rest is a stack."""
    layout = lay_out(axes, shape, page, by_page=False)
    assert layout.planes == planes
    assert len(layout.pages(0)) == channels


def test_channels_last_in_pages_of_one_row():
    """An array (H, W, 2) that a writer took for H images of W × 2."""
    layout = lay_out("QYX", (100, 80, 2), "YX", by_page=False)
    assert (layout.height, layout.width, layout.last) == (100, 80, 2)


def test_a_page_asked_for_is_a_page():
    """Three pages may be channels or a stack; --page says which."""
    assert lay_out("IYX", (3, 50, 70), "YX", by_page=True).planes == 3


@given(st.lists(st.tuples(st.sampled_from("TZCRP"), st.integers(1, 4)), max_size=5, unique_by=lambda d: d[0]))
def test_every_page_belongs_to_one_channel_of_one_plane(dimensions):
    """Against NumPy's own indexing: no page twice, none left out, channels in order."""
    axes = "".join(a for a, _ in dimensions) + "YX"
    shape = tuple(n for _, n in dimensions)
    layout = lay_out(axes, (*shape, 8, 9), "YX", by_page=False)
    pages = np.arange(int(np.prod(shape))).reshape(shape)
    if "C" in axes:
        pages = np.moveaxis(pages, axes.index("C"), -1)
    expected = pages.reshape(layout.planes, -1)
    np.testing.assert_array_equal([layout.pages(plane) for plane in range(layout.planes)], expected)


def test_stack_names_its_dimensions():
    layout = lay_out("TZCYX", (2, 3, 4, 5, 7), "YX", by_page=False)
    assert layout.stack() == "T (time) 2, Z (depth) 3"


def test_unknown_dimensions_are_refused():
    with pytest.raises(ValueError, match="can't be told apart"):
        lay_out("YXZ", (5, 7, 3), "YX", by_page=False)
