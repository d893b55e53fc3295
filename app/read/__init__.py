"""File → image: found, decoded, its axes named, normalised, its rows on demand.

find.py ─> opening.py ┬─> headers.py ─> flat.py     PNG, JPEG, BMP ┬─> source.py ─> normalise.py ─> rows
                      └─> chain.py ─> tiff.py, layout.py       TIFF │
                              └─> plane.py ─> segments.py ──────────┘
"""

from .find import find_images
from .normalise import normalise
from .source import ImageInfo, ImageSource, open_image, read_image

__all__ = ["ImageInfo", "ImageSource", "find_images", "normalise", "open_image", "read_image"]
