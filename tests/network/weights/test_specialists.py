"""A specialist speaks of what it has learned, and of nothing else."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.errors import WeightsError
from app.network.weights import Specialist, Specialists, Weights, find_weights
from app.network.weights.index import write_calibration, write_specialists
from app.network.weights.specialists import LOOKS, NOBODY, read_looks, write_looks
from app.network.weights.states import checksum


@pytest.fixture
def pair(random_pair: Path, tmp_path: Path) -> Weights:
    """A pair whose second model is a specialist, too, for what lies within 0.2 of (1, 0)."""
    folder = Path(shutil.copytree(random_pair, tmp_path / "pair"))
    weights = find_weights(str(folder))
    write_looks(folder / LOOKS, np.array([[1, 0], [0.8, 0.6]], np.float32), np.array([0, NOBODY], np.int16))
    one = Specialist("tissue", weights.members[1], 0.2)
    write_specialists(weights, Specialists((one,), folder / LOOKS, checksum(folder / LOOKS)))
    return find_weights(str(folder))


def at(degrees: float) -> list[float]:
    """On the circle of embeddings."""
    return [float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees)))]


def test_the_nearest_look_decides(pair: Weights) -> None:
    assert pair.specialists is not None
    chosen = pair.specialists.choose(at(5))
    assert chosen is not None
    assert chosen.name == "tissue"
    assert chosen.member == pair.members[1]
    assert pair.specialists.choose(at(30)) is None, "nearer to what it has not learned"
    assert pair.specialists.choose(at(18)) is None, "hardly nearer to what it has learned"
    assert pair.specialists.choose(at(-11)) == chosen
    assert pair.specialists.choose(at(-15)) is None, "like nothing that it has learned"
    assert pair.specialists.choose(None) is None, "there was nothing to see"


def test_an_unknown_look_is_looked_for_at_half_the_size_and_at_twice(pair: Weights) -> None:
    """Tissue at four times its size, and at half the magnification, went to the model for whole cells."""
    told = pair.specialists
    assert told is not None
    (one,) = told.models
    assert told.choose(at(60), again={0.5: at(5), 2.0: at(60)}.get) == one
    assert told.choose(at(60), again={0.5: at(60), 2.0: at(5)}.get) == one, "half the magnification"
    assert told.choose(at(60), again={0.5: at(5)}.__getitem__) == one, "a third look costs time"
    assert told.choose(at(60), again=lambda _: at(60)) is None
    assert told.choose(at(60), again=lambda _: None) is None, "neither is worth it"
    assert told.choose(None, again=lambda _: at(5)) is None, "there was nothing to see"
    assert told.choose(at(5), again=lambda _: pytest.fail("a second look costs time")) == one


def test_tissue_in_dab_is_known_without_its_look(pair: Weights) -> None:
    """Brown over everything looks like nothing that was learned; the haematoxylin that is seen does."""
    told = pair.specialists
    assert told is not None
    assert told.choose(at(80), in_dab=True) is None, "nobody says that it is theirs"
    (one,) = told.models
    for_dab = replace(told, models=(replace(one, dab=True),))
    assert for_dab.choose(at(80)) is None
    assert for_dab.choose(at(80), in_dab=True) == for_dab.models[0]
    assert for_dab.choose(None, in_dab=True) == for_dab.models[0]
    assert Specialist.from_dict(one.member.file.parent, for_dab.models[0].to_dict()) == for_dab.models[0]
    assert for_dab.digest != told.digest


def test_the_record_tells_them_apart(pair: Weights) -> None:
    """A label that the pair made must not count as finished beside specialists."""
    folder = pair.members[0].file.parent
    write_specialists(pair, None)
    without = find_weights(str(folder))
    assert without.specialists is None
    assert pair.identity.startswith(without.identity)
    assert pair.identity != without.identity


def test_other_keys_of_the_index_are_kept(pair: Weights) -> None:
    folder = pair.members[0].file.parent
    before = json.loads((folder / "index.json").read_text())
    write_calibration(pair, None, {})
    assert json.loads((folder / "index.json").read_text()) == before


def test_what_is_missing_or_damaged_is_one_line(pair: Weights) -> None:
    """Of an image's look nobody may guess."""
    assert pair.specialists is not None
    folder = pair.members[0].file.parent
    with pytest.raises(WeightsError, match=r"looks\.safetensors: is of another pair"):
        pair.specialists.choose([1.0, 0.0, 0.0])
    write_looks(folder / LOOKS, np.eye(2, dtype=np.float32), np.zeros(2, np.int16))
    with pytest.raises(WeightsError, match=r"looks\.safetensors: damaged or replaced"):
        find_weights(str(folder)).specialists.choose(at(0))  # type: ignore[union-attr]
    (folder / LOOKS).unlink()
    with pytest.raises(
        WeightsError, match=r"looks\.safetensors: the index names this file, and it is not there"
    ):
        find_weights(str(folder))
    index = json.loads((folder / "index.json").read_text())
    del index["random"]["specialists"]["models"][0]["reach"]
    (folder / "index.json").write_text(json.dumps(index))
    with pytest.raises(WeightsError, match="is incomplete"):
        find_weights(str(folder))


def test_files_that_are_no_looks(tmp_path: Path) -> None:
    path = tmp_path / "looks.safetensors"
    path.write_bytes(b"nothing")
    with pytest.raises(WeightsError, match=r"looks\.safetensors"):
        read_looks(path)
    write_looks(path, np.eye(2, dtype=np.float32), np.zeros(3, np.int16))
    with pytest.raises(WeightsError, match="don't fit each other"):
        read_looks(path)
