"""The architecture is read off a state dict; a wrong guess would load nothing or, worse, the wrong graph."""

from __future__ import annotations

import pytest

from app.network.architecture import OFFICIAL, Architecture
from app.network.weights.graph import Graph


@pytest.mark.parametrize("architecture", [Architecture(), OFFICIAL])
def test_shapes_tell_the_architecture(architecture: Architecture) -> None:
    assert Architecture.from_shapes(Graph.load(architecture).shapes) == architecture


@pytest.mark.parametrize("architecture", [Architecture(), OFFICIAL])
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
