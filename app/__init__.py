"""Cell segmentation in a box: microscopy images in, one label per cell out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.pipeline import Segmentation, segment

__version__ = "0.1.0"
__all__ = ["Segmentation", "__version__", "segment"]


def __getattr__(name: str) -> object:
    """`segment`, `Segmentation` and `flows` on first use: `--help` and the version need no NumPy."""
    if name in ("Segmentation", "segment"):
        from app import pipeline

        return getattr(pipeline, name)
    if name == "flows":  # `app.flows.compute_masks` after a bare `import app`
        from importlib import import_module

        return import_module("app.flows")
    raise AttributeError(f"module 'app' has no attribute '{name}'")
