"""The published way, plainly: what `agreement`, `folder` and `slide` compare mediar-box with.

    python -m benchmarks.reference -i FOLDER -o FOLDER [--weights compact]

segmentation-models-pytorch in eager float32, MONAI's sliding window, three
views, the mean over models and views. Reader and tracker are ours; the tracker
has a comparison of its own in `benchmarks.flows`. On the CPU.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tifffile
import torch
from numpy.typing import NDArray

from app.cells import track
from app.network.weights import find_weights
from app.read import read_image
from app.settings import Tracking
from benchmarks.published import load_published

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of MONAI's own imports
    from monai.inferers.utils import sliding_window_inference

SIZE, OVERLAP = 512, 0.6  # px and parts of a window
VIEWS = (None, 3, 2)  # the axis of (1, 3, H, W) that is mirrored: none, x, y

Field = tuple[NDArray[np.float32], NDArray[np.float32]]


def load_models(weights: str) -> list[torch.nn.Module]:
    """The networks of a pair, as they were trained."""
    return [load_published(member) for member in find_weights(weights).members]


def predict(models: Sequence[torch.nn.Module], image: NDArray[np.float32]) -> Field:
    """`(H, W, 3)` in [0, 1] → flow `(2, H, W)`, probability `(H, W)`."""
    batch = to_batch(image)
    passes = [one_pass(model, batch, axis) for model in models for axis in VIEWS]
    mean = sum(passes[1:], passes[0])[0] / len(passes)  # (3, H, W)
    return mean[:2].numpy(), torch.sigmoid(mean[2]).numpy()


def to_batch(image: NDArray[np.float32]) -> torch.Tensor:
    """`(H, W, 3)` → `(1, 3, H, W)`."""
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)[None]))


@torch.inference_mode()
def one_pass(model: torch.nn.Module, batch: torch.Tensor, axis: int | None) -> torch.Tensor:
    """One model over one view of `(1, 3, H, W)`, turned back: flow y, flow x, logit."""
    outputs = sliding_window_inference(
        batch if axis is None else batch.flip(axis),
        roi_size=SIZE,
        sw_batch_size=4,
        predictor=model,
        overlap=OVERLAP,
        mode="gaussian",
        sigma_scale=0.125,
        padding_mode="constant",
    )
    assert isinstance(outputs, torch.Tensor)  # a predictor may also give a tuple or dict
    if axis is None:
        return outputs
    outputs = outputs.flip(axis)
    outputs[:, axis - 2] *= -1  # a mirrored flow points the other way along the mirrored axis
    return outputs


def main() -> None:
    """Labels a folder in one process."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reference")
    parser.add_argument("-i", "--input", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--weights", default="compact")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    models = load_models(options.weights)
    for path in sorted(options.input.iterdir()):
        labels = track(*predict(models, read_image(path)), Tracking())
        tifffile.imwrite(options.output / f"{path.stem}_label.tiff", labels, compression="zlib")


if __name__ == "__main__":
    main()
