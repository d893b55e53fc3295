"""Arrays in memory are taken as files are."""

from __future__ import annotations

import numpy as np

from app.read import to_steps


def test_what_was_read_is_not_normalised_again() -> None:
    """Twice normalised is not what the network was trained on."""
    steps = np.arange(48, dtype=np.uint8).reshape(4, 4, 3) * 5
    np.testing.assert_array_equal(to_steps(steps.astype(np.float32) / 255), steps)
