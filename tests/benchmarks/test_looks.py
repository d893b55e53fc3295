"""At which size an image is known, and what a line of the table says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.network import Network
from app.network.architecture import Architecture
from app.network.weights import Member, Specialist, Specialists
from app.network.weights.specialists import LOOKS, write_looks
from app.network.weights.states import checksum
from app.settings import Windows
from benchmarks.looks import row, told
from benchmarks.scales import Field


def test_a_line_tells_where_images_are_known_and_what_it_gave() -> None:
    sizes: Counter[float | None] = Counter({1.0: 3, 2.0: 2, None: 1})
    assert row("a × 0.5", sizes, [(0.5, 0.9), (0.7, 0.9)]) == "| a × 0.5 | 6 | 3 | 0 | 2 | 0.600 | 0.900 |"
    assert row("a", Counter({1.0: 3}), []) == "| a | 3 | 3 | 0 | 0 |  |  |"


@pytest.mark.parametrize("known", [1.0, 0.5, 2.0])
def test_the_first_size_at_which_an_image_is_known_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: float
) -> None:
    """In another order than a prediction looks, the table would credit the wrong size."""
    write_looks(tmp_path / LOOKS, np.eye(2, dtype=np.float32)[:1], np.zeros(1, np.int16))
    member = Member(Path("any.safetensors"), Architecture(), 64 * "0")
    models = (Specialist("tissue", member, 0.1),)
    specialists = Specialists(models, tmp_path / LOOKS, checksum(tmp_path / LOOKS))

    def embedding(_self: Network, _image: Any, _shape: Any, size: float) -> tuple[float, float]:
        return (1.0, 0.0) if size == known else (0.0, 1.0)

    monkeypatch.setattr(Network, "embedding_at", embedding)
    field = Field("a", 1.0, np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), np.int32))
    assert told(Network([], Windows(), specialists=specialists), field) == (known, "tissue")
