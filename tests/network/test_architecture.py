"""The architecture is read off a state dict; a wrong guess would load nothing or, worse, the wrong graph."""

from __future__ import annotations

import pytest

from app.network.architecture import COMPACT, OFFICIAL, WIDE, Architecture
from app.network.weights.graph import Graph


@pytest.mark.parametrize("architecture", [COMPACT, WIDE, Architecture(), OFFICIAL])
def test_shapes_tell_the_architecture(architecture: Architecture) -> None:
    assert Architecture.from_shapes(Graph.load(architecture).shapes) == architecture


@pytest.mark.parametrize("architecture", [COMPACT, WIDE, Architecture(), OFFICIAL])
def test_json_round_trip(architecture: Architecture) -> None:
    assert Architecture.from_dict(architecture.to_dict()) == architecture


def test_official_has_the_published_size() -> None:
    """121.3 M parameters, as the authors' checkpoints; running means and variances are no parameters."""
    count = 0
    for key, shape in Graph.load(OFFICIAL).shapes.items():
        size = 1
        for n in shape:
            size *= n
        count += 0 if "running" in key else size
    assert count == 121_303_587


@pytest.mark.parametrize("missing", ["encoder.patch_embed1.proj.weight", "decoder.blocks.4.conv2.0.weight"])
def test_another_network_is_refused(missing: str) -> None:
    shapes = {key: shape for key, shape in Graph.load(Architecture()).shapes.items() if key != missing}
    with pytest.raises(ValueError, match="not a MEDIAR-Former"):
        Architecture.from_shapes(shapes)


@pytest.mark.parametrize(
    ("stages", "decoder", "pab"),
    [(2, (64, 32, 16), 0), (4, (128, 64, 32, 16), 64), (2, (128, 64, 32, 16), 64)],
)
def test_numbers_that_do_not_fit_are_told(stages: int, decoder: tuple[int, ...], pab: int) -> None:
    """A decoder that is a block short would fail deep inside torch, or fuse maps of two sizes."""
    with pytest.raises(ValueError, match="don't fit"):
        Architecture("mit_b0", decoder, pab, stages)


def test_an_index_from_before_there_were_short_networks() -> None:
    """Files that a laboratory tuned from the whole pair have to be found as what they are."""
    values = Architecture().to_dict()
    del values["stages"]
    assert Architecture.from_dict(values) == Architecture()
