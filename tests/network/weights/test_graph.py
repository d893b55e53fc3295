"""A graph takes exactly the tensors it was made for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.errors import WeightsError
from app.network.architecture import COMPACT, Architecture
from app.network.weights.graph import Graph
from app.network.weights.states import read_state


def test_round_trip(tmp_path: Path) -> None:
    graph = Graph.load(COMPACT)
    graph.save(COMPACT, tmp_path)
    again = Graph.load(COMPACT, tmp_path)
    assert (again.xml, dict(again.shapes)) == (graph.xml, dict(graph.shapes))
    np.testing.assert_array_equal(again.constants, graph.constants)


def test_weights_lie_behind_the_constants(random_pair: Path) -> None:
    """The graph's offsets count on that order; another would mix tensors up without an error."""
    graph, state = Graph.load(COMPACT), read_state(random_pair / "random-1.safetensors")
    filled = graph.fill(state)
    np.testing.assert_array_equal(filled[: graph.constants.size], graph.constants)
    first = state[next(iter(graph.shapes))].astype(np.float32).ravel()
    np.testing.assert_array_equal(filled[graph.constants.size :].view(np.float32)[: first.size], first)


def test_an_architecture_without_a_graph_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"app\.network\.engines\.export"):
        Graph.load(Architecture("mit_b3"), tmp_path)
