"""Films of stacks: frames come back from an animated PNG, and a cell keeps its colour through all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from imagecodecs import apng_decode, png_decode
from numpy.typing import NDArray

from app.write.animation import write_animation
from app.write.film import PIXELS, draw_film, film_size


@pytest.mark.parametrize("count", [1, 2, 7])
def test_an_animation_comes_back_whole(tmp_path: Path, count: int) -> None:
    """By a decoder that is not ours; a viewer that knows no animation sees the first frame."""
    frames = np.random.default_rng(0).integers(0, 255, (count, 40, 30, 3)).astype(np.uint8)
    write_animation(tmp_path / "a.png", iter(frames), count)
    data = (tmp_path / "a.png").read_bytes()
    assert np.array_equal(apng_decode(data).reshape(frames.shape), frames)
    assert np.array_equal(png_decode(data), frames[0])


def test_an_animation_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def frames():  # type: ignore[no-untyped-def]
        yield np.zeros((5, 5, 3), np.uint8)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        write_animation(tmp_path / "a.png", frames(), 2)
    assert list(tmp_path.iterdir()) == []


def moving(planes: int = 4) -> NDArray[np.int32]:
    """`(planes, 60, 80)`: cells 1 and 2 touch and move to the right, 3 comes in plane 2."""
    labels = np.zeros((planes, 60, 80), np.int32)
    for index in range(planes):
        labels[index, 5:25, 5 + 6 * index : 20 + 6 * index] = 1
        labels[index, 25:45, 5 + 6 * index : 20 + 6 * index] = 2
        if index >= 2:
            labels[index, 48:58, 60:75] = 3
    return labels


def test_a_cell_keeps_its_colour(tmp_path: Path) -> None:
    """And cells that touch in any plane have different ones."""
    labels = moving()
    drawn = draw_film(
        (4, 60, 80), lambda: labels, lambda _: np.full((60, 80, 3), 90, np.uint8), tmp_path / "a.png"
    )
    frames = apng_decode((tmp_path / "a.png").read_bytes())
    colours = {}
    for cell in (1, 2, 3):
        seen = {
            tuple(colour)
            for frame, plane in zip(frames, labels, strict=True)
            for colour in frame[plane == cell]
        }
        (colours[cell],) = seen - {(90, 90, 90)}
    assert len(set(colours.values())) == 3
    assert np.all(frames[labels == 0] == 90)
    assert drawn.diameters == pytest.approx(np.sqrt(4 / np.pi * np.array([300, 300, 150])), rel=1e-5)
    assert drawn.thumbnail.startswith(b"\xff\xd8")


def test_a_stack_without_cells_is_drawn_too(tmp_path: Path) -> None:
    empty = np.zeros((2, 20, 30), np.int32)
    drawn = draw_film(
        (2, 20, 30), lambda: empty, lambda _: np.zeros((20, 30, 3), np.uint8), tmp_path / "a.png"
    )
    assert drawn.diameters.size == 0
    assert (tmp_path / "a.png").exists()


def test_without_a_path_only_the_middle_is_read() -> None:
    """A report of a thousand planes needs one of them."""
    read: list[int] = []

    def image(index: int) -> NDArray[np.uint8]:
        read.append(index)
        return np.zeros((60, 80, 3), np.uint8)

    draw_film((4, 60, 80), moving, image, None)
    assert read == [2]


@pytest.mark.parametrize("shape", [(10, 200, 300), (5, 3000, 1000), (900, 1000, 1000), (1, 1, 90_000)])
def test_films_fit_a_browser(shape: tuple[int, int, int]) -> None:
    height, width = film_size(shape)
    assert shape[0] * height * width <= 1.01 * PIXELS
    assert max(height, width) <= 1000
    assert (height, width) == shape[1:] or max(height, width) == 1000 or shape[0] == 900
