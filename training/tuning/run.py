"""The run: a start is chosen, learns for some minutes, is looked at, and the best is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from app.errors import UsageError
from app.network.weights import Weights
from app.network.weights.states import write_state
from app.network.weights.store import halved
from training.batches import Batch
from training.data import Sample
from training.tuning.clock import Clock
from training.tuning.crops import draw_own
from training.tuning.examples import Examples
from training.tuning.pace import CROPS, paced
from training.tuning.replay import Replay
from training.tuning.settings import Tuning
from training.tuning.start import best_start, candidates
from training.tuning.student import Student, Tensors
from training.tuning.verdict import verdict
from training.tuning.watched import Step

logger = logging.getLogger(__name__)
SHARES = (1.0, 0.6)  # of the way from the start: the shorter is taken where it scores as high
AS_HIGH = 0.005  # F1: less is no difference on so few images
ASKED = 3  # images that judge where none is held back


@dataclass(frozen=True)
class Tuned:
    """What became of a run."""

    file: Path
    steps: int
    seconds: float
    before: float  # F1 on the images held back, or on those learnt from where none is
    after: float  # the same of what was written
    claim: bool  # whether images were held back, so that the two say something of new images
    stopped: bool  # by Ctrl-C


Told = Callable[[Step], None]


def tune(
    examples: Examples,
    weights: Weights,
    target: Path,
    tuning: Tuning,
    clock: Clock | None = None,
    told: Told = lambda _: None,
) -> Tuned:
    """Adapts the model of `weights` that knows them best to `examples` and writes it to `target`.

    The file appears at the first look and is replaced, whole, where a later one
    is better; it is never worse on the images held back than the start. Ctrl-C
    ends training and keeps the best so far. `clock` began when the user did;
    `told` hears of every step.
    """
    if target.suffix != ".safetensors":
        raise UsageError(f"{target}: tuned weights are a .safetensors file; name it so")
    clock = clock or Clock(tuning)
    torch.manual_seed(tuning.seed)
    members = candidates(weights, judges_of(examples))
    examples = examples.as_seen()
    judges = judges_of(examples)
    start = best_start(members, judges)
    student = Student.of(start.model, tuning)
    best = Best(
        student, judges, start.f1, target, {"start": weights.name, "images": str(len(examples.taught))}
    )
    clock.start_training(set_aside=1.5 * start.seconds * len(SHARES) + 1)
    if tuning.steps is None:
        student.tuning = paced(tuning, examples.taught, clock.left, student.seconds(CROPS[-1]))
        logger.info("crops of %d px", student.tuning.crop)
    stopped = False
    try:
        learn(student, examples, clock, best, told)
    except KeyboardInterrupt:
        stopped = True
        logger.info("stopped; the best so far is looked for and kept")
    best.look()
    return Tuned(target, best.steps, clock.spent, start.f1, best.f1, bool(examples.held), stopped)


def judges_of(examples: Examples) -> tuple[Sample, ...]:
    """Those held back, or the first few that are learnt from."""
    return examples.held or tuple(s for s in examples.taught if s.diameter)[:ASKED]


@dataclass
class Best:
    """The best weights so far, and their file."""

    student: Student
    judges: Sequence[Sample]
    f1: float
    target: Path
    card: dict[str, str]
    steps: int = 0
    written: bool = False

    def look(self) -> None:
        """Judges the averaged weights of now, and writes them where they are better than all before.

        Before the first time nothing is written, so the start itself is where learning did not help.
        """
        model = self.student.model
        learnt = {name: value.detach().clone() for name, value in model.state_dict().items()}
        found = [(verdict(model, self.student.between(share), self.judges), share) for share in SHARES]
        model.load_state_dict(learnt)
        highest = max(f1 for f1, _ in found)
        f1, share = min((one for one in found if one[0] >= highest - AS_HIGH), key=lambda one: one[1])
        if f1 > self.f1 or not self.written:
            better = f1 >= self.f1
            self.f1 = max(f1, self.f1)
            self.write(self.student.between(share if better else 0.0))

    def write(self, state: Tensors) -> None:
        """The file, whole or not at all, in half precision as the carried pair."""
        arrays = {name: halved(name, value.contiguous().numpy()) for name, value in state.items()}
        write_state(self.target, arrays, {**self.card, "steps": str(self.steps), "f1": f"{self.f1:.4f}"})
        self.written = True


def learn(student: Student, examples: Examples, clock: Clock, best: Best, told: Told) -> None:
    """Steps until the clock says so."""
    tuning = student.tuning
    replay = Replay(tuning.replayed, tuning.crop, tuning.seed)

    def batch(step: int) -> tuple[Batch, torch.Tensor]:
        rng = np.random.default_rng([tuning.seed, step])
        crops = [draw_own(examples.taught, tuning, rng) for _ in range(tuning.own)]
        own = (
            torch.stack([c.image for c in crops]),
            torch.stack([c.labels for c in crops]),
            torch.stack([c.flow for c in crops]),
        )
        return own, replay(step)

    looked = 1
    with ThreadPoolExecutor(1) as pool, tqdm(total=100, desc="tuning", unit="%", disable=None) as bar:
        ahead = pool.submit(batch, 0)
        while (progress := clock.progress(best.steps)) < 1:
            own, replayed = ahead.result()
            ahead = pool.submit(batch, best.steps + 1)
            loss = student.step(own, replayed, clock.rate(progress), best.steps)
            best.steps += 1
            told(Step(progress, best.steps, loss, best.f1))
            bar.update(round(100 * progress) - bar.n)
            bar.set_postfix(steps=best.steps, loss=f"{loss:.3f}", f1=f"{best.f1:.3f}")
            if progress * tuning.looks >= looked:
                looked += 1
                best.look()
        bar.update(100 - bar.n)
