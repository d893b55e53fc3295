"""Small synthetic data sets and phases for the tests of training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray

from training.data import Sample, find_pairs, load_samples
from training.settings import Phase


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


@pytest.fixture
def samples(tmp_path: Path, synthetic_field: Callable[..., Any]) -> Iterator[list[Sample]]:
    """Three synthetic fields of the set "field", and one thread to train on.

    Tiny networks wait longer for their threads than they compute. Numba sets
    the number of threads anew, so this comes after the flows are made.
    """
    for seed in range(3):
        image, labels = synthetic_field(96, 112, 14, seed)
        write(tmp_path / "data" / "field", str(seed), image, labels.astype(np.uint16), "png")
    loaded = load_samples(find_pairs(tmp_path / "data", "train"))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield loaded
    torch.set_num_threads(threads)


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
