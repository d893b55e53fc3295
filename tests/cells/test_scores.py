"""Scores: sure cells are near 1, wrong flows near 0, and blocks give the same."""

from __future__ import annotations

import numpy as np
import pytest

from app.cells import find_cells
from app.cells.tracking import track_cells
from app.settings import Merging, Tracking


def test_a_perfect_cell_scores_its_probability(flow_field):
    """The score is the mean probability where the flow is that of the mask."""
    labels, flow, _ = flow_field(200, 12, (10, 20), noise=0)
    cells = track_cells(flow, np.where(labels > 0, np.float32(0.8), np.float32(0)), Tracking())
    assert len(cells.scores) == cells.labels.max() > 5
    assert cells.scores == pytest.approx(0.8, abs=0.05)


def test_noise_in_the_flow_lowers_the_score(flow_field):
    """Otherwise merging would believe every speck."""
    means = []
    for noise in (0, 0.3, 0.6):
        _, flow, probability = flow_field(200, 12, (10, 20), noise=noise)
        means.append(track_cells(flow, probability, Tracking(flow_threshold=0)).scores.mean())
    assert means[0] > means[1] > means[2]


def test_what_is_allowed_is_heard_when_scales_are_merged(flow_field):
    """More flow error could be allowed, on the page, too, and no cell was found more: its score was 0."""
    _, flow, probability = flow_field(200, 12, (10, 20), noise=0.5)
    bands = [(1.0, (flow, probability)), (0.5, (flow[:, ::2, ::2], probability[::2, ::2]))]
    found = [
        len(find_cells(bands, (200, 200), Tracking(flow_threshold=allowed), Merging()).scores)
        for allowed in (0.2, 0.4, 0.8, 0)
    ]
    assert found == sorted(found)
    assert found[0] < found[-1]
    assert found[1] < found[2]


def test_blocks_give_the_scores_of_the_whole(flow_field):
    """A slide's cells must be judged as those of a small image."""
    _, flow, probability = flow_field(300, 80, (4, 14), noise=0.2)
    whole = track_cells(flow, probability, Tracking())
    tiled = track_cells(flow, probability, Tracking(block=90, block_from=0))
    np.testing.assert_array_equal(tiled.labels, whole.labels)
    np.testing.assert_array_equal(tiled.scores, whole.scores)
