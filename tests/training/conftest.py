"""Small synthetic data sets and phases for the tests of training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray

from training.settings import Phase


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny networks wait longer for their threads than they compute."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def write_pair() -> Callable[..., None]:
    """`write(folder, id, image, labels, suffix)` → folder/images/id.suffix and folder/labels/id.suffix."""
    return write


@pytest.fixture
def small_phase() -> Phase:
    """A phase that a busy CPU finishes in seconds; one set, named "field"."""
    return Phase(
        name="small",
        steps=60,
        sets={"field": 1.0},
        decoder=(32, 16, 16, 8, 8),
        pab=16,
        batch=2,
        crop=64,
        rate=2e-3,
        warmup=5,
        average=0.9,
        save_every=1000,
    )


def write(
    folder: Path, name: str, image: NDArray[np.generic], labels: NDArray[np.generic], suffix: str
) -> None:
    for kind, array in (("images", image), ("labels", labels)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        path = folder / kind / f"{name}.{suffix}"
        if suffix == "png":
            imagecodecs.imwrite(path, array)
        else:
            tifffile.imwrite(path, array)
