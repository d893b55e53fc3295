"""Labels in, files out: the label TIFF with its record (`labels`), and what people look at.

Each of `WRITERS` turns one `Result` into files for a person or a viewer; its libraries are imported when it
is first called. `page`, `plots` and `colours` are the kit for HTML pages, the evaluation's as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from .result import Result

__all__ = ["WRITERS", "Result", "Writer"]

Writer = Callable[[Result, Path], Path]


def _writer(module: str) -> Writer:
    # a writer's libraries are imported when it is first called, so that a run without it never pays
    def write(result: Result, folder: Path) -> Path:
        path: Path = import_module(f".{module}", __name__).write(result, folder)
        return path

    return write


# what `--save` may name → `write(result, folder)`, which returns the path of its (main) file
WRITERS: Mapping[str, Writer] = MappingProxyType(
    {name: _writer(name) for name in ("overlay", "outlines", "geojson", "table", "flows", "ome")}
)
