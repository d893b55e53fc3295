"""The page gives the cells that a prediction with the same weights gives, calibration included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.network import Calibration, Network, Setting
from app.serve.fields import setting_of
from app.serve.predicting import Predictor
from app.serve.thresholds import Thresholds
from app.settings import Tracking, Windows

CHOSEN = Setting(tracking=Tracking(probability_threshold=0.3, flow_threshold=0.6, min_size=60))


@pytest.fixture
def calibrated(open_client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Servers whose weights have a setting of their own, until `monkeypatch` takes it away."""
    load = Predictor.load

    def with_setting(self: Predictor, name: str) -> Any:
        network = replace(load(self, name), calibration=Calibration(CHOSEN))
        network.on_batch = self.after_batch
        return network

    monkeypatch.setattr(Predictor, "load", with_setting)
    return open_client


def test_sliders_begin_where_the_weights_have_them(calibrated: Callable[..., Any], field: Any) -> None:
    """The page and `predict` gave two results for one image and one pair of weights."""
    with calibrated() as client:
        told = client.settled(client.upload(field[0])["id"])
        assert (told["thresholds"]["probability"], told["thresholds"]["flow_error"]) == (0.3, 0.6)
        image = client.session.store.get(told["id"])
        assert image.meta.made == (0.3, 0.6)
        setting = setting_of(image.folder / f"fields-{image.meta.fields}")
        assert setting.tracking == CHOSEN.tracking
        sizes = image.working.cells.sizes
        assert sizes[sizes > 0].min() >= 60


def test_scales_that_do_not_count_are_not_run(bright_blobs: Any) -> None:
    """They took time from the budget, and their cells were thrown away."""
    half = Network([bright_blobs], Windows(), calibration=Calibration(replace(CHOSEN, scales=(0.5,))))
    assert half.scales((2.0, 1.0, 0.5)) == (0.5,)
    assert replace(half, calibration=Calibration(CHOSEN)).scales((1.0,)) == (1.0,)
    assert replace(half, calibration=None).scales((1.0,)) == (1.0,)


def test_a_slider_that_was_moved_stays(calibrated: Callable[..., Any], field: Any) -> None:
    """What a person set must not be undone by the next run of the network."""
    with calibrated() as client:
        image = client.settled(client.upload(field[0])["id"])["id"]
        client.put(f"/api/images/{image}/thresholds", json={"probability": 0.7})
        client.settled(image)
        client.post(f"/api/images/{image}/predict", json={})
        told = client.settled(image)
        assert told["thresholds"]["probability"] == 0.7
        assert client.session.store.get(image).meta.made == (0.7, 0.6)


def test_sliders_follow_from_one_setting_to_the_next() -> None:
    """Weights tuned on the page have no calibration: sliders that nobody moved go back to the defaults."""
    chosen = Thresholds(smallest=40).following(Tracking(), CHOSEN.tracking)
    assert chosen == Thresholds(probability=0.3, flow_error=0.6, smallest=40)
    assert chosen.following(CHOSEN.tracking, Tracking()) == Thresholds(smallest=40)
    assert chosen.following(Tracking(), Tracking()) == chosen
    assert chosen.tracking(CHOSEN.tracking) == CHOSEN.tracking


def test_fields_of_a_version_before_have_the_defaults(tmp_path: Any) -> None:
    (tmp_path / "made.json").write_text('{"shape": [1, 1], "scales": [1], "banded": false}')
    assert setting_of(tmp_path) == Setting()
    assert setting_of(tmp_path / "none") == Setting()
