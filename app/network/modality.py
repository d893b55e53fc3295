"""What an image looks like to the network: the encoder's last map over one window, as one vector.

It falls off on the way to the flow, so it costs a mean over 16 × 16 places. The
window is the first of the first pass at scale 1 that holds signal.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST = 1e-12  # length, below which a vector has no direction


def embedding(window: NDArray[np.float32], features: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(3, S, S)` window in [0, 1] and `(C, s, s)` features of it → `(C,)` of length 1.

    Only places count that see something: a small image is padded with zeros,
    and how large it is says nothing about what it shows.
    """
    side = features.shape[1]
    step = window.shape[1] // side
    seen = window.reshape(len(window), side, step, side, step).max(axis=(0, 2, 4)) > 0  # (s, s)
    if not seen.any():
        seen = np.ones_like(seen)
    mean = features[:, seen].mean(axis=1, dtype=np.float32)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), LEAST), np.float32)
