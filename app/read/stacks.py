"""Stacks: which planes of a file, or files of a folder, follow each other in Z or T; no pixel is held."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from .address import address
from .find import images_in, is_folder, is_zarr
from .layout import NAMES, UNNAMED, Layout
from .limits import Limits
from .opening import identify, open_regular, unreadable
from .source import Channels, ImageInfo, open_image

Axis = Literal["z", "t"]


@dataclass(frozen=True)
class Plane:
    """One plane of a stack, for `open_image`."""

    path: Path  # of its file
    page: int | None  # in that file; None where the file is the plane

    def __str__(self) -> str:
        return str(self.path) if self.page is None else f"{self.path}, page {self.page}"


@dataclass(frozen=True)
class Stack:
    """A file or folder as planes, one after the other."""

    path: Path
    axis: Axis
    planes: tuple[Plane, ...]
    info: ImageInfo  # of the first plane; all have its size
    spacing_um: float | None  # between planes of Z, where the file tells
    notes: tuple[str, ...]  # warnings, one sentence each


def find_stacks(paths: Sequence[Path], axis: Axis) -> list[Path]:
    """Files as given; a folder where its images are called tNNN (or zNNN), and all other images in it.

    Raises ReadError where a folder can't be listed.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not is_folder(path):
            found[path] = None
            continue
        images = images_in(path)
        numbered = [image for image in images if number(image, axis) is not None]
        found.update(dict.fromkeys([path] if numbered else []))
        found.update(dict.fromkeys(image for image in images if image not in numbered))
    return list(found)


def number(path: Path, axis: Axis) -> int | None:
    """NNN of a file called tNNN or zNNN, by the axis; else None."""
    match = re.fullmatch(rf"{axis}(\d+)", path.stem, re.IGNORECASE)
    return int(match[1]) if match else None


def open_stack(
    path: Path, axis: Axis, *, channels: Channels | None = None, limits: Limits | None = None
) -> Stack:
    """What a file or folder holds along `axis`; raises ReadError, one line, where that can't be told.

    A file whose only such dimension has no name is taken as asked, with a
    note; one plane is a stack of one, with a note.
    """
    notes: list[str] = []
    spacing = None
    if is_folder(path):
        planes = folder_planes(path, axis)
    else:
        count, spacing, notes = file_planes(path, axis, limits or Limits())
        planes = tuple(Plane(path, page) for page in range(count)) if count else (Plane(path, None),)
    infos = [look(plane, channels) for plane in (planes if is_folder(path) else planes[:1])]
    for plane, info in zip(planes, infos, strict=False):
        if (info.height, info.width) != (infos[0].height, infos[0].width):
            what = f"is {info.height} × {info.width} pixels, {planes[0].path.name} is "
            what += f"{infos[0].height} × {infos[0].width}"
            raise unreadable(plane.path, what, "planes of a stack have one size: move the others elsewhere")
    if infos[0].width == 1 and len(planes) > 1:  # TIFF writers take the last dimension for colours
        raise unreadable(path, "holds planes that are one pixel wide", "turn them, or give them as one image")
    if len(planes) == 1:
        notes.append(f"holds one plane; its stack along {axis.upper()} has that only")
    return Stack(path, axis, planes, infos[0], spacing, tuple(notes))


def look(plane: Plane, channels: Channels | None) -> ImageInfo:
    """What one plane is."""
    with open_image(plane.path, channels=channels, page=plane.page) as source:
        return source.info


def folder_planes(folder: Path, axis: Axis) -> tuple[Plane, ...]:
    """The numbered files of a folder in their order; raises ReadError where one is missing or there twice."""
    numbered = sorted((n, path) for path in images_in(folder) if (n := number(path, axis)) is not None)
    if not numbered:
        todo = f"number its frames {axis}000, {axis}001, ..."
        raise unreadable(folder, f"holds no images called {axis}NNN", todo)
    there = [n for n, _ in numbered]
    for before, after in pairwise(there):
        if after != before + 1:
            what = f"has {axis}{before} twice" if after == before else f"lacks {axis}{before + 1}"
            raise unreadable(folder, what, "number its frames without gaps")
    return tuple(Plane(path, None) for _, path in numbered)


def file_planes(path: Path, axis: Axis, limits: Limits) -> tuple[int, float | None, list[str]]:
    """How many pages follow each other along `axis`, 0 where a file has no pages; µm between them; notes."""
    layout, spacing = lay_out_image(path, limits)
    return (0, None, []) if layout is None else (layout.planes, spacing, check_axis(path, layout, axis))


def lay_out_image(path: Path, limits: Limits) -> tuple[Layout | None, float | None]:
    """The dimensions of a file or an OME-Zarr, None where it has no pages; µm between planes of Z."""
    from .ome_zarr import lay_out_zarr

    if is_zarr(path):
        return lay_out_zarr(path, limits)
    if address(path):  # each of its planes would fetch it again
        raise unreadable(path, "is a stack far away", "copy it here and name the copy")
    with open_regular(path) as file:
        kind = identify(path, file)
        if kind == "ZIP":
            return lay_out_zarr(path, limits)
        if kind != "TIFF":
            return None, None
        from .tiff import lay_out_file

        layouts, spacing = lay_out_file(path, file, limits)
    if len(layouts) > 1:
        shapes = ", ".join(f"{one.axes} {' × '.join(map(str, one.shape))}" for one in layouts[:4])
        raise unreadable(
            path, f"holds {len(layouts)} images: {shapes}", "save the stack in a file of its own"
        )
    return layouts[0], spacing


def check_axis(path: Path, layout: Layout, axis: Axis) -> list[str]:
    """Notes on how a file's dimensions are read as a stack; raises ReadError where `axis` is none of them."""
    wanted = axis.upper()
    chosen = [layout.axes[i] for i, n in enumerate(layout.leading) if i != layout.channel and n > 1]
    if not chosen or chosen == [wanted]:
        return []
    if len(chosen) == 1 and chosen[0] in UNNAMED:
        return [f"its {layout.planes} pages have no name and are taken as {wanted} ({NAMES[wanted]})"]
    what = f"is a stack with axes {layout.axes}: {layout.stack()}"
    other = next((name for name in ("z", "t") if [name.upper()] == chosen), None)
    if other:
        raise unreadable(path, what, f"use --stack {other}, or save it with its dimension named {wanted}")
    raise unreadable(path, what, f"save files that hold {wanted} alone, or choose one plane with --page N")
