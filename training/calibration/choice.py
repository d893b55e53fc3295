"""The best of what was tried, and whether it beats what was there by more than chance.

Sets count alike, however many images they have. A setting that takes more than
`ALLOWED` from any set is no choice. Whoever picks the best of many is pleased
with luck, too: so the images are drawn anew, with repetition, many times, and in
each draw the luckiest of all settings is looked at, by how much it does better
there than it does on the images themselves. A gain is believed that luck reaches
in one of twenty draws at most (White's reality check, Econometrica 68, 2000).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.network import Setting
from training.calibration.knobs import Knob

ALLOWED = 0.005  # F1 that a set may lose
LEAST_GAIN = 0.0005  # F1; a smaller one is not worth another value
DRAWS = 1000
LUCK = 0.05  # share of draws, up to which a gain is believed
ROUNDS = 2
SEED = 20221212

Floats = NDArray[np.float64]
Tried = Mapping[Setting, Floats]


@dataclass(frozen=True)
class Gain:
    """What one setting gives over another."""

    mean: float  # F1, mean over sets
    chance: float  # share of draws in which the luckiest setting gains as much by luck alone

    @property
    def beyond_chance(self) -> bool:
        """Whether it is to be believed."""
        return self.mean >= LEAST_GAIN and self.chance <= LUCK


def descend(
    trial: Callable[[Setting], Floats], start: Setting, knobs: Sequence[Knob], sets: NDArray[np.str_]
) -> Setting:
    """Turns one knob at a time to its best value, twice round; `trial` remembers what it was asked."""
    best, first = start, trial(start)
    for _ in range(ROUNDS):
        before = best
        for knob in knobs:
            options = [knob.turned(best, value) for value in knob.values]
            for option in options:
                scores = trial(option)
                if harmless(scores, first, sets) and over_sets(scores - trial(best), sets) >= LEAST_GAIN:
                    best = option
        if best == before:
            break
    return best


def best_of(tried: Tried, base: Setting, sets: NDArray[np.str_]) -> Setting:
    """The harmless setting with the highest mean over sets; `base` where none is better."""
    fit = [one for one, scores in tried.items() if harmless(scores, tried[base], sets)]
    return max([base, *fit], key=lambda one: over_sets(tried[one], sets))


def gain(tried: Tried, base: Setting, chosen: Setting, sets: NDArray[np.str_]) -> Gain:
    """What `chosen` gives over `base`, and how far luck alone would come with all that was tried."""
    gains = np.stack([scores - tried[base] for scores in tried.values()])  # (K, N)
    members = [np.flatnonzero(sets == name) for name in np.unique(sets)]
    true = np.mean([gains[:, mine].mean(axis=1) for mine in members], axis=0)  # (K,)
    rng = np.random.default_rng(SEED)
    luck = np.empty(DRAWS)
    for i in range(DRAWS):
        drawn = (rng.choice(mine, len(mine)) for mine in members)
        luck[i] = (np.mean([gains[:, some].mean(axis=1) for some in drawn], axis=0) - true).max()
    mean = over_sets(tried[chosen] - tried[base], sets)
    return Gain(mean, float((luck >= mean).mean()))


def over_sets(scores: Floats, sets: NDArray[np.str_]) -> float:
    """Mean over sets of the means over images."""
    return float(np.mean([scores[sets == name].mean() for name in np.unique(sets)]))


def harmless(scores: Floats, base: Floats, sets: NDArray[np.str_]) -> bool:
    """Whether no set loses more than is allowed."""
    return all((scores - base)[sets == name].mean() >= -ALLOWED for name in np.unique(sets))
