"""What a step minimises: borders count as often as they are asked to, and nothing else changes by it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.draw import disk
from skimage.morphology import dilation, erosion, footprint_rectangle

from training.objective import EDGE, SMALL, flow_loss, near_borders, smallness


@pytest.fixture
def labels() -> torch.Tensor:
    """`(1, 48, 48)`: two discs that touch, and one at the edge of the crop."""
    drawn = np.zeros((1, 48, 48), np.int32)
    for number, centre in enumerate(((14, 14), (14, 30), (44, 20)), 1):
        drawn[(0, *disk(centre, 8.5, shape=drawn.shape[1:]))] = number
    return torch.from_numpy(drawn)


def test_borders_are_where_two_labels_meet(labels):
    """The crop's own edge is none: a cell that it cuts goes on beyond."""
    one = labels[0].numpy()
    square = footprint_rectangle((2 * EDGE + 1, 2 * EDGE + 1))
    expected = dilation(one, square) != erosion(one, square)
    assert np.array_equal(near_borders(labels)[0].numpy().astype(bool), expected)
    assert not expected[47, 20]


def test_a_mistake_at_a_border_costs_more(labels):
    """A weight that fell on the middle would sharpen nothing."""
    flow = torch.zeros(1, 2, *labels.shape[1:])
    right = torch.where(labels > 0, 20.0, -20.0)

    def cost(at: tuple[int, int], weight: float) -> float:
        output = torch.stack([flow[:, 0], flow[:, 1], right], dim=1)
        output[0, 2, at[0], at[1]] *= -1
        return float(flow_loss(output, labels, flow, 0.5, weight)[0])

    border, middle = (14, 21), (14, 14)
    assert cost(border, 0.0) == pytest.approx(cost(middle, 0.0))
    assert cost(border, 3.0) > 1.5 * cost(middle, 3.0)


def test_a_network_that_is_wrong_everywhere_alike_is_told_the_same(labels):
    """Weights that did not keep their mean would change the learning rate with the number of borders."""
    output = torch.zeros(1, 3, *labels.shape[1:])
    flow = torch.zeros(1, 2, *labels.shape[1:])
    plain, weighted = (flow_loss(output, labels, flow, 0.5, weight)[0] for weight in (0.0, 3.0))
    assert float(weighted) == pytest.approx(float(plain), rel=1e-5)


def test_a_small_cell_counts_as_one_of_20_px(labels):
    """A mean over pixels hears a nucleus of 28 px fifty times as loud as the micronucleus beside it."""
    labels = labels.clone()
    labels[0, 30:34, 2:6] = 4  # 16 px
    weights = smallness(labels, 100.0)[0]
    for cell, middle in ((1, (14, 14)), (2, (14, 30))):  # 17 px across
        area = int((labels == cell).sum())
        assert float(weights[middle]) * area == pytest.approx(np.pi / 4 * SMALL**2)
    assert float(weights[31, 3]) * 16 == pytest.approx(np.pi / 4 * SMALL**2)
    assert float(weights[31, 5 + EDGE]) == float(weights[31, 3])  # ground beside it is to stay ground
    assert float(weights[31, 6 + EDGE]) == 1
    assert float(weights[47, 20]) == 1  # cut by the crop: how large it is can't be told
    assert float(smallness(labels, 5.0).max()) == 5


def test_a_missed_small_cell_costs_more(labels):
    """What `small_weight` is for; flow counts as probability does."""
    labels = labels.clone()
    labels[0, 30:34, 2:6] = 4
    flow = torch.zeros(1, 2, *labels.shape[1:])
    missed = torch.cat([flow, torch.where((labels > 0) & (labels < 4), 20.0, -20.0)[None]], dim=1)
    costs = [flow_loss(missed, labels, flow, 0.5, small_weight=weight)[0] for weight in (0.0, 4.0)]
    assert float(costs[1]) > 3 * float(costs[0])
