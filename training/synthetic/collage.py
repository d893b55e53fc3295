"""Real cells on real images: cells of one image pasted onto another of the same set, with blended edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.synthetic.canvas import Labels
from training.synthetic.fields import Random, blur
from training.synthetic.real import Piece, Real, piece, read, zoom_for

MARGIN = 4  # px around a cell that come along, for the blend
FREE = 0.9  # of a pasted cell has to fall on ground


def collage(rng: Random, size: int, real: Real) -> tuple[NDArray[np.uint8], Labels, str]:
    """Image `(S, S)` or `(S, S, 3)`, labels `(S, S)`, and the set they come from."""
    pair = real.choose(rng)
    first, second = read(pair), read(real.another(rng, pair.set))
    zoom = zoom_for(rng, first, size)
    below, above = piece(rng, first, size, zoom), piece(rng, second, size, zoom)
    image, labels = below.image.astype(np.float32), below.labels.copy()
    if above.gray == below.gray:
        paste_cells(rng, image, labels, above, share=rng.uniform(0, 1))
    result = image.round().clip(0, 255).astype(np.uint8)
    return (result[..., 0] if below.gray else result), labels, pair.set


def paste_cells(rng: Random, image: NDArray[np.float32], labels: Labels, donor: Piece, share: float) -> None:
    """Pastes a share of the donor's whole cells anywhere onto ground, in place."""
    from scipy import ndimage

    size = len(labels)
    count = int(labels.max())
    for i, window in enumerate(ndimage.find_objects(donor.labels), 1):
        if window is None or rng.random() > share:
            continue
        rows, columns = window
        top, left = rows.start - MARGIN, columns.start - MARGIN
        height, width = rows.stop + MARGIN - top, columns.stop + MARGIN - left
        if min(top, left) < 0 or top + height > size or left + width > size:
            continue
        y, x = (int(rng.integers(0, size - side + 1)) for side in (height, width))
        source, target = np.s_[top : top + height, left : left + width], np.s_[y : y + height, x : x + width]
        mask = donor.labels[source] == i
        bare = labels[target] == 0
        if bare[mask].mean() < FREE:
            continue
        count += 1
        shown = mask & bare
        around = (donor.labels[source] == 0, bare & ~mask)
        blend(image[target], donor.image[source].astype(np.float32), shown, around)
        labels[target][shown] = count


def blend(
    below: NDArray[np.float32],
    above: NDArray[np.float32],
    shown: NDArray[np.bool_],
    around: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> None:
    """Lays `above` over `below` where it is `shown`, its ground brought to the ground there; in place."""
    if all(ground.any() for ground in around):
        above = above + below[around[1]].mean(axis=0) - above[around[0]].mean(axis=0)
    soft = np.clip(2 * blur(shown, 1.0), 0, 1)[..., None]
    soft *= (shown | around[1])[..., None]  # a neighbour that was there stays as it was
    below += soft * (above - below)
