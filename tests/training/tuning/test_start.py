"""Tuning begins where a prediction is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.network import choose_device
from app.network.engines import load_engines
from app.network.stains import find_strength, shown
from app.network.weights import Specialist, Specialists, Weights
from app.network.weights.specialists import LOOKS, write_looks
from app.network.weights.states import checksum
from app.read import Pixels
from training.data import Sample
from training.looks import embedding_of
from training.tuning.examples import Examples, as_seen
from training.tuning.start import best_start, candidates


@pytest.mark.parametrize("known", [True, False])
def test_who_sees_the_images_is_the_start(
    start: Weights, fields: list[Sample], tmp_path: Path, known: bool
) -> None:
    """A laboratory's tissue was tuned from the pair, and F1 ended below what the specialist gives untuned."""
    engine = load_engines(start, choose_device("cpu"), "fast", watch=True)[0]
    place = np.array([embedding_of(engine, fields[0].image)], np.float32)
    write_looks(tmp_path / LOOKS, place if known else -place, np.array([0], np.int16))
    own = Specialist("tissue", start.members[1], reach=0.5)
    told = Specialists((own,), tmp_path / LOOKS, checksum(tmp_path / LOOKS))
    weights = replace(start, specialists=told)
    assert candidates(weights, fields[:3]) == ((own.member,) if known else weights.members)


def test_weights_without_specialists_offer_the_pair(start: Weights, fields: list[Sample]) -> None:
    """Nothing is looked at where nobody asks for looks."""
    assert start.specialists is None
    assert candidates(start, fields[:1]) == start.members
    assert best_start(candidates(start, fields[:1]), fields[:1]).seconds > 0


def test_tissue_in_dab_is_learnt_as_a_prediction_sees_it(fields: list[Sample]) -> None:
    """What was learnt from brown is of no use where only the blue is shown; all else stays what it was."""
    light = np.full((*fields[0].image.shape[:2], 3), 240, np.uint8)
    light[8:40, 8:40] = 150, 105, 55  # brown
    light[50:70, 50:70] = 95, 90, 165  # blue
    brown = replace(fields[0], image=light)
    seen = Examples((brown, fields[1]), (brown,)).as_seen()
    strength = find_strength(Pixels(light), light.shape[:2])
    assert strength > 0
    expected = shown(Pixels(light), len(light), strength).rows(0, len(light))
    assert np.array_equal(seen.taught[0].image, expected)
    assert np.array_equal(seen.held[0].image, expected)
    assert as_seen(fields[1]) is fields[1]
