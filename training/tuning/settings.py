"""Every knob of a tuning run; a user turns the first two only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tuning:
    """The defaults are for 1 to some dozen images and two CPU cores."""

    minutes: float = 5.0  # wall time of the whole run, reading and judging included
    partial: bool = False  # pixels that nobody drew are left out of the loss
    steps: int | None = None  # ends the run after so many steps, whatever the time; for tests
    encoder: bool = True  # is trained, too; benchmarks/README.md has what either way gave
    crop: int = 256  # px
    own: int = 4  # crops of the user's images a step
    replayed: int = 2  # and of synthetic ones
    rate: float = 1e-3  # AdamW's peak
    warm_up: float = 0.05  # of the time for training
    clip: float = 1.0  # largest norm of the gradient
    average: float = 0.98  # decay per step of the averaged weights, which are judged and kept
    flow_weight: float = 0.5  # of the flow's MSE beside the probability's BCE, as in a phase
    replay_weight: float = 1.0  # of the replay's loss beside that of the own crops
    looks: int = 3  # times at which the weights are judged and, where they are the best, written
    intensity_p: float = 0.15  # of each intensity augmentation
    jitter: float = 1.4  # crops are zoomed by up to this factor beside a prediction's scale, either way
    tries: int = 6  # crops that are drawn until one holds a cell
    seed: int = 20221212
