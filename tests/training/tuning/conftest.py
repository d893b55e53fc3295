"""Examples and weights that a busy CPU tunes in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch

from app.network.weights import Weights, find_weights
from training.data import Pair, Sample
from training.tuning import Tuning
from training.tuning.examples import load_example


@pytest.fixture
def make_examples(tmp_path: Path, synthetic_field: Callable[..., Any]) -> Callable[..., list[Pair]]:
    """`make(count)` → pairs of images and labels on the disk."""

    def make(count: int) -> list[Pair]:
        pairs = []
        for seed in range(count):
            image, labels = synthetic_field(96, 112, 14, seed)
            paths = tmp_path / f"{seed}.tif", tmp_path / f"{seed}_label.tif"
            tifffile.imwrite(paths[0], image)
            tifffile.imwrite(paths[1], labels.astype(np.uint16))
            pairs.append(Pair("own", str(seed), *paths))
        return pairs

    return make


@pytest.fixture
def fields(make_examples: Callable[..., list[Pair]]) -> list[Sample]:
    """Five of them in memory."""
    return [load_example(pair, partial=False) for pair in make_examples(5)]


@pytest.fixture
def start(random_pair: Path) -> Iterator[Weights]:
    """Random weights, and one thread to train on: tiny crops wait longer for threads than they compute."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield find_weights(str(random_pair))
    torch.set_num_threads(threads)


@pytest.fixture
def short() -> Tuning:
    """Three steps on small crops."""
    return Tuning(steps=3, crop=64, own=2, replayed=1, looks=1, intensity_p=0.0, encoder=False)
