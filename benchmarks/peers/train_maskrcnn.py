"""torchvision's Mask R-CNN from random weights, as the ablation trains it; its rate falls with the time."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.peers.exchange import Clock, Done, Item, called, predict, read_list, write_done
from benchmarks.peers.train_mediar import settings
from training.batches import Batches
from training.data import Pair, Sample, find_pairs, load_image, load_samples
from training.fit import make_optimizer
from training.maskrcnn import instances, mask_rcnn, rcnn_step
from training.objective import learning_rate


def main() -> None:
    """Trains, predicts, tells."""
    call = called()
    samples = load_samples(find_pairs(call.data / "train", "train"))
    phase = settings(samples)
    torch.manual_seed(phase.seed)
    clock = Clock(call.minutes)
    model = mask_rcnn(phase).to(memory_format=torch.channels_last).train()
    optimizer, batches, steps = make_optimizer(model, phase), Batches(samples, phase), 0
    while clock.left > 0:
        # a step of the phase's own number at this share of the time, but for the warm-up, which is of steps
        rate = learning_rate(max(int(clock.share * phase.steps), min(steps, phase.warmup)), phase)
        rate = min(rate, phase.rate * (steps + 1) / phase.warmup)
        rcnn_step(model, optimizer, batches(steps), None, rate, phase.clip, "cpu")
        steps += 1
    minutes = clock.spent / 60
    samples.clear()
    model.eval()

    def segment(item: Item) -> NDArray[Any]:
        path = item.image(call.data)
        image, _ = load_image(path)
        nothing = np.zeros(image.shape[:2], np.int32)
        pair = Pair(item.set, item.id, path, path)
        return instances(
            model, Sample(pair, image, nothing, np.zeros((2, 0, 0), np.float16), item.set), phase
        )

    seconds = {"labels": predict(read_list(call.data, "val"), call.out, "labels", segment)}
    parameters = sum(p.numel() for p in model.parameters())
    crops = f"{phase.batch} × {phase.crop}²"
    write_done(call.out, Done("Mask R-CNN", parameters, steps, crops, minutes, call.minutes, seconds))


if __name__ == "__main__":
    main()
