"""The CUDA engine's code on the CPU, with a GPU's memory played by a stub that runs out."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch")

from app.errors import WeightsError  # noqa: E402
from app.network.architecture import OFFICIAL, Architecture  # noqa: E402
from app.network.engines.cpu import CpuEngine  # noqa: E402
from app.network.engines.cuda import LARGEST_BATCH, CudaEngine, largest_batch  # noqa: E402
from app.network.weights import Member, find_weights  # noqa: E402


@pytest.fixture(scope="module")
def member(random_pair: Path) -> Member:
    return find_weights(str(random_pair)).members[0]


@pytest.fixture(scope="module")
def windows() -> NDArray[np.float32]:
    """Of the size that the CPU engine takes."""
    return np.random.default_rng(0).random((2, 3, 512, 512), np.float32)


@pytest.fixture(scope="module")
def small_windows() -> NDArray[np.float32]:
    """torch takes any multiple of 32, and these are quick."""
    return np.random.default_rng(0).random((5, 3, 64, 64), np.float32)


class SmallGpu(CudaEngine):
    """Holds `room` windows; more raise what torch raises."""

    room = 0

    def forward(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        if len(windows) > self.room:
            raise torch.cuda.OutOfMemoryError("out of memory")
        return super().forward(windows)


def test_equals_the_cpu_engine(member: Member, windows: NDArray[np.float32]) -> None:
    found = CudaEngine(member, device="cpu")(windows[:1])
    assert found.dtype == np.float32
    assert np.abs(found - CpuEngine(member, "float32")(windows[:1])).max() < 1e-3


def test_batches_are_halved_until_they_fit(
    member: Member, small_windows: NDArray[np.float32], caplog: pytest.LogCaptureFixture
) -> None:
    """Running out of memory costs a warning, not the image."""
    engine = SmallGpu(member, device="cpu")
    engine.batch, engine.room = 8, 2
    with caplog.at_level(logging.WARNING):
        found = engine(small_windows)
    assert engine.batch == 2
    assert sum("GPU memory ran out" in line for line in caplog.messages) == 2
    np.testing.assert_allclose(found, CudaEngine(member, device="cpu")(small_windows), atol=1e-4)


def test_the_cpu_takes_over_where_one_window_does_not_fit(
    member: Member, windows: NDArray[np.float32], caplog: pytest.LogCaptureFixture
) -> None:
    engine = SmallGpu(member, device="cpu")
    engine.batch = 2
    with caplog.at_level(logging.WARNING):
        found = engine(windows)
    assert any("going on on the CPU" in line for line in caplog.messages)
    assert engine.model is None, "the GPU's memory is given back"
    np.testing.assert_array_equal(found, CpuEngine(member)(windows))
    np.testing.assert_array_equal(engine(windows[:1]), found[:1])


def test_weights_of_another_network_are_one_line(member: Member) -> None:
    with pytest.raises(WeightsError) as error:
        CudaEngine(Member(member.file, Architecture("mit_b1"), member.sha256), device="cpu")
    assert "\n" not in str(error.value)


def test_batches_shrink_with_the_memory_and_the_network() -> None:
    assert 1 <= largest_batch(OFFICIAL) <= largest_batch(Architecture()) <= LARGEST_BATCH
    assert largest_batch(OFFICIAL, memory=1) == 1
