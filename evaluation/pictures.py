"""Overlays that show what went wrong: the image in gray, each kind of mistake in its colour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.read import open_image
from app.write.colours import PURPLE, SKY, VERMILLION, YELLOW, rgb
from evaluation.mistakes import find_mistakes
from evaluation.overlap import Labels, count_overlaps

MISTAKES = {"missed": VERMILLION, "invented": SKY, "split": YELLOW, "merged": PURPLE}
SIDE = 800  # px, of the longer side of a picture; larger images are thinned out, smaller repeated
DIM = 0.6  # of the image's brightness, so that colours stand out
FILL = 0.35  # of a mistake's colour in the inside of its cell
MATCHED = (235, 235, 235)  # the outline of true cells that were found

Picture = NDArray[np.uint8]


def thumbnail(path: Path, side: int = SIDE) -> Picture:
    """The image file as `(h, w, 3)`, every n-th pixel of every n-th row, or each repeated n times.

    Rows are read in bands, so that a slide fits. Raises ReadError.
    """
    with open_image(path) as image:
        height, width = image.info.height, image.info.width
        step, times = _scale((height, width), side)
        band = 512 * step
        parts = [image.rows(y, min(y + band, height))[::step, ::step] for y in range(0, height, band)]
    return _repeat(np.concatenate(parts), times)


def draw_mistakes(picture: Picture | None, true: Labels, pred: Labels, side: int = SIDE) -> Picture:
    """`(h, w, 3)`: true cells that were missed, split or merged and predicted ones that were invented
    filled and outlined in their colours, cells that were found outlined in white.

    `picture` is the image's thumbnail of the same `side`; without one the ground is dark.
    """
    found = find_mistakes(count_overlaps(true, pred))
    step, times = _scale(true.shape, side)
    true, pred = (_repeat(labels[::step, ::step], times) for labels in (true, pred))
    if picture is None:
        picture = np.full((*true.shape, 3), 40, np.uint8)
    gray = picture.mean(axis=2, keepdims=True) * DIM
    out = np.repeat(gray, 3, axis=2)  # (h, w, 3) float
    out[_thick_outline(true)] = MATCHED
    layers = (
        ("merged", true, found.merged),
        ("split", true, found.split),
        ("missed", true, found.missed),
        ("invented", pred, found.invented),
    )
    free = np.ones(true.shape, bool)  # not yet filled, so that no two colours mix to a third
    for kind, labels, ids in layers:
        chosen = np.where(np.isin(labels, ids), labels, 0)
        colour = np.array(rgb(MISTAKES[kind]))
        inside = (chosen > 0) & free
        out[inside] = out[inside] * (1 - FILL) + colour * FILL
        out[_thick_outline(chosen)] = colour
        free &= chosen == 0
    return out.round().astype(np.uint8)


def outline(labels: Labels) -> NDArray[np.bool_]:
    """Pixels of cells beside a pixel of another id, or at the edge of the picture."""
    padded = np.pad(labels, 1)
    inner = labels > 0
    differs = np.zeros(labels.shape, bool)
    for y, x in ((0, 1), (2, 1), (1, 0), (1, 2)):
        differs |= padded[y : y + labels.shape[0], x : x + labels.shape[1]] != labels
    return inner & differs


def _thick_outline(labels: Labels) -> NDArray[np.bool_]:
    """Two pixels wide, inwards, so that it survives a browser's scaling."""
    edge = outline(labels)
    return edge | outline(np.where(edge, 0, labels))


def _scale(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    longest = max(shape)
    return max(-(-longest // side), 1), max(side // longest, 1)


def _repeat(array: NDArray[Any], times: int) -> NDArray[Any]:
    return array.repeat(times, axis=0).repeat(times, axis=1)
