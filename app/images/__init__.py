"""File → image: found, decoded, its axes named, normalised, its rows on demand.

find.py ─> opening.py ─> flat.py  PNG, JPEG, BMP ─┐
                     └─> tiff.py ─> segments.py  ─┴─> source.py ─> normalise.py ─> rows
"""

from app.images.find import find_images
from app.images.normalise import normalise
from app.images.source import ImageInfo, ImageSource, open_image, read_image

__all__ = ["ImageInfo", "ImageSource", "find_images", "normalise", "open_image", "read_image"]
