"""Thumbnails keep the image's shape and its means."""

from __future__ import annotations

import numpy as np
import pytest
from imagecodecs import jpeg8_decode

from app.write import Result
from app.write.thumbnail import shrink, thumbnail


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
