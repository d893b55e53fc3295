"""A folder of images for tests of runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tifffile


@pytest.fixture
def folder(tmp_path: Path, synthetic_field: Callable[..., Any]) -> Path:
    """Four images that can be read."""
    (tmp_path / "in").mkdir()
    for i in range(4):
        tifffile.imwrite(tmp_path / "in" / f"image{i}.tif", synthetic_field(150, 130, 12, seed=i)[0])
    return tmp_path
