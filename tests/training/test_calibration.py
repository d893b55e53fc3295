"""Settings are chosen where they help, left alone where they don't, and written where they are read."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from app.cells.diffusion import labels_to_flow
from app.errors import WriteError
from app.network import Calibration, Network, Setting
from app.network.weights import find_weights
from app.network.weights.index import write_calibration
from app.settings import Merging, Tracking
from training.calibration.choice import best_of, descend, gain, harmless
from training.calibration.knobs import KNOBS, Knob
from training.calibration.run import Trials, choose
from training.calibration.trials import f1
from training.calibration.views import Seen, see
from training.cli import main
from training.data import find_pairs
from training.passes import WINDOWS, Variant, segment_all, variants

BASE, OTHER = Setting(), Setting("common", Tracking(min_size=32))
SETS = np.array(["a"] * 6 + ["b"] * 6)


def seen(specks: bool, embedding: list[float], name: str = "a", size: int = 96) -> Seen:
    """Four cells, and, if asked for, as many specks of 5 × 5 px that are found and are not there."""
    found = np.zeros((size, size), np.int32)
    for i, (y, x) in enumerate(((10, 10), (10, 60), (60, 10), (60, 60))):
        found[y : y + 20, x : x + 20] = i + 1
    true = found.copy()
    if specks:
        for i, (y, x) in enumerate(((40, 4), (40, 24), (40, 44), (40, 64))):
            found[y : y + 5, x : x + 5] = i + 5
    output = np.concatenate([5 * labels_to_flow(found), (found > 0)[None]]).astype(np.float16)
    return Seen(name, true, ((1.0, output),), tuple(embedding))


def test_every_knob_is_a_field_and_knows_its_default():
    """A field that is renamed in app/settings.py, or gets another default, must be met here, too."""
    for knob in KNOBS:
        default = getattr(getattr(BASE, knob.part) if knob.part else BASE, knob.name)
        assert default in knob.values, knob
        assert knob.turned(BASE, default) == BASE


def test_a_setting_that_helps_every_image_is_chosen():
    images = [seen(specks=i % 2 == 0, embedding=[1, 0]) for i in range(8)]
    done = choose(images, Trials(images), modalities=0)
    assert done.calibration is not None
    assert done.calibration.common == OTHER
    assert done.sets["a"] == (pytest.approx((1 + 2 / 3) / 2), 1.0)
    assert "| all images | 8 | min_size 32 | +0.1667 |" in done.report


def test_the_defaults_stand_where_nothing_is_better():
    """No entry is written then, so new defaults reach these weights, too."""
    images = [seen(specks=False, embedding=[1, 0]) for _ in range(4)]
    done = choose(images, Trials(images), modalities=0)
    assert done.calibration is None
    assert not done.decisions[0].taken


def test_images_that_the_encoder_cannot_tell_apart_have_no_modalities(caplog):
    """The last map of the first pairs was the same for all images: groups of noise got settings."""
    images = [seen(specks=i % 2 == 0, embedding=[1, 1e-4 * (i % 2)]) for i in range(16)]
    images += [seen(specks=False, embedding=[1, 0], name="b") for _ in range(8)]
    done = choose(images, Trials(images), modalities=2)
    assert done.calibration is None or not done.calibration.modalities
    assert "no modalities" in caplog.text


def test_only_the_modality_that_gains_gets_a_setting():
    """Specks of 25 px are cells in one modality and dirt in another: one setting for both would harm one."""
    dirty = [seen(specks=True, embedding=[1, 0.01 * i], name="dirty") for i in range(8)]
    fine = []
    for i in range(8):
        image = seen(specks=True, embedding=[0, 1 + 0.01 * i], name="fine")
        output = image.outputs[0][1]
        labels = np.where(output[2] > 0, 0, 0).astype(np.int32)
        for j, (y, x) in enumerate(((40, 4), (40, 24), (40, 44), (40, 64))):
            labels[y : y + 5, x : x + 5] = j + 1
        fine.append(Seen("fine", labels, image.outputs, image.embedding))
    images = dirty + fine
    done = choose(images, Trials(images), modalities=2)
    assert done.calibration is not None
    assert done.calibration.common == BASE
    (one,) = done.calibration.modalities
    assert one.setting.name.startswith("dirty")
    assert one.setting.tracking == Tracking(min_size=32)
    assert done.calibration.setting_for([1, 0.03]).tracking == Tracking(min_size=32)
    assert done.calibration.setting_for([0, 1]) == BASE
    assert done.calibration.setting_for([-1, 0]) == BASE, "unlike any image that was seen"


def test_luck_is_no_gain():
    """The best of many on a few images is always better than the first; on others it is not."""
    believed = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        base = rng.uniform(0.7, 0.9, 12)
        tried = {BASE: base}
        for i in range(1, 25):
            tried[Setting(str(i))] = base + rng.normal(0, 0.03, 12)
        best = max(tried, key=lambda one: tried[one].mean())
        won = gain(tried, BASE, best, SETS)
        assert won.mean > 0
        believed += won.beyond_chance
    assert believed <= 3
    tried[OTHER] = base + rng.normal(0.04, 0.01, 12)
    assert gain(tried, BASE, OTHER, SETS).beyond_chance


def test_no_set_may_pay_for_another():
    scores = np.where(SETS == "a", 0.1, -0.01)
    assert not harmless(scores, np.zeros(12), SETS)
    assert harmless(np.where(SETS == "a", 0.1, -0.004), np.zeros(12), SETS)
    tried = {BASE: np.zeros(12), OTHER: scores}
    assert best_of(tried, BASE, SETS) == BASE
    knob = Knob("tracking", "min_size", (16, 32))
    assert descend(lambda one: tried[one], BASE, (knob,), SETS) == BASE


def test_trials_score_what_a_prediction_would(tmp_path, write_pair, bright_blobs):
    """Held in half precision and merged apart, the cells must be those of the path of inference."""
    image = np.full((100, 150), 10, np.uint8)
    labels = np.zeros((100, 150), np.uint16)
    for i, (y, x, side) in enumerate(((5, 5, 30), (5, 60, 8), (50, 20, 40), (60, 100, 25))):
        image[y : y + side, x : x + side], labels[y : y + side, x : x + side] = 250, i + 1
    write_pair(tmp_path / "field", "a", image, labels, "png")

    class Watched:
        name, batch, embedding = "watched", 1, np.array([1, 0], np.float32)
        __call__ = staticmethod(bright_blobs)

        def look(self):
            pass

    (pair,) = find_pairs(tmp_path, "val")
    one = see([Watched()], pair)
    assert [scale for scale, _ in one.outputs] == [2, 1]
    setting = Setting("common", Tracking(min_size=100), Merging(), (1.0,))
    (layers,) = Trials([one]).tracked(setting.tracking)
    plain = Variant("plain", variants(1)[0].keys)
    knows = Network([Watched()], WINDOWS, calibration=Calibration(setting))
    rgb = np.repeat(image[..., None], 3, axis=2)
    found = segment_all([Watched()], rgb, [plain], knows)["plain"]
    assert f1(one, layers, setting) == pytest.approx(6 / 7)
    assert len(np.unique(found)) - 1 == 3, "the smallest cell falls under min_size"


def test_the_index_keeps_the_rest_of_its_entry(random_pair, tmp_path):
    """Licence and scores stand in the same entry; and what was chosen before is replaced, not mixed."""
    folder = shutil.copytree(random_pair, tmp_path / "pair")
    weights = find_weights(str(folder))
    before = json.loads((folder / "index.json").read_text())
    write_calibration(weights, Calibration(OTHER), {"chosen_on": {"images": 3}})
    entry = json.loads((folder / "index.json").read_text())["random"]
    assert entry["calibration"] == {
        "common": {"tracking": {"min_size": 32}},
        "chosen_on": {"images": 3},
    }
    assert find_weights(str(folder)).calibration == Calibration(OTHER)
    write_calibration(weights, None, {})
    assert json.loads((folder / "index.json").read_text()) == before
    (folder / "index.json").unlink()
    write_calibration(find_weights(str(folder)), Calibration(OTHER), {})
    assert find_weights(str(folder)).calibration == Calibration(OTHER)
    assert find_weights(str(folder)).identity.startswith(weights.identity)
    shutil.rmtree(folder)
    with pytest.raises(WriteError, match="can't be written"):
        write_calibration(weights, None, {})


def test_a_single_file_is_refused(random_pair, capsys):
    file = str(random_pair / "random-1.safetensors")
    assert main(["calibrate", "--weights", file, "--data", "."]) == 2
    assert "give a folder" in capsys.readouterr().err
