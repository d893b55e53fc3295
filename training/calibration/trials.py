"""One setting on every image: F1, image by image.

Tracking is what costs, merging is not: the cells of each scale are kept for
the last few ways of tracking, so a setting that differs in merging or scales
only is a matter of tables.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from app.cells.layers import Held, Layer
from app.cells.merging import merged
from app.cells.multiscale import in_bytes
from app.cells.tracking import track_cells
from app.network import Setting
from app.network.scales import AUTO
from app.settings import Tracking
from evaluation.matching import match
from training.calibration.views import Seen

KEPT = 2  # ways of tracking: the best so far and the one that is tried
Scores = NDArray[np.float64]  # (N,) F1 by image


class Trials:
    """Every setting that was tried, with its F1 on each of N images."""

    def __init__(self, images: Sequence[Seen]) -> None:
        self.images = images
        self.tried: dict[Setting, Scores] = {}
        self.layers: OrderedDict[Tracking, list[list[Layer]]] = OrderedDict()

    def __call__(self, setting: Setting) -> Scores:
        """`(N,)` F1 at IoU 0.5 by the organisers' rule."""
        if setting not in self.tried:
            found = self.tracked(setting.tracking)
            pairs = tqdm(
                zip(self.images, found, strict=True),
                str(setting),
                total=len(found),
                leave=False,
                disable=None,
            )
            self.tried[setting] = np.array([f1(image, layers, setting) for image, layers in pairs])
        return self.tried[setting]

    def tracked(self, tracking: Tracking) -> list[list[Layer]]:
        """Per image the cells of each scale, finest first."""
        found = self.layers.pop(tracking, None)
        if found is None:
            found = [track_all(image, tracking) for image in self.images]
        self.layers[tracking] = found
        if len(self.layers) > KEPT:
            self.layers.popitem(last=False)
        return found


def track_all(image: Seen, tracking: Tracking) -> list[Layer]:
    """The cells of every scale of one image."""
    layers = []
    for scale, (flow, probability) in image.bands(AUTO):
        cells = track_cells(flow, probability, tracking)
        areas = np.bincount(cells.labels.ravel(), minlength=len(cells.scores) + 1)
        held = Held(cells.labels), Held(in_bytes(probability))
        threshold = tracking.probability_threshold
        layers.append(Layer(scale, probability.shape, *held, cells.scores, areas, threshold))
    return layers


def f1(image: Seen, layers: Sequence[Layer], setting: Setting) -> float:
    """Of one image under one setting."""
    heard = [layer for _, layer in setting.heard([(layer.scale, layer) for layer in layers])]
    labels = np.concatenate(list(merged(heard, image.shape, setting.merging)))
    return match(image.true, labels).f1
