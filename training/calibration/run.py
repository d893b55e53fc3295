"""Weights and labelled images in, a calibration and its story out."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.network import Calibration, Setting
from app.network.engines import Engine
from app.network.weights.calibration import Modality
from training.calibration.choice import Gain, best_of, descend, gain
from training.calibration.knobs import KNOBS
from training.calibration.trials import Trials
from training.calibration.views import Seen, look
from training.data import Pair
from training.discover import cluster

logger = logging.getLogger(__name__)
LEAST_IMAGES = 8  # of a modality; fewer can't tell a better setting from luck
APART = 0.02  # from the mean that some image must lie; what is less, another processor may round away
FEW = 3  # images; sets of fewer count as one, or a single image would weigh as much as a whole set


@dataclass(frozen=True)
class Decision:
    """One question and its answer."""

    about: str  # "all images", or a modality
    images: int
    chosen: Setting  # the best that was tried
    gain: Gain
    taken: bool


@dataclass(frozen=True)
class Chosen:
    """What came of it."""

    calibration: Calibration | None  # None where the defaults stand
    decisions: tuple[Decision, ...]
    sets: dict[str, tuple[float, float]]  # mean F1 of the images of each, with the defaults and as chosen
    tried: int  # settings

    @property
    def report(self) -> str:
        """Markdown: what was asked and decided, and F1 by set."""
        lines = [
            "| for | images | best of those tried | gain | by chance in | taken |",
            "|---" * 6 + "|",
        ]
        for one in self.decisions:
            g = one.gain
            numbers = f"{g.mean:+.4f} | {g.chance:.0%} of draws"
            lines.append(
                f"| {one.about} | {one.images} | {one.chosen} | {numbers} | {'yes' if one.taken else 'no'} |"
            )
        lines += ["", "| set | F1@0.5 by default | as chosen |", "|---|---|---|"]
        lines += [f"| {name} | {before:.3f} | {after:.3f} |" for name, (before, after) in self.sets.items()]
        return "\n".join(lines)


def calibrate(engines: Sequence[Engine], pairs: Sequence[Pair], modalities: int) -> Chosen:
    """Chooses on `pairs`; `modalities` is how many clusters are looked for, 0 for none.

    One setting for all is looked for first. A cluster then takes the best of
    what was tried on the way, where it is better there beyond chance.
    """
    images = look(engines, pairs)
    return choose(images, Trials(images), modalities)


def choose(images: Sequence[Seen], trials: Trials, modalities: int) -> Chosen:
    """As `calibrate`, of images that the network has seen."""
    names = np.array([image.set for image in images])
    sets = grouped(names)
    default = Setting()
    best = descend(trials, default, KNOBS, sets)
    won = gain(trials.tried, default, best, sets)
    common = best if won.beyond_chance else default
    decisions = [Decision("all images", len(images), best, won, common != default)]
    final = trials(common).copy()
    found = []
    for name, members, modality in clusters(images, modalities):
        here = {setting: scores[members] for setting, scores in trials.tried.items()}
        best = best_of(here, common, sets[members])
        won = gain(here, common, best, sets[members])
        taken = best != common and won.beyond_chance
        decisions.append(Decision(name, len(members), best, won, taken))
        if taken:
            found.append(replace(modality, setting=replace(best, name=name)))
            final[members] = trials.tried[best][members]
    calibration = Calibration(common, tuple(found)) if found or common != default else None
    by_set = {
        str(name): (float(trials(default)[names == name].mean()), float(final[names == name].mean()))
        for name in np.unique(names)
    }
    return Chosen(calibration, tuple(decisions), by_set, len(trials.tried))


def grouped(names: NDArray[np.str_]) -> NDArray[np.str_]:
    """The set of each image, those of few images together under one name."""
    counts = Counter(names.tolist())
    return np.array([name if counts[name] >= FEW else "" for name in names.tolist()])


def clusters(images: Sequence[Seen], count: int) -> list[tuple[str, NDArray[np.intp], Modality]]:
    """Name, members and ball of each group of images that look alike, if it is large enough."""
    known = np.array([i for i, image in enumerate(images) if image.embedding is not None], np.intp)
    if count < 1 or len(known) < max(count, LEAST_IMAGES):
        return []
    places = np.array([images[i].embedding for i in known], np.float32)
    if np.linalg.norm(places - places.mean(axis=0), axis=1).max() < APART:
        logger.warning("no modalities: the encoder's last map is nearly the same for all images")
        return []
    division = cluster(places, count)
    found = []
    for number in np.unique(division):
        members = known[division == number]
        if len(members) < LEAST_IMAGES:
            continue
        mine = places[division == number].astype(np.float64)
        centre = mine.mean(axis=0)
        reach = float(np.linalg.norm(mine - centre, axis=1).max())
        most = Counter(images[i].set for i in members).most_common(1)[0][0]
        found.append((f"{most} {number}", members, Modality(tuple(centre.tolist()), reach, Setting())))
    return found
