"""From a stack's finished labels to its film and its row in the report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..read import Stack, open_image
from ..settings import Job
from ..stack.overlaps import Labels
from ..write.film import draw_film
from .joining import beside
from .rows import Row

FILM = "_overlay.png"


def film(job: Job, stack: Stack, labels: Path, label: Path) -> Row:
    """Draws the film beside `label` where it is asked for; `labels` is the stack's whole label file.

    Returns the report's row, as far as the labels tell it.
    """
    shape = len(stack.planes), stack.info.height, stack.info.width
    path = beside(label, FILM) if "overlay" in job.save else None

    def planes() -> Iterator[Labels]:
        import tifffile

        with tifffile.TiffFile(labels) as file:
            for page in file.pages:
                yield page.asarray().astype(np.int32)

    def image(index: int) -> NDArray[np.uint8]:
        plane = stack.planes[index]
        with open_image(plane.path, channels=job.channels, page=plane.page) as source:
            return source.rows(0, source.info.height)

    drawn = draw_film(shape, planes, image, path)
    return Row(
        stem=beside(label, "").name,
        thumbnail=drawn.thumbnail,
        height=shape[1],
        width=shape[2],
        diameters=drawn.diameters,
        overlay="" if path is None else path.name,
    )
