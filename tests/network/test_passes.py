"""Passes against MONAI and ttach, rows in bands against the whole, windows without signal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.network.passes import Mean, Pass, Seen, single_pass
from app.network.strips import Strips
from app.network.windows import Grid, View
from app.read import Pixels
from app.settings import Windows
from tests.network.uneven import Uneven

SMALL = Windows(size=32, overlap=0.6, empty_range=-1)


def random_image(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def by_monai(image: NDArray[np.uint8], view: View, windows: Windows) -> NDArray[np.float32]:
    """The published way: flip, slide, flip back, turn the sign of the flipped flow component."""
    import torch
    import ttach
    from monai.inferers import sliding_window_inference

    tensor = torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32)) / 255
    transform = {
        View.IDENTITY: ttach.base.Chain([]),
        View.HORIZONTAL: ttach.HorizontalFlip(),
        View.VERTICAL: ttach.VerticalFlip(),
    }[view]
    turn = (lambda x: x) if view is View.IDENTITY else (lambda x: transform.apply_aug_image(x, apply=True))
    engine = Uneven()
    outputs = sliding_window_inference(
        turn(tensor),
        roi_size=windows.size,
        sw_batch_size=4,
        predictor=lambda x: torch.from_numpy(engine(x.numpy())),
        overlap=windows.overlap,
        mode="gaussian",
        padding_mode="constant",
    )
    back = turn(outputs)[0].numpy().copy()
    if view is View.VERTICAL:
        back[0] *= -1
    if view is View.HORIZONTAL:
        back[1] *= -1
    return back


@pytest.mark.filterwarnings("default")  # MONAI's own imports warn
@pytest.mark.parametrize("view", list(View))
@pytest.mark.parametrize("shape", [(32, 32), (33, 70), (100, 31), (7, 7), (90, 64)])
@pytest.mark.parametrize("overlap", [0.6, 0.25])
def test_equals_monai(shape: tuple[int, int], view: View, overlap: float) -> None:
    """A window too far left, a wrong pad or a flow sign not turned back shifts every cell."""
    image = random_image(*shape)
    windows = replace(SMALL, overlap=overlap)
    ours = single_pass(Uneven(), Pixels(image), shape, view, windows)
    np.testing.assert_allclose(ours, by_monai(image, view, windows), atol=1e-4)


@settings(deadline=None, max_examples=40)
@given(
    shape=st.tuples(st.integers(1, 150), st.integers(1, 80)),
    view=st.sampled_from(list(View)),
    cuts=st.lists(st.integers(1, 149), max_size=5),
)
def test_bands_equal_whole(shape: tuple[int, int], view: View, cuts: list[int]) -> None:
    """Rows handed out early would miss the windows that still overlap them."""
    image = random_image(*shape)
    whole = single_pass(Uneven(), Pixels(image), shape, view, SMALL)
    mean = Mean(shape[1])
    banded = Pass(Uneven(), Strips(Pixels(image)), Grid(shape, view, SMALL), mean)
    found = []
    for edge in sorted({cut for cut in cuts if cut < shape[0]} | {shape[0]}):
        banded.go_to(edge)
        found.append(mean.release(edge))
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole, atol=2e-6)
    assert banded.windows_left == 0


def test_empty_windows_are_not_run_and_change_nothing_elsewhere() -> None:
    """Glass must be free, and its neighbours must not notice."""

    class Counting(Uneven):
        seen = 0

        def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
            self.seen += len(windows)
            return super().__call__(windows)

    image = np.full((32, 320, 3), 200, np.uint8)
    image[:, :40] = random_image(32, 40)
    careful, thorough = Counting(), Counting()
    sparing = replace(SMALL, empty_range=8)
    skipping = single_pass(careful, Pixels(image), (32, 320), View.IDENTITY, sparing)
    running = single_pass(thorough, Pixels(image), (32, 320), View.IDENTITY, SMALL)
    assert careful.seen == 4
    assert thorough.seen == 25
    np.testing.assert_array_equal(skipping[:, :, :40], running[:, :, :40])
    assert (skipping[2, :, 80:] < -9).all()


def test_passes_share_one_mean() -> None:
    """The mean of passes must be that of their own results, also where one of them was given up half way."""
    image, shape = random_image(150, 70), (150, 70)
    views = (View.IDENTITY, View.VERTICAL)
    alone = [single_pass(Uneven(), Pixels(image), shape, view, SMALL) for view in views]
    mean, strips = Mean(shape[1]), Strips(Pixels(image))
    first, second = (Pass(Uneven(), strips, Grid(shape, view, SMALL), mean) for view in views)
    first.go_to(40)
    second.go_to(40)
    np.testing.assert_allclose(mean.release(40), np.mean(alone, axis=0)[:, :40], atol=1e-5)
    first.go_to(150)
    below = mean.release(150)
    np.testing.assert_allclose(below[:, 40:], alone[0][:, 80:], atol=1e-5)  # windows end 31 rows below a cut
    low, high = np.minimum(*alone)[:, 40:80], np.maximum(*alone)[:, 40:80]
    assert (below[:, :40] >= low - 0.2).all()
    assert (below[:, :40] <= high + 0.2).all()


def test_every_window_is_told_of() -> None:
    """The clock learns what a window costs from those that were run, and how far it is from all."""
    image = np.zeros((64, 320, 3), np.uint8)
    image[:, :40] = random_image(64, 40)
    heard: list[Seen] = []
    grid = Grid((64, 320), View.IDENTITY, replace(SMALL, empty_range=8))
    Pass(Uneven(), Strips(Pixels(image)), grid, Mean(320), heard.append).go_to(64)
    assert sum(seen.windows for seen in heard) == len(grid.xs) * len(grid.ys)
    assert sum(seen.run for seen in heard) == 4 * len(grid.ys)


def test_rows_are_read_once_for_all_passes_of_a_band() -> None:
    """Decoding a slide six times over would cost more than the network does on glass."""

    class Counting(Pixels):
        read = 0

        def rows(self, y0: int, y1: int) -> NDArray[np.uint8]:
            type(self).read += 1
            return super().rows(y0, y1)

    strips = Strips(Counting(random_image(32, 320)))
    for view in (View.IDENTITY, View.HORIZONTAL):
        Pass(Uneven(), strips, Grid((32, 320), view, SMALL), Mean(320)).go_to(32)
    assert Counting.read == 1
