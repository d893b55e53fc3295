"""Windows against MONAI and ttach, and rows in bands against the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.pipeline import Pixels
from app.settings import Windows
from app.windows import Pass, View, importance, starts

SMALL = Windows(size=32, overlap=0.6, empty_range=-1)


class Uneven:
    """Stands in for the network: its answer depends on the place in the window and on neighbours."""

    name = "uneven"
    batch = 3

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        ramp = np.linspace(0.5, 2, windows.shape[2], dtype=np.float32)
        turned = windows * ramp[:, None] + np.roll(windows, 2, axis=3) * ramp
        return turned + np.array([0.1, 0.2, 0.3], np.float32)[:, None, None]


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
    ours = Pass(Uneven(), Pixels(image), shape, view, windows).rows(shape[0])
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
    whole = Pass(Uneven(), Pixels(image), shape, view, SMALL).rows(shape[0])
    banded = Pass(Uneven(), Pixels(image), shape, view, SMALL)
    edges = sorted({cut for cut in cuts if cut < shape[0]} | {shape[0]})
    np.testing.assert_allclose(np.concatenate([banded.rows(y) for y in edges], axis=1), whole, atol=1e-6)
    assert banded.windows_left == 0


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
    skipping = Pass(careful, Pixels(image), (32, 320), View.IDENTITY, replace(SMALL, empty_range=8)).rows(32)
    running = Pass(thorough, Pixels(image), (32, 320), View.IDENTITY, SMALL).rows(32)
    assert careful.seen == 4
    assert thorough.seen == 25
    np.testing.assert_array_equal(skipping[:, :, :40], running[:, :, :40])
    assert (skipping[2, :, 80:] < -9).all()
