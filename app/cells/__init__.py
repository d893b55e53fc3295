"""Flow and probability in, labels out.

`find_cells` takes what the network saw at each scale, tracks each scale on its
own grid and merges the cells (`merging`); `find_cells_in_bands` does the same
to a slide. Of one scale, an image that fits is tracked whole, a larger one in
blocks (`blocks/`) whose labels are those of the whole: `track` takes arrays,
`track_bands` rows as they come, and `compute_masks` arrays and bare numbers;
`warm_up` loads what they need. `Extents` tells from final labels how many
cells there are and whether one is too large to be tracked. The kernels are
compiled where a cell is first tracked, not on import.

    foreground ─> trajectories ─> seeds ─> masks ─> diffusion (judged) ─> scores ─> holes ─> layers ─> merging
"""

from .extents import Extents
from .multiscale import Found, find_cells, find_cells_in_bands, on_image_grid
from .tracking import compute_masks, track, track_bands, warm_up

__all__ = [
    "Extents",
    "Found",
    "compute_masks",
    "find_cells",
    "find_cells_in_bands",
    "on_image_grid",
    "track",
    "track_bands",
    "warm_up",
]
