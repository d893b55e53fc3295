"""Passes in a device's memory give what NumPy's give; on torch's CPU, where the same lines run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch")

from app.network import inference  # noqa: E402
from app.network.clock import Clock  # noqa: E402
from app.network.engines import Device  # noqa: E402
from app.network.engines.cuda import CudaEngine  # noqa: E402
from app.network.inference import Network  # noqa: E402
from app.network.on_device import DevicePass, on_device  # noqa: E402
from app.network.passes import Pass, single_pass  # noqa: E402
from app.network.weights import find_weights  # noqa: E402
from app.network.windows import View  # noqa: E402
from app.read import Pixels  # noqa: E402
from app.settings import Windows  # noqa: E402
from tests.network.uneven import Uneven  # noqa: E402

HERE = on_device("cpu")
SMALL = Windows(size=32, overlap=0.6)


class UnevenThere(Uneven):
    """The same where passes run on a torch device."""

    def on_device(self, steps: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(self(steps.permute(0, 3, 1, 2).numpy() / np.float32(255)))


def half_empty(height: int, width: int) -> NDArray[np.uint8]:
    """Noise on glass: some windows are run and some are not."""
    image = np.full((height, width, 3), 200, np.uint8)
    image[: height // 2, : width // 2] = np.random.default_rng(0).integers(
        0, 256, (height // 2, width // 2, 3), np.uint8
    )
    return image


@pytest.mark.parametrize("view", list(View))
@pytest.mark.parametrize("shape", [(32, 32), (33, 170), (100, 31), (7, 7), (190, 64)])
def test_a_pass_equals_numpys(shape: tuple[int, int], view: View) -> None:
    """A window cut or turned otherwise on the GPU would shift its cells, and only there."""
    image = Pixels(half_empty(*shape))
    expected = single_pass(UnevenThere(), image, shape, view, SMALL)
    found = single_pass(UnevenThere(), image, shape, view, SMALL, HERE)
    np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize("height", [40, 250])
def test_bands_equal_numpys(height: int) -> None:
    """All passes in one mean; where bands end, sums move up within their own memory."""
    shape = (250, 90)
    image, clock = Pixels(half_empty(*shape)), Clock.start(None)
    found = []
    for network in (
        Network([UnevenThere(), UnevenThere()], SMALL),
        Network([UnevenThere(), UnevenThere()], SMALL, where=HERE),
    ):
        bands = list(network.bands(image, shape, clock, network.plan(image, shape, clock), 1, height))
        found.append(np.concatenate([np.concatenate((flow, odds[None])) for flow, odds in bands], axis=1))
    np.testing.assert_allclose(found[1], found[0], atol=2e-6)


def test_rows_go_to_the_device_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploaded for every window, each pixel would go there again for every window and pass that it is in."""
    sent = []
    monkeypatch.setattr(
        torch, "from_numpy", lambda array, real=torch.from_numpy: sent.append(array) or real(array)
    )
    image = np.random.default_rng(0).integers(0, 256, (32, 320, 3), np.uint8)
    single_pass(UnevenThere(), Pixels(image), (32, 320), View.IDENTITY, SMALL, HERE)
    assert sum(array.dtype == np.uint8 for array in sent) == 1


class Full(CudaEngine):
    """A GPU that holds `room` windows; more raise what torch raises."""

    room = 1

    def forward_steps(self, steps: torch.Tensor) -> torch.Tensor:
        if len(steps) > self.room:
            raise torch.cuda.OutOfMemoryError("out of memory")
        return super().forward_steps(steps)


@pytest.mark.parametrize(("room", "side"), [(1, 64), (0, 512)], ids=["one fits", "none fits"])
def test_the_engine_takes_steps_as_it_takes_floats(room: int, side: int) -> None:
    """Also where batches are halved, and where the CPU takes over."""
    member = find_weights("compact").members[0]
    engine = Full(member, "float32", "cpu")
    engine.batch, engine.room = 2, room
    steps = torch.randint(0, 256, (3 if room else 1, side, side, 3), dtype=torch.uint8)
    windows = np.ascontiguousarray(steps.numpy().transpose(0, 3, 1, 2), np.float32) / np.float32(255)
    expected = CudaEngine(member, "float32", "cpu")(windows)
    found = engine.on_device(steps)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4 if room else 5e-3)
    assert (engine.model is None) == (room == 0)


def test_half_scale_runs_there_too() -> None:
    """The last resort of the ladder hands other rows to the same passes."""
    shape = (99, 70)
    image, clock = Pixels(half_empty(*shape)), Clock.start(None)
    found = []
    for network in (Network([UnevenThere()], SMALL), Network([UnevenThere()], SMALL, where=HERE)):
        progress = network.plan(image, shape, clock)
        progress.rung = replace(progress.rung, scales=(0.5,))
        ((flow, _),) = network.bands(image, shape, clock, progress, 0.5, shape[0])
        found.append(flow)
    np.testing.assert_allclose(found[1], found[0], atol=2e-6)


def test_a_pair_on_cuda_has_all_of_it_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The GPU's tracking was written and tested, and for a long time nothing called it."""
    monkeypatch.setattr(inference, "load_engines", lambda *_, **__: [UnevenThere()])
    weights = find_weights("compact")
    there = Network.load(weights, Device("cuda", "a GPU", ""), SMALL, exact=False)
    assert (there.where.one, there.tracks_on) == (DevicePass, "auto")
    here = Network.load(weights, Device("cpu", "a CPU", ""), SMALL, exact=False)
    assert (here.where.one, here.tracks_on) == (Pass, "cpu")
