"""The CPU engine computes what torch computes, every time the same, without torch and without the network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import WeightsError
from app.network.architecture import COMPACT, OFFICIAL, WIDE, Architecture
from app.network.engines import choose_device, load_engines
from app.network.engines.cpu import CpuEngine
from app.network.engines.signalstack import current
from app.network.weights import Member, find_weights


@pytest.fixture(scope="module")
def windows() -> NDArray[np.float32]:
    """Two windows: noise over steps of gray, and black."""
    rng = np.random.default_rng(0)
    steps = np.linspace(0, 0.5, 512, dtype=np.float32) + rng.random((3, 512, 512), np.float32) / 2
    return np.stack([steps, np.zeros_like(steps)])


def reference(member: Member, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The published computation: torch, eager, float32."""
    torch = pytest.importorskip("torch")
    from app.network.engines.cuda import load_model

    with torch.inference_mode():
        return load_model(member)(torch.from_numpy(windows)).numpy()


def test_float32_equals_torch(random_pair: Path, windows: NDArray[np.float32]) -> None:
    """Also shows that the carried graph is of today's app/network/model.py."""
    member = find_weights(str(random_pair)).members[0]
    found = CpuEngine(member, "float32")(windows)
    assert np.abs(found - reference(member, windows)).max() < 1e-3


def test_fast_is_near_torch(random_pair: Path, windows: NDArray[np.float32]) -> None:
    """bfloat16 keeps 8 bits: single pixels may be off by more, the mean may not."""
    member = find_weights(str(random_pair)).members[0]
    expected = reference(member, windows)
    off = np.abs(CpuEngine(member)(windows) - expected)
    assert off.mean() < 0.02 * expected.std()


def test_same_windows_same_outputs(random_pair: Path, windows: NDArray[np.float32]) -> None:
    """Labels may not depend on the run, nor on which windows share a call."""
    member = find_weights(str(random_pair)).members[0]
    engine, again = CpuEngine(member), CpuEngine(member)
    together = engine(windows)
    np.testing.assert_array_equal(together, again(windows))
    np.testing.assert_array_equal(together[1:2], engine(windows[1:2]))


def test_weights_of_another_network_are_one_line(random_pair: Path) -> None:
    member = find_weights(str(random_pair)).members[0]
    wrong = Member(member.file, OFFICIAL, member.sha256)
    with pytest.raises(WeightsError, match=r"random-1\.safetensors: .* tensors differ"):
        CpuEngine(wrong)


def test_the_pair_loads_in_order(random_pair: Path, windows: NDArray[np.float32]) -> None:
    weights = find_weights(str(random_pair))
    engines = load_engines(weights, choose_device("cpu"))
    assert [engine.name for engine in engines] == ["random-1", "random-2"]
    for engine, member in zip(engines, weights.members, strict=True):
        np.testing.assert_array_equal(engine(windows[:1]), CpuEngine(member)(windows[:1]))


OFFLINE = """
import sys
def forbid(event, arguments):
    assert not event.startswith("socket."), f"{event} {arguments}"
sys.addaudithook(forbid)
import numpy as np
from app.network.engines import choose_device, load_engines
from app.network.weights import find_weights
for engine in load_engines(find_weights(sys.argv[1]), choose_device("cpu")):
    assert engine(np.zeros((1, 3, 512, 512), np.float32)).shape == (1, 3, 512, 512)
unwanted = {"openvino_telemetry", "torch", "segmentation_models_pytorch", "monai", "ttach"} & set(sys.modules)
assert not unwanted, f"imported {unwanted}"
"""


def test_no_socket_and_no_torch(random_pair: Path) -> None:
    """Weights are data on this disk: nothing is fetched or reported, and the CPU image has no torch."""
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, str(random_pair)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_graph_made_now_equals_torch(
    random_pair: Path, windows: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m app.network.engines.export` must still work when torch or OpenVINO is moved on."""
    pytest.importorskip("torch")
    from app.network.engines.export import export
    from app.network.weights.graph import Graph

    made = export(COMPACT)
    monkeypatch.setattr(Graph, "load", lambda _: made)
    member = find_weights(str(random_pair)).members[0]
    assert np.abs(CpuEngine(member, "float32")(windows) - reference(member, windows)).max() < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("architecture", [WIDE, Architecture(), OFFICIAL], ids=lambda one: one.name)
def test_graphs_of_other_networks_equal_torch(
    architecture: Architecture, tmp_path: Path, windows: NDArray[np.float32]
) -> None:
    """The published architecture, whose weights nobody may carry, the specialists' and the older pairs'."""
    pytest.importorskip("torch")
    from app.network.model import MEDIARFormer
    from app.network.weights.states import write_state

    path = tmp_path / "from_phase1.safetensors"
    write_state(
        path, {key: value.numpy() for key, value in MEDIARFormer(architecture).state_dict().items()}, {}
    )
    (member,) = find_weights(str(path)).members
    assert member.architecture == architecture
    found = CpuEngine(member, "float32")(windows[:1])
    assert np.abs(found - reference(member, windows[:1])).max() < 1e-3


def test_the_threads_signal_stack_stays_as_it_was(random_pair: Path) -> None:
    """OpenVINO left one of freed memory behind, and the next SIGTERM was a segmentation fault."""

    def told() -> tuple[int | None, int, int]:
        stack = current()
        return stack.sp, stack.flags, stack.size

    before = told()
    engine = CpuEngine(find_weights(str(random_pair)).members[0])
    assert told() == before
    del engine
    assert told() == before
