"""Flow and probability in, labels out.

An image that fits is tracked whole, a larger one in blocks (`blocks/`) whose
labels are those of the whole. `track` takes arrays, `track_bands` rows as they
come, and `compute_masks` arrays and bare numbers; `warm_up` loads what they
need. `Extents` tells from final labels how many cells there are and whether
one is too large to be tracked. The kernels are compiled where a cell is first
tracked, not on import.

    foreground ─> trajectories ─> seeds ─> masks ─> diffusion (judged) ─> holes ─> numbered
"""

from .extents import Extents
from .tracking import compute_masks, track, track_bands, warm_up

__all__ = ["Extents", "compute_masks", "track", "track_bands", "warm_up"]
