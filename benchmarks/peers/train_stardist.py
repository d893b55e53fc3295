"""StarDist from random weights, in an environment of its own: the shape of 2D_versatile, its trainer.

Images are normalised as its own examples do (percentiles 1 and 99.8 → 0 and 1),
turned, mirrored and changed in intensity as there. Its rate of 3e-4 falls as a
half cosine over the time, as the others' do: by its own rule it would fall after
40 epochs without gain. Its patches are of 128 px, which the others learn from too:
of its default of 256 px a step takes four times as long. The thresholds of
probability and overlap are optimised on training images, by its own method.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.exchange import (
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

PATCH = 128  # px
BATCH = 4  # its default
EPOCH = 100  # steps
DRAWN = 500  # images, with repeats, that stand for the weights: its trainer draws all alike
WATCHED = 4  # images whose loss is told after each epoch; its trainer wants some
TUNED = 4  # images of each set that the thresholds are optimised on
PERCENTILES = (1, 99.8)


def main() -> None:
    """Trains, optimises thresholds, predicts, tells."""
    call = called()
    from stardist.models import Config2D, StarDist2D

    items = read_list(call.data, "train")
    images = {item: normal(read_rgb(item.image(call.data))) for item in items}
    labels = {item: read(item.label(call.data)).astype(np.int32) for item in items}
    rng = np.random.default_rng(0)
    weights = np.array([item.weight for item in items])
    drawn = [items[i] for i in rng.choice(len(items), DRAWN, p=weights / weights.sum())]
    least = min(min(one.shape) for one in labels.values())
    patch = min(PATCH, least // 16 * 16)
    config = Config2D(
        n_rays=32,
        grid=(2, 2),
        n_channel_in=3,
        train_patch_size=(patch, patch),
        train_batch_size=BATCH,
        train_reduce_lr=None,
        train_tensorboard=False,
        train_checkpoint=None,
        train_checkpoint_last=None,
        train_checkpoint_epoch=None,
    )
    model = StarDist2D(config, name="stardist", basedir=None)
    model.prepare_for_training()
    clock = Clock(call.minutes)
    timer = timer_of(clock, config.train_learning_rate)
    model.callbacks.append(timer)
    model.train(
        [images[item] for item in drawn],
        [labels[item] for item in drawn],
        validation_data=([images[i] for i in drawn[:WATCHED]], [labels[i] for i in drawn[:WATCHED]]),
        augmenter=augment,
        seed=0,
        epochs=10**4,
        steps_per_epoch=EPOCH,
    )
    minutes = clock.spent / 60
    tuned = [item for name in dict.fromkeys(i.set for i in items) for item in some(items, name)]
    model.optimize_thresholds([images[i] for i in tuned], [labels[i] for i in tuned], save_to_json=False)
    if not any(model.predict_instances(images[i])[0].any() for i in tuned):
        sys.exit("StarDist finds no cell on images that it learned from, so it has no score")
    images.clear()

    def segment(item: Item) -> NDArray[Any]:
        found: NDArray[Any] = model.predict_instances(normal(read_rgb(item.image(call.data))))[0]
        return found

    seconds = {"labels": predict(read_list(call.data, "val"), call.out, "labels", segment)}
    crops = f"{BATCH} × {patch}²"
    parameters = model.keras_model.count_params()
    write_done(call.out, Done("StarDist", parameters, timer.steps, crops, minutes, call.minutes, seconds))


def normal(image: NDArray[Any]) -> NDArray[np.float32]:
    """`(H, W, 3)` of any depth → with two percentiles of all its values at 0 and 1."""
    from csbdeep.utils import normalize

    scaled: NDArray[np.float32] = normalize(image.astype(np.float32), *PERCENTILES, axis=(0, 1, 2))
    return scaled


def some(items: list[Item], name: str) -> list[Item]:
    """`TUNED` items of a set, evenly through it."""
    mine = [item for item in items if item.set == name]
    return mine[:: max(len(mine) // TUNED, 1)][:TUNED]


def augment(image: NDArray[np.float32], labels: NDArray[np.int32]) -> tuple[NDArray[Any], NDArray[Any]]:
    """A patch turned by quarters, mirrored, with another contrast, brightness and noise."""
    turns, mirrored = np.random.randint(4), np.random.rand() < 0.5
    image, labels = np.rot90(image, turns), np.rot90(labels, turns)
    if mirrored:
        image, labels = image[::-1], labels[::-1]
    image = image * np.random.uniform(0.6, 2) + np.random.uniform(-0.2, 0.2)
    noise = 0.02 * np.random.uniform(0, 1) * np.random.normal(0, 1, image.shape)
    return (image + noise).astype(np.float32), np.ascontiguousarray(labels)


def timer_of(clock: Clock, rate: float) -> Any:
    """A callback that counts steps, lowers the rate with the time and ends training when it is over."""
    from keras.callbacks import Callback

    class Timer(Callback):  # type: ignore[misc, unused-ignore]
        steps = 0

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            del batch, logs
            self.model.optimizer.learning_rate = rate * (0.01 + 0.495 * (1 + math.cos(math.pi * clock.share)))

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            del batch, logs
            self.steps += 1
            if clock.left <= 0:
                self.model.stop_training = True

    return Timer()


if __name__ == "__main__":
    main()
