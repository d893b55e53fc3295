"""Cell segmentation in a box: microscopy images in, one label per cell out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cells import compute_masks
    from .run.segmentation import Segmentation, segment

__version__ = "0.1.0"
COMMAND = "python -m app" if __name__ == "app" else "mediar-box"  # as a user types it here
__all__ = ["Segmentation", "__version__", "compute_masks", "segment"]

_AT_HOME = {"Segmentation": "run.segmentation", "compute_masks": "cells", "segment": "run.segmentation"}


def __getattr__(name: str) -> object:
    """Public names on first use: `--help` and the version need no NumPy."""
    if name in _AT_HOME:
        return getattr(import_module(f".{_AT_HOME[name]}", __name__), name)
    if name == "flows":  # `app.flows.compute_masks` after a bare `import app`
        return import_module(".flows", __name__)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
