"""The paper's Table 5 in small: other networks under the same training, at equal steps.

All learn from the same crops in the same order and are scored with windows of
the crop's size, which UNETR can't do without. The last row but one is the
challenge's baseline, which differs from the U-Net by its three classes only. The
last, Mask R-CNN, sees images whole and brings its own loss.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from app.cells import track
from app.network.inference import sigmoid
from app.network.model import MEDIARFormer
from app.network.passes import single_pass
from app.network.windows import View
from app.read import Pixels
from app.settings import Tracking, Windows
from training.batches import Batches
from training.data import Sample
from training.fit import Loss, make_optimizer, train_step
from training.judge import judge
from training.maskrcnn import instances, mask_rcnn, rcnn_step
from training.mish import use_training_mish
from training.objective import flow_loss, learning_rate
from training.settings import Phase
from training.threeclass import class_loss, classes_to_labels

OVERLAP = 0.25  # of a window; enough to compare networks


@dataclass(frozen=True)
class Entry:
    """A row of the table: a network, what it minimises, and how its output becomes labels."""

    name: str
    make: Callable[[Phase], nn.Module]
    loss: Callable[[Phase], Loss]
    finish: Callable[[NDArray[np.float32]], NDArray[np.int32]]
    step: Callable[..., tuple[float, float, float]] = train_step
    segment: Callable[[nn.Module, Sample, Phase], NDArray[np.int32]] | None = None  # in place of `finish`


@dataclass(frozen=True)
class Result:
    """What a network came to."""

    name: str
    parameters: int
    seconds: float  # per step
    f1: float  # mean over images
    map: float  # likewise, over IoU 0.5, 0.55 … 0.95
    image_seconds: float  # per image


@dataclass(frozen=True)
class TorchEngine:
    """Any network as an engine of the inference path."""

    name: str
    model: nn.Module
    batch: int = 4

    @torch.inference_mode()
    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """`(B, 3, S, S)` → the same shape."""
        return self.model(torch.from_numpy(windows)).float().numpy()


def u_net(_phase: Phase) -> nn.Module:
    """Channels of the challenge's baseline."""
    from monai.networks.nets import UNet

    return UNet(2, 3, 3, channels=(16, 32, 64, 128, 256), strides=(2, 2, 2, 2), num_res_units=2)


def unetr(phase: Phase) -> nn.Module:
    """A small ViT: the published size has 88 M parameters, out of proportion to the other rows."""
    from monai.networks.nets import UNETR

    size = (phase.crop, phase.crop)
    return UNETR(3, 3, size, feature_size=16, hidden_size=192, mlp_dim=768, num_heads=6, spatial_dims=2)


def swin_unetr(_phase: Phase) -> nn.Module:
    """Feature size 24, as the challenge's baseline."""
    from monai.networks.nets import SwinUNETR

    return SwinUNETR(3, 3, feature_size=24, spatial_dims=2)


def mediar_former(phase: Phase) -> nn.Module:
    """The network of this project."""
    model = MEDIARFormer(phase.architecture)
    use_training_mish(model)
    return model


def flow_objective(phase: Phase) -> Loss:
    """BCE and MSE, as in every phase."""
    return partial(flow_loss, flow_weight=phase.flow_weight)


def one_pass(output: NDArray[np.float32]) -> NDArray[np.int32]:
    """Flow and logit to labels."""
    return track(output[:2], sigmoid(output[2]), Tracking())


TABLE = (
    Entry("U-Net", u_net, flow_objective, one_pass),
    Entry("UNETR", unetr, flow_objective, one_pass),
    Entry("SwinUNETR", swin_unetr, flow_objective, one_pass),
    Entry("MEDIAR-Former", mediar_former, flow_objective, one_pass),
    Entry("U-Net, three classes", u_net, lambda _: class_loss, classes_to_labels),
    Entry("Mask R-CNN", mask_rcnn, flow_objective, one_pass, rcnn_step, instances),
)


def ablate(phase: Phase, train: Sequence[Sample], val: Sequence[Sample]) -> list[Result]:
    """Trains and scores every network of the table."""
    return [run(entry, phase, train, val) for entry in TABLE]


def run(entry: Entry, phase: Phase, train: Sequence[Sample], val: Sequence[Sample]) -> Result:
    """Trains one network for `phase.steps` and scores it on `val`."""
    torch.manual_seed(phase.seed)
    model = entry.make(phase).to(memory_format=torch.channels_last).train()
    optimizer, batches, loss = make_optimizer(model, phase), Batches(train, phase), entry.loss(phase)
    spent = 0.0
    for step in tqdm(range(phase.steps), entry.name, disable=None):
        batch = batches(step)
        began = time.monotonic()
        entry.step(model, optimizer, batch, loss, learning_rate(step, phase), phase.clip, "cpu")
        spent += time.monotonic() - began
    engine = TorchEngine(entry.name, model.eval())
    began = time.monotonic()
    found = [
        entry.segment(model, sample, phase) if entry.segment else entry.finish(predict(engine, sample, phase))
        for sample in val
    ]
    image_seconds = (time.monotonic() - began) / len(val)
    judged = [judge(sample.labels, labels) for sample, labels in zip(val, found, strict=True)]
    f1, precision = (float(np.mean([getattr(one, name) for one in judged])) for name in ("f1", "map"))
    parameters = sum(p.numel() for p in model.parameters())
    return Result(entry.name, parameters, spent / phase.steps, f1, precision, image_seconds)


def predict(engine: TorchEngine, sample: Sample, phase: Phase) -> NDArray[np.float32]:
    """`(3, H, W)` output for a whole image, in windows of the crop's size."""
    shape = sample.labels.shape[0], sample.labels.shape[1]
    windows = Windows(size=phase.crop, overlap=OVERLAP)
    return single_pass(engine, Pixels(sample.image), shape, View.IDENTITY, windows)


def table(results: Sequence[Result], steps: int) -> str:
    """Markdown."""
    head = f"| after {steps} steps | parameters | s per step | s per image | F1@0.5 | mAP |"
    lines = [head, "|---" * 6 + "|"]
    for r in results:
        times = f"{r.seconds:.2f} | {r.image_seconds:.2f}"
        lines.append(f"| {r.name} | {r.parameters / 1e6:.1f} M | {times} | {r.f1:.3f} | {r.map:.3f} |")
    return "\n".join(lines)
