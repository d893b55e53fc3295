"""Cellpose 3.1 from random weights, in an environment of its own: its trainer, its augmentation, its rates.

Cells are brought to the median diameter of the training images, in training by
each image's own diameter and in prediction by one that it is told: the median
of the image's set in training, or, as what could be had at best, that of the
image's drawn cells. Colours go in as three channels; it computes in float32, as
its trainer does.

Its fifty layers of BatchNorm predict by running statistics, which follow a
network that changes fast only after some fifty steps: until then each layer
amplifies a little too much, and all of them together some hundred times. So batch
and crop are smaller than its defaults of 8 × 224², which gives eight times the
steps, and its rates are planned to fall at the end, as they do by its own rule
from 100 steps on.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.exchange import (
    Call,
    Clock,
    Done,
    Item,
    called,
    predict,
    read,
    read_list,
    read_rgb,
    write_done,
)

BATCH = 4  # an epoch is one step, so that its rates fit any time
CROP = 112  # px, some five cells at the diameter that all are brought to
TRIED = 8  # steps of another network, which tell how many the time is for
OVER = 1.1  # of the time, where steps turn out longer than they were: cut off, its rates would not fall
SETTLED = 100  # steps, from which on its rates fall


class TimeUp(Exception):  # noqa: N818 - nothing went wrong
    """Raised inside the trainer, which knows no clock."""


class Steps:
    """Counts the trainer's steps by the calls of its network, and ends it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.began: list[float] = []  # seconds of CPU time

    def __call__(self, net: Any, _inputs: Any) -> None:
        """A hook before each forward pass."""
        if not net.training:
            return
        if not self.began:  # images have been normalised until now, which is not counted
            self.clock.restart()
        if self.clock.left <= 0:
            raise TimeUp
        self.began.append(self.clock.spent)


def main() -> None:
    """Trains, predicts, tells."""
    call = called()
    import torch
    from cellpose import dynamics

    items = read_list(call.data, "train")
    images = [read_rgb(item.image(call.data)).transpose(2, 0, 1) for item in items]  # (3, H, W)
    labels = [read(item.label(call.data)).astype(np.int32) for item in items]
    flows = [
        one.astype(np.float16) for one in dynamics.labels_to_flows(labels, device=torch.device("cpu"))
    ]  # (4, H, W): ids, cells, dy, dx
    normal = float(np.median([item.diameter for item in items if item.diameter]))
    weights = np.array([item.weight for item in items])
    train = partial(run, images=images, flows=flows, weights=weights, folder=call.out)

    tried = Steps(Clock(call.minutes))
    train(new_model(normal), tried, steps=TRIED)
    planned = call.minutes * 60 / float(np.median(np.diff(tried.began)))
    if planned <= SETTLED:
        sys.exit(f"{call.minutes:g} minutes are {planned:.0f} steps, and its rates fall from {SETTLED} on")

    model, steps = new_model(normal), Steps(Clock(OVER * call.minutes))
    train(model, steps, steps=int(planned))
    minutes = steps.clock.spent / 60
    seconds = found(model, call, told(items))
    parameters = sum(p.numel() for p in model.net.parameters())
    crops = f"{BATCH} × {CROP}²"
    write_done(
        call.out, Done("Cellpose 3.1", parameters, len(steps.began), crops, minutes, call.minutes, seconds)
    )


def new_model(diameter: float) -> Any:
    """The residual U-Net of Cellpose, with random weights; nothing is downloaded."""
    import torch
    from cellpose.models import CellposeModel

    torch.manual_seed(0)
    return CellposeModel(gpu=False, pretrained_model=None, diam_mean=diameter, nchan=3, mkldnn=False)


def run(
    model: Any,
    counter: Steps,
    steps: int,
    images: list[NDArray[Any]],
    flows: list[NDArray[np.float16]],
    weights: NDArray[np.float64],
    folder: Path,
) -> None:
    """Cellpose's own trainer for `steps`, or until the clock ends it."""
    from cellpose.train import train_seg

    hook = model.net.register_forward_pre_hook(counter)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        train_seg(
            model.net,
            train_data=images,
            train_labels=flows,
            train_probs=weights.copy(),  # the trainer scales it in place
            n_epochs=steps,
            nimg_per_epoch=BATCH,
            batch_size=BATCH,
            bsize=CROP,
            min_train_masks=0,
            save_every=10**9,
            save_path=folder,
            model_name="cellpose",
        )
    except TimeUp:
        pass
    finally:
        hook.remove()
    model.net.eval()


def told(items: list[Item]) -> dict[str, float]:
    """Set → median diameter of its training images, px."""
    sets = {item.set for item in items}
    return {
        name: float(np.median([i.diameter for i in items if i.set == name and i.diameter])) for name in sets
    }


def checked(item: Item, probability: NDArray[Any]) -> None:
    """Ends the process where the output is not finite: no cells would be told as F1 0, which it is not."""
    if not np.isfinite(probability).all():
        sys.exit(f"{item.set}/{item.id}: the network's output is not finite, so it has no score")


def found(model: Any, call: Call, diameters: dict[str, float]) -> dict[str, float]:
    """Variant → CPU seconds per image."""
    val = read_list(call.data, "val")

    def segment(item: Item, own: bool) -> NDArray[Any]:
        diameter = item.diameter if own and item.diameter else diameters[item.set]
        image = read_rgb(item.image(call.data))
        masks, (_, _, probability), _ = model.eval(image, channels=None, channel_axis=2, diameter=diameter)
        checked(item, probability)
        found: NDArray[Any] = masks
        return found

    return {
        variant: predict(val, call.out, variant, partial(segment, own=own))
        for variant, own in (("diameter of the set", False), ("diameter of the image", True))
    }


if __name__ == "__main__":
    main()
