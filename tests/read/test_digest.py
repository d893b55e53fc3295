"""An input that changed under the same name is another one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import zarr

from app.read import digest


def test_digest_follows_the_bytes(tmp_path: Path) -> None:
    """A changed input under the same name must be done again."""
    path = tmp_path / "a"
    path.write_bytes(b"1")
    before = digest(path)
    path.write_bytes(b"2")
    assert digest(path) != before


def test_digest_follows_every_file_of_a_zarr(tmp_path: Path) -> None:
    """A chunk that changes, or two that change places, make another image."""
    path = tmp_path / "a.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=2)
    array = group.create_array("0", data=np.arange(16).reshape(4, 4), chunks=(2, 4))
    before = digest(path)
    assert digest(path) == before
    first, second = path / "0" / "0.0", path / "0" / "1.0"
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)
    assert digest(path) != before
    assert array[0, 0] == 8
