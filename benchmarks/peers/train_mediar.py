"""MEDIAR-Former from random weights by `training.fit`: settings of the ablation, sets in equal shares.

Predicted at scale 1 without flips, in float32, since the others see each image once.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from benchmarks.peers.exchange import Clock, Done, Item, called, predict, read_list, write_done
from training.commands import engines_of
from training.data import Sample, find_pairs, load_image, load_samples
from training.fit import fit
from training.network import load_network
from training.passes import Variant, segment_all, variants
from training.settings import Phase

SETTINGS = Path(__file__).parents[2] / "training" / "phases" / "ablate.toml"
ALONE = Variant("alone", variants(1)[0].keys, (1.0,))
FIRST = 20  # steps, the warm-up, after which the length of the cosine is set
PART = 0.6  # of the steps left, after which it is set anew


def main() -> None:
    """Trains, predicts, tells."""
    call = called()
    samples = load_samples(find_pairs(call.data / "train", "train"))
    clock = Clock(call.minutes)
    phase = settings(samples)
    weights, phase = train(samples, phase, call.out, clock)
    minutes = clock.spent / 60
    samples.clear()
    engines = engines_of(str(weights), "cpu")

    def segment(item: Item) -> NDArray[Any]:
        image, _ = load_image(item.image(call.data))
        return segment_all(engines, image, [ALONE])[ALONE.name]

    seconds = {"labels": predict(read_list(call.data, "val"), call.out, "labels", segment)}
    parameters = sum(p.numel() for p in load_network(weights).parameters())
    crops = f"{phase.batch} × {phase.crop}²"
    write_done(
        call.out, Done("MEDIAR-Former", parameters, phase.steps, crops, minutes, call.minutes, seconds)
    )


def settings(samples: list[Sample]) -> Phase:
    """Those of the ablation, with the sets that are there."""
    sets = sorted({sample.pair.set for sample in samples})
    return replace(
        Phase.load(SETTINGS), name="mediar", sets=dict.fromkeys(sets, 1 / len(sets)), save_every=10**6
    )


def train(samples: list[Sample], phase: Phase, folder: Path, clock: Clock) -> tuple[Path, Phase]:
    """Fits until the clock is over; its steps are planned after the warm-up, and once more on the way.

    `fit` needs the number of its steps beforehand, for the rate.
    """
    fit(phase, samples, folder, stop_at=FIRST // 2)
    began = clock.spent  # the first steps compile and load kernels
    fit(phase, samples, folder, stop_at=FIRST)
    done, pace = FIRST, (clock.spent - began) / (FIRST - FIRST // 2)
    for part in (PART, 1.0):
        left = max(int(clock.left / pace), 1)
        phase = replace(phase, steps=done + left)
        began, stop = clock.spent, done + max(int(part * left), 1)
        weights = fit(phase, samples, folder, stop_at=stop)
        pace, done = (clock.spent - began) / (stop - done), stop
    return weights, phase


if __name__ == "__main__":
    main()
