"""Labels of single planes in, one set of ids for the whole stack out: cells through z, tracks through time.

A plane of Z or a frame of T was labelled on its own before it comes here. `link_planes` joins the planes of
a volume as they come. A film is first seen whole, frame by frame (`Film`), then linked (`link_frames`); where
a track misses a frame, `fill_gaps` draws the cell where it must have been. No file is read or written here.

    overlaps ─> assignment ─> planes                       z: plane after plane, two held
    drift, overlaps ─> film ─> frames ─> tracks ─> gaps    t: tables of all frames, pixels of few
"""

from .film import Film
from .frames import link_frames
from .gaps import fill_gaps, presence, with_patches
from .planes import link_planes
from .tracks import Tracks, rows

__all__ = [
    "Film",
    "Tracks",
    "fill_gaps",
    "link_frames",
    "link_planes",
    "presence",
    "rows",
    "with_patches",
]
