"""An image of a look that a specialist has learned goes through it, and through nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.network import Clock, Network, Progress, Weights, engines
from app.network.architecture import Architecture
from app.network.parts import part_of_bands
from app.network.weights import Member, Specialist, Specialists
from app.network.weights.specialists import LOOKS, NOBODY, write_looks
from app.network.weights.states import checksum
from app.read import Pixels
from app.settings import Windows

SHAPE = 300, 420
IMAGE = Pixels(np.random.default_rng(0).integers(0, 255, (*SHAPE, 3), np.uint8))
MEMBER = Member(Path("tissue.safetensors"), Architecture(), 64 * "0")


class Counted:
    """An engine of the tests that counts its windows, and sees the same in all of them."""

    batch, embedding = 2, np.array([1, 0], np.float32)

    def __init__(self, name: str, engine: Any) -> None:
        self.name = name
        self.engine = engine
        self.windows = 0

    def look(self) -> None:
        """Nothing to prepare."""

    def __call__(self, windows: Any) -> Any:
        self.windows += len(windows)
        return self.engine(windows)


@pytest.fixture
def network(tmp_path: Path, bright_blobs: Any) -> Network:
    """Two models and a specialist for what they see in every image."""
    write_looks(tmp_path / LOOKS, np.eye(2, dtype=np.float32), np.array([0, NOBODY], np.int16))
    told = Specialists((Specialist("tissue", MEMBER, 0.1),), tmp_path / LOOKS, checksum(tmp_path / LOOKS))
    pair = [Counted(name, bright_blobs) for name in ("one", "two")]
    return Network(pair, Windows(), specialists=told, load_one=lambda _: Counted("tissue", bright_blobs))


def test_it_takes_the_place_of_the_pair(network: Network) -> None:
    bands, progress = network.whole(IMAGE, SHAPE, Clock.start(None), (1.0,))
    assert progress.specialist == "tissue"
    assert str(progress).startswith("3 of 3 passes by tissue at overlap"), "one model, all views"
    assert len(bands) == 1
    counts = [engine.windows for engine in (*network.engines, *network.engines_of("tissue"))]  # type: ignore[attr-defined]
    assert counts == [1, 0, 3], "the pair has one look"
    assert network.engines_of("tissue")[0] is network.engines_of("tissue")[0], "loaded once"


def test_other_looks_stay_the_pairs(network: Network) -> None:
    network.engines[0].embedding = np.array([0, 1], np.float32)  # type: ignore[attr-defined]
    _, progress = network.whole(IMAGE, SHAPE, Clock.start(60), (1.0,))
    assert progress.specialist == ""
    assert not network.called, "nothing is loaded for a look of nobody's"


class Changing(Counted):
    """An engine that sees another look whenever it is asked."""

    def __init__(self, name: str, engine: Any, looks: list[tuple[int, int]]) -> None:
        super().__init__(name, engine)
        self.looks = looks

    def __call__(self, windows: Any) -> Any:
        self.embedding = np.array(self.looks.pop(0), np.float32)
        return super().__call__(windows)


@pytest.mark.parametrize(("shape", "owner"), [(SHAPE, "tissue"), ((800, 800), None)])
def test_an_unknown_look_is_sought_at_twice_the_size_of_a_small_image(
    network: Network, bright_blobs: Any, shape: tuple[int, int], owner: str | None
) -> None:
    """Sections at half the magnification went to the model for cells; a large image is not enlarged."""
    engine = Changing("one", bright_blobs, [(-1, 0), (-1, 0), (1, 0)])
    image = Pixels(np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8))
    seen, found = replace(network, engines=[engine]).by_look(image, shape, in_dab=False)
    assert seen == (-1, 0), "as settings are chosen by: at its own size"
    assert (found.name if found else None) == owner
    assert len(engine.looks) == (0 if owner else 1)


def test_looks_that_nobody_knows_have_an_owner(network: Network, tmp_path: Path) -> None:
    """Who has learned a little of everything sees what is new; what is known stays where it was."""
    told = network.specialists
    assert told
    models = (*told.models, replace(told.models[0], name="cells", rest=True))
    told = Specialists.from_dict(tmp_path, replace(told, models=models).to_dict())
    assert told.digest != replace(told, models=(told.models[0], replace(told.models[1], rest=False))).digest
    chosen = [told.choose(look) for look in ((1, 0), (0, 1), (-1, 0), None)]
    assert [one.name if one else "" for one in chosen] == ["tissue", "cells", "cells", ""]


def test_a_model_that_sees_nothing_is_not_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where specialists see every image, the pair's second must not cost start-up anything."""
    loaded: list[Member] = []
    monkeypatch.setattr(engines, "load", lambda member, *_: loaded.append(member) or Counted("", len))
    device = engines.choose_device("cpu")
    for rest, ahead in ((True, 1), (False, 2)):
        models = (Specialist("cells", MEMBER, 0.1, rest=rest),)
        weights = Weights("a", (MEMBER, MEMBER), specialists=Specialists(models, tmp_path / LOOKS, ""))
        loaded.clear()
        first, second = engines.load_engines(weights, device)
        assert first.batch == 2
        if not rest:
            assert second.batch == 2
        assert len(loaded) == ahead
        assert second.batch == second.batch == 2
        assert len(loaded) == 2


def test_a_worker_runs_what_was_planned(network: Network) -> None:
    """The plan travels as JSON; the part of a worker must come from the same model."""
    progress = network.plan(IMAGE, SHAPE, Clock.start(None), (1.0,))
    told = json.loads(json.dumps(asdict(progress)))
    assert told["specialist"] == "tissue"
    assert told["embedding"] == [1.0, 0.0]
    pair = [engine.windows for engine in network.engines]  # type: ignore[attr-defined]
    (band,) = part_of_bands(network, IMAGE, SHAPE, progress, 1.0, SHAPE[0], range(1))
    assert [engine.windows for engine in network.engines] == pair  # type: ignore[attr-defined]
    ((_, whole),), _ = network.whole(IMAGE, SHAPE, Clock.start(None), (1.0,))
    np.testing.assert_array_equal(band[1], whole[1])


def test_images_that_belong_together_have_one_owner(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A film whose frames go from one model to another loses its tracks; one look tells for all."""
    given = network.for_all_like(IMAGE, SHAPE)
    assert given.owner == "tissue"
    monkeypatch.setattr("app.network.inference.look", lambda *_: pytest.fail("looked at again"))
    assert given.plan(IMAGE, SHAPE, Clock.start(None)).specialist == "tissue"
    pairs = replace(network, owner="")
    assert pairs.plan(IMAGE, SHAPE, Clock.start(None)).specialist == ""


def test_weights_without_specialists_are_not_looked_at(bright_blobs: Any) -> None:
    """The published pair pays for nothing."""
    engine = Counted("one", bright_blobs)
    network = Network([engine], Windows())
    _, progress = network.whole(IMAGE, SHAPE, Clock.start(None), (1.0,))
    assert engine.windows == 3
    assert progress == Progress(progress.rung, 3, done=3, passes=3)
    assert Weights("a", (MEMBER,)).identity == 16 * "0"


def test_an_engine_that_sees_no_more_leaves_the_image_to_the_pair(network: Network) -> None:
    """A GPU without memory for one window goes on by the CPU, where nobody watches."""
    network.engines[0].embedding = None  # type: ignore[attr-defined]
    _, progress = network.whole(IMAGE, SHAPE, Clock.start(None), (1.0,))
    assert progress.specialist == ""
    assert progress.embedding is None
