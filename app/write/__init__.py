"""Labels in, files out: the label TIFF with its record (`labels`), and what people look at.

Each of `WRITERS` turns one `Result` into files for a person or a viewer; its libraries are imported when it
is first called. A result's arrays lie in memory or, of a slide, on the disk: writers look at them in bands
(`rows`) and at a few whole cells at a time (`groups`), either way. `page`, `plots` and `colours` are the kit
for HTML pages, the evaluation's as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from .result import Result

__all__ = ["GATHERERS", "WRITERS", "Gatherer", "Result", "Writer"]

Writer = Callable[[Result, Path], Path]
Gatherer = Callable[[Path], Path | None]


def _writer(module: str) -> Writer:
    # a writer's libraries are imported when it is first called, so that a run without it never pays
    def write(result: Result, folder: Path) -> Path:
        path: Path = import_module(f".{module}", __name__).write(result, folder)
        return path

    return write


# what `--save` may name → `write(result, folder)`, which returns the path of its (main) file
WRITERS: Mapping[str, Writer] = MappingProxyType(
    {name: _writer(name) for name in ("overlay", "outlines", "geojson", "table", "coco", "flows", "ome")}
)


def _gatherer(module: str) -> Gatherer:
    def gather(folder: Path) -> Path | None:
        path: Path | None = import_module(f".{module}", __name__).gather(folder)
        return path

    return gather


# those of them that join the files of a whole folder at the end of a run → `gather(folder)`, which
# returns the path of its file; None where there is nothing to join
GATHERERS: Mapping[str, Gatherer] = MappingProxyType({"coco": _gatherer("coco")})
