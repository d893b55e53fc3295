"""`python -m training tune`: what was asked for is checked before minutes of reading."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import UsageError
from training.commands import has_folder

if TYPE_CHECKING:
    from app.network.weights import Weights
    from training.tuning import Tuning
    from training.tuning.clock import Clock
    from training.tuning.examples import Examples


def run_tune(chosen: argparse.Namespace) -> None:
    need_tools()
    from app.network.weights import find_weights
    from training.labels import find_drawn
    from training.tuning import Tuning, tune
    from training.tuning.clock import Clock
    from training.tuning.examples import load_examples

    if not chosen.minutes > 0:
        raise UsageError(f"--minutes {chosen.minutes:g}: give a number above 0")
    if chosen.steps is not None and chosen.steps < 1:
        raise UsageError(f"--steps {chosen.steps}: give 1 or more")
    tuning = Tuning(
        chosen.minutes, partial=chosen.partial, steps=chosen.steps, encoder=not chosen.keep_encoder
    )
    clock = Clock(tuning)
    weights = find_weights(chosen.weights)  # before minutes of reading
    has_folder(chosen.out)
    examples = load_examples(find_drawn(chosen.images, chosen.labels), partial=chosen.partial)
    if chosen.watched:
        tune_watched(examples, weights, chosen.out, tuning, clock)
        return
    done = tune(examples, weights, chosen.out, tuning, clock)
    what = f"{done.before:.3f} before, {done.after:.3f} after"
    if done.claim:
        count = len(examples.held) + len(examples.taught)
        print(f"F1 on {len(examples.held)} of {count} images, held back: {what}")
    else:
        print(f"F1 on the images it learnt from: {what}; with 4 labelled images one is held back to test on")
    print(f"{done.steps} steps, {done.seconds:.0f} s; use it with --weights {done.file}")


def tune_watched(examples: Examples, weights: Weights, target: Path, tuning: Tuning, clock: Clock) -> None:
    """The same for a program: it hears of every step, and at last of what became of the run."""
    import json
    from dataclasses import asdict

    from training.tuning import tune
    from training.tuning.watched import Step, stop_with_input

    stop_with_input()
    done = tune(examples, weights, target, tuning, clock, Step.tell)
    print(json.dumps({**asdict(done), "file": str(done.file)}), flush=True)


def need_tools() -> None:
    """One line where the libraries of training are not installed."""
    from importlib.util import find_spec

    missing = [name for name in ("torch", "monai", "fastremap") if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"training needs {' and '.join(missing)}, not installed here: use the image mediar-box:train, "
            "or `pip install 'mediar-box[train]'` beside a checkout"
        )
