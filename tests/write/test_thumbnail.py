"""Thumbnails keep the image's shape and its means."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from imagecodecs import jpeg8_decode, png_decode

from app.write import WRITERS, Result
from app.write.reduced import reduced, shrink
from app.write.thumbnail import thumbnail


@pytest.mark.parametrize(("height", "width"), [(700, 300), (90, 40), (1, 5000)])
def test_thumbnails_keep_the_images_shape(height: int, width: int, synthetic_field) -> None:
    image, labels = synthetic_field(height, width, 10, 0)
    picture = jpeg8_decode(
        thumbnail(Result("a", image, image, labels, np.zeros((2, height, width)), labels * 1.0))
    )
    assert max(picture.shape) == min(max(height, width), 160)
    assert picture.shape[0] == pytest.approx(height / width * picture.shape[1], abs=1)


def test_shrinking_means_over_whole_boxes() -> None:
    values = np.arange(35, dtype=np.uint16).reshape(5, 7, 1)
    small = shrink(values, (2, 3))
    assert small[0, 0, 0] == values[:2, :2].mean()
    assert small[1, 2, 0] == values[2:, 4:].mean()


def test_cells_that_vanish_in_a_thumbnail_tint_it(tmp_path: Path) -> None:
    """Each pixel took the label at its middle: a field of specks became coloured noise."""
    y, x = np.mgrid[:1600, :1600]
    specks = (y < 800) & (y % 5 < 2) & (x % 5 < 2)
    labels = np.where(specks, y // 5 * 320 + x // 5 + 1, 0).astype(np.int32)
    image = np.zeros((1600, 1600, 3), np.uint8)
    result = Result("a", image, image, labels, np.zeros((2, 1600, 1600)), specks * 1.0)
    small = reduced(result, 160)
    assert (small[:80] == small[0, 0]).all(), "even, since specks cover a sixth everywhere"
    assert small[0, 0].max() > 20
    assert not small[80:].any()
    assert WRITERS["overlay"](result, tmp_path) == tmp_path / "a_overlay.png"
    assert png_decode((tmp_path / "a_overlay_small.png").read_bytes()).shape == (1400, 1400, 3)
