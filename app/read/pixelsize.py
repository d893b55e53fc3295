"""The size of a pixel in µm, from whatever a TIFF says about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .headers import plausible

UM = {  # µm in one unit, as OME, ImageJ and TIFF (2: inch, 3: cm) name them
    "m": 1e6, "cm": 1e4, "mm": 1e3, "µm": 1.0, "μm": 1.0, "um": 1.0, "micron": 1.0, "microns": 1.0,
    "\\u00B5m": 1.0, "nm": 1e-3, "inch": 25400.0, 2: 25400.0, 3: 1e4,
}  # fmt: skip


def tiff_pixel_size(tiff: Any, page: Any) -> tuple[float, float] | None:
    """(y, x) in µm of an open tifffile.TiffFile and its page; None where nothing sensible is said."""
    for find in (ome_size, mpp_size):
        size = find(tiff, page)
        if size is not None:
            return plausible(*size)
    unit = (tiff.imagej_metadata or {}).get("unit") if tiff.is_imagej else page.tags.valueof("ResolutionUnit")
    return resolution_size(page, UM.get(unit, 0.0))


def spacing(tiff: Any) -> float | None:
    """µm between planes of Z in an open tifffile.TiffFile; None where nothing sensible is said."""
    said = tiff.imagej_metadata or {}
    try:
        between = float(said["spacing"]) * UM.get(said.get("unit"), 0.0)  # ImageJ's, in its unit of y and x
    except (KeyError, TypeError, ValueError):
        between = named_size(ome_pixels(tiff), "Z") or 0.0
    size = plausible(between, between)
    return None if size is None else size[0]


def ome_size(tiff: Any, _page: Any) -> tuple[float, float] | None:
    """PhysicalSizeY and PhysicalSizeX; their unit is µm where none is named."""
    said = ome_pixels(tiff)
    return both(named_size(said, "Y"), named_size(said, "X"))


def ome_pixels(tiff: Any) -> dict[str, str]:
    """The attributes of the first Pixels element of OME-XML; none where there is none."""
    pixels = re.search(r"<(?:\w+:)?Pixels\b[^>]*>", tiff.ome_metadata or "" if tiff.is_ome else "")
    return {} if pixels is None else dict(re.findall(r"(\w+)\s*=\s*[\"']([^\"']*)[\"']", pixels.group()))


def named_size(said: Mapping[str, str], axis: str) -> float | None:
    try:
        unit = UM.get(said.get(f"PhysicalSize{axis}Unit", "µm").replace("&#181;", "µ"), 0.0)
        return float(said[f"PhysicalSize{axis}"]) * unit
    except (KeyError, ValueError):
        return None


def mpp_size(tiff: Any, page: Any) -> tuple[float, float] | None:
    """Aperio's 'MPP = 0.499' in the description of an SVS."""
    found = re.search(r"\bMPP\s*=\s*([0-9.]+)", str(page.description)) if tiff.is_svs else None
    try:
        size = float(found.group(1)) if found else None
    except ValueError:
        size = None
    return both(size, size)


def resolution_size(page: Any, um: float) -> tuple[float, float] | None:
    """XResolution and YResolution are pixels per unit, as fractions."""
    try:
        (x, over_x), (y, over_y) = page.tags.valueof("XResolution"), page.tags.valueof("YResolution")
        return plausible(um * over_y / y, um * over_x / x)
    except (TypeError, ValueError, ZeroDivisionError):
        return None


def both(y: float | None, x: float | None) -> tuple[float, float] | None:
    return None if y is None or x is None else (y, x)
