"""State dicts as NumPy arrays, read as data only from .safetensors or .pth; every fault is one line."""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import WeightsError

State = Mapping[str, NDArray[np.generic]]
SUFFIXES = (".safetensors", ".pth", ".pt")
MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError)  # what wrong pickles end in


def read_state(path: Path) -> State:
    """All tensors of a weights file in the types in which they are stored."""
    with one_error(path):
        if path.suffix == ".safetensors":
            from safetensors.numpy import load_file

            return load_file(path)
        from .pth import read_pth

        return read_pth(path)


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Name and shape of each tensor; reads the file's index only."""
    with one_error(path):
        if path.suffix == ".safetensors":
            from safetensors import safe_open

            with safe_open(path, framework="np") as file:
                return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
        from .pth import read_pth_shapes

        return read_pth_shapes(path)


def write_state(path: Path, state: State, card: Mapping[str, str]) -> None:
    """Writes a .safetensors file, whole or not at all, with `card` as its metadata."""
    from safetensors.numpy import save

    from ...system.files import whole_file

    with whole_file(path) as partial:
        # not save_file, which puts a new file in the place of the one that is claimed
        partial.write_bytes(
            save({key: np.ascontiguousarray(value) for key, value in state.items()}, dict(card))
        )


def checksum(path: Path, algorithm: str = "sha256") -> str:
    """Hexadecimal digest of a file; reads it in one stream."""
    with one_error(path), path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


@contextlib.contextmanager
def one_error(path: Path) -> Iterator[None]:
    """Turns whatever a damaged file raises into one line that names it."""
    from safetensors import SafetensorError

    if path.suffix not in SUFFIXES:
        raise WeightsError(f"{path}: weights are {' or '.join(SUFFIXES)} files; give one of those")
    try:
        yield
    except OSError as cause:
        raise WeightsError(f"{path}: can't be read: {cause.strerror or cause}") from cause
    except (SafetensorError, zipfile.BadZipFile, pickle.UnpicklingError, EOFError, *MALFORMED) as cause:
        line = " ".join(str(cause).split())
        raise WeightsError(f"{path}: not a whole weights file ({line}); fetch or export it again") from cause
