"""What a look counts is what a prediction would find."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from app.cells.diffusion import labels_to_flow
from training.data import Pair, Sample
from training.tuning.verdict import verdict, view

PAIR = Pair("own", "a", Path("a.tif"), Path("a_label.tif"))


def squares(side: int, cell: int, apart: int) -> Sample:
    """A field of `side` px with square cells of `cell` px every `apart` px."""
    labels = np.zeros((side, side), np.int32)
    corners = [(y, x) for y in range(4, side - cell, apart) for x in range(4, side - cell, apart)]
    for number, (y, x) in enumerate(corners, start=1):
        labels[y : y + cell, x : x + cell] = number
    image = np.repeat((200 * (labels > 0)).astype(np.uint8)[..., None], 3, axis=2)
    return Sample(PAIR, image, labels, labels_to_flow(labels).astype(np.float16), "own")


class Oracle(nn.Module):
    """Says the truth about `labels` where it sees an image of their size, and sees nothing elsewhere."""

    def __init__(self, labels: np.ndarray) -> None:
        super().__init__()
        self.labels = labels

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        output = torch.zeros(image.shape)
        output[:, 2] = -9
        if image.shape[2:] == self.labels.shape:
            output[0, :2] = torch.from_numpy(5 * labels_to_flow(self.labels))
            output[0, 2] = torch.from_numpy(np.where(self.labels > 0, 9.0, -9.0))
        return output


@pytest.mark.parametrize(
    ("cell", "factor", "found"),
    [(24, 1, 1.0), (10, 2, 1.0), (8, 1, 1.0), (26, 0.5, 0.0), (160, 1, 1.0), (160, 2, 0.0)],
    ids=[
        "middling",
        "small, at scale 2",
        "small, at scale 1",
        "small, at a half",
        "large",
        "large, at scale 2",
    ],
)
def test_what_counts_is_what_merging_keeps(cell: int, factor: float, found: float) -> None:
    """A look at one scale missed small cells that scale 2 shows, and counted those that merging drops.

    Cells of 160 px are never asked of scale 2, which would take most of the time to say nothing.
    """
    sample = squares(384, cell, 2 * cell)
    grid = (
        sample.labels[::2, ::2]
        if factor < 1
        else np.kron(sample.labels, np.ones((int(factor),) * 2, np.int32))
    )
    assert verdict(Oracle(grid), {}, [sample]) == pytest.approx(found, abs=0.01)


def test_a_large_image_is_judged_by_the_piece_with_most_cells() -> None:
    labels = np.zeros((1200, 600), np.int32)
    labels[700:1200, :500] = squares(500, 16, 40).labels[:500, :500]
    sample = Sample(
        PAIR, np.zeros((*labels.shape, 3), np.uint8), labels, np.zeros((2, 1, 1), np.float16), "own"
    )
    image, true, scales = view(sample)
    assert image.shape[:2] == true.shape
    assert max(true.shape) <= 600
    assert len(np.unique(true)) > len(np.unique(labels)) / 2
    assert scales[0] == 2.0
