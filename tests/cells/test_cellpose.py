"""Against an independent implementation, Cellpose's own dynamics, on the same flows."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from app.cells.diffusion import labels_to_flow
from app.flows import compute_masks

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def cellpose_masks():
    """`masks(flow, probability)` → int64 labels, with the settings of the published MEDIAR code."""
    dynamics = pytest.importorskip("cellpose.dynamics", reason="cellpose is in requirements-dev.txt")

    def masks(flow, probability):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own, about sparse tensors
            return dynamics.compute_masks(
                flow,
                probability,
                cellprob_threshold=0.5,
                flow_threshold=0.4,
                min_size=16,
                max_size_fraction=0.9,
            ).astype(np.int64)

    return masks


@pytest.mark.parametrize(
    ("cells", "radii", "stretch"),
    [(100, (11, 16), 1), (60, (5, 8), 4), (250, (11, 18), 1), (600, (3.2, 4.5), 1)],
    ids=["round", "elongated", "touching", "tiny"],
)
def test_same_cells_on_synthetic_fields(flow_field, f1, cellpose_masks, cells, radii, stretch):
    _, flow, probability = flow_field(400, cells, radii, stretch)
    assert f1(compute_masks(flow, probability), cellpose_masks(flow, probability)) >= 0.995


def test_same_cells_on_real_shapes(cells, f1, cellpose_masks):
    """Flows of real labels with noise. Means over images, since one cell of five is 20 % of a small one."""
    from skimage.io import imread

    paths = sorted((cells / "dsb2018" / "labels").glob("*.png"))[::60][:10]
    paths += sorted((cells / "usiigaci" / "labels").glob("*.png"))[:1]
    found = total = 0.0
    for path in paths:
        labels = imread(path)[:400, :400].astype(np.int32)
        rng = np.random.default_rng(len(path.name))
        flow = (5 * labels_to_flow(labels) + rng.normal(0, 0.5, (2, *labels.shape))).astype(np.float32)
        probability = (labels > 0).astype(np.float32)
        ours, theirs = compute_masks(flow, probability), cellpose_masks(flow, probability)
        both = int(ours.max()) + int(theirs.max())
        found += f1(ours, theirs) * both
        total += both
    assert found / total >= 0.995
