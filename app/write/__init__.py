"""What people look at: each writer turns one result into files for a person or a viewer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from app.outputs.result import Result

__all__ = ["WRITERS", "Result", "Writer"]

Writer = Callable[[Result, Path], Path]


def _writer(module: str) -> Writer:
    # a writer's libraries are imported when it is first called, so that a run without it never pays
    def write(result: Result, folder: Path) -> Path:
        path: Path = import_module(f"app.outputs.{module}").write(result, folder)
        return path

    return write


# what `--save` may name → `write(result, folder)`, which returns the path of its (main) file
WRITERS: Mapping[str, Writer] = MappingProxyType(
    {name: _writer(name) for name in ("overlay", "outlines", "geojson", "table", "flows", "ome")}
)
