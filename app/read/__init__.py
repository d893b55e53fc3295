"""File → image: found, decoded, its axes named, normalised, its rows on demand.

find.py ─> opening.py ┬─> headers.py ─> flat.py     PNG, JPEG, BMP ┬─> source.py ─> normalise.py ─> rows
    address.py,       ├─> chain.py ─> tiff.py, layout.py      TIFF │
     remote.py        │       └─> plane.py ─> segments.py ─────────┤
                      └─> ome_zarr.py, ngff.py ─> chunks.py   Zarr ┘
array.py                                       in memory ───────────> normalise.py ─> rows

`open_image` gives an `ImageSource` whose rows are 8-bit steps, `read_image` the whole image; what is wrong
with a file is one ReadError of one line. `open_stack` tells which planes of a file, or files of a folder,
follow each other in Z or T. Nothing here knows of networks or cells.
"""

from .array import Pixels, to_steps
from .digest import digest
from .find import find_images
from .normalise import normalise
from .source import ImageInfo, ImageSource, open_image, read_image
from .stacks import Plane, Stack, find_stacks, open_stack

__all__ = [
    "ImageInfo",
    "ImageSource",
    "Pixels",
    "Plane",
    "Stack",
    "digest",
    "find_images",
    "find_stacks",
    "normalise",
    "open_image",
    "open_stack",
    "read_image",
    "to_steps",
]
