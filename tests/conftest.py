"""Fixtures that every test may use: real cells where they are at hand, synthetic ones anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

Field = tuple[NDArray[np.uint8], NDArray[np.int32]]


@pytest.fixture(scope="session")
def cells() -> Path:
    """The folder of real images with labels that may lie beside the checkout."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data" / "cells"
    if not folder.is_dir():
        pytest.skip("../shared/data is absent: this test needs real images with labels")
    return folder


@pytest.fixture(scope="session")
def synthetic_field() -> Callable[..., Field]:
    """`make(height, width, cells, seed)` → image `(H, W, 3)` uint8, labels `(H, W)` int32."""
    return make_field


def make_field(height: int = 256, width: int = 256, cells: int = 30, seed: int = 0) -> Field:
    """Bright ellipses on a dark, noisy ground; later cells lie under earlier ones, so some touch."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((height, width), np.int32)
    for _ in range(cells):
        cy, cx = rng.uniform(0, height), rng.uniform(0, width)
        a, b, angle = rng.uniform(6, 16), rng.uniform(6, 16), rng.uniform(0, np.pi)
        y0, y1 = max(int(cy - 18), 0), min(int(cy + 19), height)
        x0, x1 = max(int(cx - 18), 0), min(int(cx + 19), width)
        y, x = np.mgrid[y0:y1, x0:x1]
        u = (y - cy) * np.cos(angle) + (x - cx) * np.sin(angle)
        v = (x - cx) * np.cos(angle) - (y - cy) * np.sin(angle)
        inside = ((u / a) ** 2 + (v / b) ** 2 <= 1) & (labels[y0:y1, x0:x1] == 0)
        if inside.sum() >= 60:
            labels[y0:y1, x0:x1][inside] = labels.max() + 1
    gray = np.where(labels > 0, 150 + 40 * np.sin(labels), 30) + rng.normal(0, 8, labels.shape)
    image = np.repeat(gray.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    return image, labels


class BrightBlobs:
    """An engine that needs no weights: bright connected blobs are cells, with their true flow.

    It stands where a test is about windows, files or time and not about the network.
    """

    name = "bright blobs"
    batch = 2

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """`(B, 3, S, S)` → flow y, flow x, logit."""
        from scipy.ndimage import label

        from app.cells.diffusion import labels_to_flow

        outputs = np.empty_like(windows)
        for window, output in zip(windows, outputs, strict=True):
            bright = window.mean(axis=0) > 0.35
            output[:2] = 5 * labels_to_flow(label(bright)[0])
            output[2] = np.where(bright, 6.0, -6.0)
        return outputs


@pytest.fixture
def bright_blobs() -> BrightBlobs:
    """An engine for tests that are not about the network."""
    return BrightBlobs()


@pytest.fixture(scope="session")
def random_pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two small models of random weights: they run as trained ones do, and label noise."""
    from app.network.architecture import COMPACT
    from app.network.weights import save_compact
    from app.network.weights.graph import Graph

    folder = tmp_path_factory.mktemp("random-pair")
    shapes = Graph.load(COMPACT).shapes
    states = {f"random-{seed}": random_state(shapes, seed) for seed in (1, 2)}
    save_compact(states, COMPACT, {}, name="random", folder=folder)
    return folder


def random_state(shapes: Mapping[str, tuple[int, ...]], seed: int) -> dict[str, NDArray[np.float32]]:
    """Weights of the usual size for their fan-in, so that activations neither die nor explode."""
    rng = np.random.default_rng(seed)
    state = {}
    for key, shape in shapes.items():
        if key.endswith("running_var") or (key.endswith("weight") and len(shape) == 1):
            state[key] = rng.uniform(0.5, 1.5, shape).astype(np.float32)
        else:
            fan_in = max(int(np.prod(shape[1:])), 16)
            state[key] = (rng.normal(0, 1, shape) / np.sqrt(fan_in)).astype(np.float32)
    return state
