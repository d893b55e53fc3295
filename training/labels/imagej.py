"""ImageJ's regions of interest: a .roi file, or the ROI Manager's .zip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.data import DataError
from training.labels.drawn import MARKED, Labels, Shape
from training.labels.polygons import Ring, paint

if TYPE_CHECKING:
    from roifile import ImagejRoi


def read(path: Path, shape: Shape) -> Labels:
    """A cell for each region; one whose name begins with "background" is marked as that. Raises DataError."""
    from roifile import roiread

    try:
        found = roiread(path)
        regions = found if isinstance(found, list) else [found]
        drawn = list(areas(path, regions))
    except DataError:
        raise
    except Exception as cause:  # zipfile, struct and roifile raise whatever they like on damaged files
        line = " ".join(str(cause).split()) or type(cause).__name__
        raise DataError(f"{path}: can't be read as ImageJ's ROIs ({line}); save them anew") from cause
    return paint(path, shape, drawn)


def areas(path: Path, regions: Sequence[ImagejRoi]) -> Iterator[tuple[int, list[Ring]]]:
    """Value and rings of each region; raises DataError where one is a line or a point."""
    from roifile import ROI_TYPE

    flat = (ROI_TYPE.POLYGON, ROI_TYPE.RECT, ROI_TYPE.OVAL, ROI_TYPE.FREEHAND, ROI_TYPE.TRACED)
    for number, region in enumerate(regions, start=1):
        if region.roitype not in flat:
            raise DataError(
                f"{path}: the region '{region.name}' is a {region.roitype.name.lower()}; "
                "cells are areas: draw around them"
            )
        marked = region.name.lower().startswith("background")
        rings = [np.asarray(ring, np.float64) for ring in region.coordinates(multi=True)]
        yield MARKED if marked else number, [ring for ring in rings if len(ring) > 2]
