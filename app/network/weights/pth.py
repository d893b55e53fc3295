"""A torch checkpoint's tensors without torch: a zip of raw storages and one pickle that names them.

The pickle may call the four functions of `ALLOWED` and nothing else, so a
checkpoint is data and can't run code. `torch.load(weights_only=True)` keeps
the same rule; it isn't used, because importing torch takes longer than the
whole prediction of a small image, and the CPU image has none.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WRAPPERS = ("state_dict", "model_state_dict", "model")  # keys under which trainers put the state dict
STORAGES = {
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "DoubleStorage": np.dtype("<f8"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}


@dataclass(frozen=True)
class Storage:
    """A member of the zip that holds raw numbers."""

    member: str
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class Stored:
    """A tensor that has not been read yet: a strided view of a storage; offset and strides in elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def stored(
    storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> Stored:
    """Stands in for `torch._utils._rebuild_tensor_v2`, whose further arguments concern gradients."""
    return Stored(storage, offset, tuple(shape), tuple(strides))


def parameter(data: Stored, *_: object) -> Stored:
    """Stands in for `torch._utils._rebuild_parameter`."""
    return data


ALLOWED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): stored,
    ("torch._utils", "_rebuild_parameter"): parameter,
    ("torch", "Size"): tuple,
}


class Unpickler(pickle.Unpickler):
    """Refuses every name but those of `ALLOWED` and the storages' types."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it calls {module}.{name}; only tensors are read") from None

    def persistent_load(self, pid: Any) -> Storage:
        kind, dtype, key, *_ = pid
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise pickle.UnpicklingError(f"unknown reference {kind!r}")
        return Storage(str(key), dtype)


def read_index(file: zipfile.ZipFile) -> tuple[str, dict[str, Stored]]:
    """The folder inside the zip, and the state dict's tensors, not read yet; ValueError where it has none."""
    pickles = [name for name in file.namelist() if name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise ValueError("not a torch checkpoint: a zip with no data.pkl")
    with file.open(pickles[0]) as stream:
        content = Unpickler(stream).load()
    for wrapper in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
            break
    if not isinstance(content, Mapping):
        raise ValueError(f"a checkpoint of a {type(content).__name__}, not of a state dict")
    tensors = {str(k).removeprefix("module."): v for k, v in content.items() if isinstance(v, Stored)}
    if not tensors:
        raise ValueError("a checkpoint without tensors")
    return pickles[0].removesuffix("data.pkl"), tensors


def read_pth_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of a checkpoint's tensors; reads none of them."""
    with zipfile.ZipFile(path) as file:
        return {key: tensor.shape for key, tensor in read_index(file)[1].items()}


def read_pth(path: Path) -> dict[str, NDArray[np.generic]]:
    """A checkpoint's tensors; zipfile, pickle and ValueError exceptions where it is damaged."""
    with zipfile.ZipFile(path) as file:
        folder, tensors = read_index(file)
        return {key: read_tensor(file, folder, tensor) for key, tensor in tensors.items()}


def read_tensor(file: zipfile.ZipFile, folder: str, tensor: Stored) -> NDArray[np.generic]:
    """One tensor as an array of its own; the zip's checksum of the storage is verified on the way."""
    flat = np.frombuffer(file.read(f"{folder}data/{tensor.storage.member}"), tensor.storage.dtype)[
        tensor.offset :
    ]
    last = sum((n - 1) * stride for n, stride in zip(tensor.shape, tensor.strides, strict=True))
    if any(n < 0 for n in tensor.shape) or any(stride < 0 for stride in tensor.strides):
        raise ValueError("a tensor of negative size")
    if 0 in tensor.shape:
        return np.empty(tensor.shape, flat.dtype)
    if last >= flat.size:
        raise ValueError("a tensor reaches beyond its storage")
    strides = [stride * flat.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(flat, tensor.shape, strides, writeable=False).copy()
