"""Weights that come in are checked first, and are stored so that a prediction finds them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from app.errors import WeightsError
from app.network.architecture import COMPACT, OFFICIAL
from app.network.weights import find_weights, import_official, index, save_compact, store
from app.network.weights.graph import Graph
from app.network.weights.states import read_state


@pytest.fixture(scope="module")
def state(random_pair: Path) -> Mapping[str, np.ndarray]:
    """A whole state dict of the small architecture."""
    return read_state(random_pair / "random-1.safetensors")


def test_half_precision_on_disk(state: Mapping[str, np.ndarray], tmp_path: Path) -> None:
    """Both files have to fit the repository, and a value may move by half a unit of float16 only."""
    full = {key: value.astype(np.float32) * np.float32(1.0001) for key, value in state.items()}
    full["encoder.counter.num_batches_tracked"] = np.array(7)
    weights = save_compact({"a": full}, COMPACT, {"licence": "MIT"}, folder=tmp_path)
    stored = read_state(weights.members[0].file)
    assert stored["encoder.counter.num_batches_tracked"] == 7
    for key in state:
        assert stored[key].dtype == np.float16
        np.testing.assert_allclose(stored[key], full[key], rtol=2**-11, atol=2**-25)
    assert find_weights(str(tmp_path)) == weights


def test_values_that_half_precision_cannot_hold(state: Mapping[str, np.ndarray], tmp_path: Path) -> None:
    """A variance of 99,332 would become infinite and end in an image without cells."""
    large = {key: tensor.astype(np.float32) for key, tensor in state.items()}
    large["gradflow_head.3.bias"][0] = 99332
    weights = save_compact({"a": large}, COMPACT, {}, folder=tmp_path)
    stored = read_state(weights.members[0].file)
    assert stored["gradflow_head.3.bias"][0] == 99332
    assert {tensor.dtype for tensor in stored.values()} >= {np.dtype(np.float16), np.dtype(np.float32)}


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_diverged_network_is_not_carried(
    state: Mapping[str, np.ndarray], tmp_path: Path, value: float
) -> None:
    """NaN in one tensor is an image without cells."""
    spoilt = {key: tensor.astype(np.float32) for key, tensor in state.items()}
    spoilt["gradflow_head.3.bias"][0] = value
    with pytest.raises(WeightsError, match=r"gradflow_head\.3\.bias"):
        save_compact({"a": spoilt}, COMPACT, {}, folder=tmp_path)


def test_a_lacking_or_foreign_tensor_is_refused(state: Mapping[str, np.ndarray], tmp_path: Path) -> None:
    """As strict as torch: half-loaded weights predict nonsense without a word."""
    lacking = {key: value for key, value in state.items() if key != "gradflow_head.0.weight"}
    foreign = {**state, "head.weight": np.zeros(3)}
    reshaped = {**state, "gradflow_head.0.bias": np.zeros(9)}
    for wrong, name in [
        (lacking, "gradflow_head.0.weight"),
        (foreign, "head.weight"),
        (reshaped, "gradflow_head.0.bias"),
    ]:
        with pytest.raises(WeightsError, match=name):
            save_compact({"a": wrong}, COMPACT, {}, folder=tmp_path)


def test_import_of_the_official_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Two checkpoints in, found as `official` afterwards; an unknown sum is told and not refused.

    The small architecture stands for the published one, which is 0.5 GB.
    """
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(store, "OFFICIAL", COMPACT)
    monkeypatch.setattr(index, "MOUNTED", tmp_path / "absent")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    rng = np.random.default_rng(0)
    states, paths = [], []
    for name in ("from_phase1.pth", "from_phase2.pth"):
        shapes = Graph.load(COMPACT).shapes
        states.append({key: rng.normal(size=shape).astype(np.float32) for key, shape in shapes.items()})
        paths.append(tmp_path / name)
        torch.save({key: torch.from_numpy(value) for key, value in states[-1].items()}, paths[-1])
    with caplog.at_level(logging.WARNING):
        import_official(paths)
    assert sum("is not that of a published checkpoint" in line for line in caplog.messages) == 2
    weights = find_weights("official")
    assert [member.file.stem for member in weights.members] == ["from_phase1", "from_phase2"]
    for member, expected in zip(weights.members, states, strict=True):
        member.verify()
        stored = read_state(member.file)
        assert all(np.array_equal(stored[key], value) for key, value in expected.items()), (
            "float32, bit for bit"
        )


def test_import_refuses_another_architecture(random_pair: Path, tmp_path: Path) -> None:
    """A compact model in the place of the official one would be believed to be the better one."""
    with pytest.raises(WeightsError, match=OFFICIAL.encoder):
        import_official([random_pair / "random-1.safetensors"], tmp_path / "official")
    assert not list((tmp_path / "official").iterdir())


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """The second was written over the first, and the pair then called damaged."""
    with pytest.raises(WeightsError, match="under one name"):
        import_official([tmp_path / "1" / "model.pth", tmp_path / "2" / "model.pth"], tmp_path / "out")


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """A read-only home ended the import with a traceback."""
    (tmp_path / "file").write_text("")
    with pytest.raises(WeightsError, match="can't be made: Not a directory; set XDG_DATA_HOME"):
        import_official([tmp_path / "a.pth", tmp_path / "b.pth"], tmp_path / "file" / "out")
