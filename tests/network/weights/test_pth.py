"""A checkpoint is data: whatever its pickle tries, nothing runs and one WeightsError comes out."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest

from app.errors import WeightsError
from app.network.weights.states import read_state


def checkpoint(path: Path, data: bytes) -> Path:
    """A torch zip with `data` as its pickle."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", data)
    return path


class Call:
    """Pickles as a call of `function`."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.function, self.arguments


@pytest.mark.parametrize("function", [os.system, eval, exec, open, print, getattr, __import__])
def test_code_in_a_pickle_never_runs(tmp_path: Path, function: object) -> None:
    """The classic attack: a file of weights that runs a command when it is loaded."""
    witness = tmp_path / "witness"
    bomb = pickle.dumps(OrderedDict(a=Call(function, f"touch {witness}")))
    with pytest.raises(WeightsError, match="only tensors are read"):
        read_state(checkpoint(tmp_path / "bomb.pth", bomb))
    assert not witness.exists()


def test_reading_beyond_a_storage_is_refused(tmp_path: Path) -> None:
    """Shapes and strides come from the file; wrong ones must not show foreign memory."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: object) -> object:
            return obj if isinstance(obj, tuple) and obj and obj[0] == "storage" else None

    torch = pytest.importorskip("torch")
    from torch._utils import _rebuild_tensor_v2

    for shape, strides in [
        ((4, 4), (4, 1)),
        ((2,), (9,)),
        ((-2,), (1,)),
        ((2,), (-1,)),
        ((2**62, 4), (1, 1)),
    ]:
        stream = io.BytesIO()
        storage = ("storage", torch.FloatStorage, "0", "cpu", 4)
        Pickler(stream).dump(
            {"a": Call(_rebuild_tensor_v2, storage, 0, shape, strides, False, OrderedDict())}
        )
        path = tmp_path / "a.pth"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("archive/data.pkl", stream.getvalue())
            file.writestr("archive/data/0", bytes(16))
        with pytest.raises(WeightsError):
            read_state(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", b"not weights at all", pickle.dumps({"a": 1}), bytes(4096)],
    ids=["empty", "truncated zip", "text", "bare pickle", "zeros"],
)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_damaged_file_is_one_line(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(WeightsError) as error:
        read_state(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [{}, {"state_dict": {}}, [1, 2], {"a": 1}, None])
def test_a_checkpoint_without_tensors_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(WeightsError, match="checkpoint"):
        read_state(checkpoint(tmp_path / "a.pth", pickle.dumps(content)))


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9, 0.999])
def test_truncated_weights_are_refused(random_pair: Path, tmp_path: Path, fraction: float) -> None:
    """A copy that was broken off."""
    whole = (random_pair / "random-1.safetensors").read_bytes()
    path = tmp_path / "a.safetensors"
    path.write_bytes(whole[: int(len(whole) * fraction)])
    with pytest.raises(WeightsError, match="not a whole weights file"):
        read_state(path)


def test_another_suffix_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"\.safetensors"):
        read_state(tmp_path / "weights.bin")
    with pytest.raises(WeightsError, match="can't be read"):
        read_state(tmp_path / "none.pth")
