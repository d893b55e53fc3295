"""Labels as laboratories draw them: a file comes in, `(H, W)` labels of one image go out.

    images.py    label images: TIFF, PNG, .npy of whole numbers
    imagej.py    ImageJ and Fiji: .roi, .zip of the ROI Manager
    geojson.py   QuPath: objects exported as GeoJSON
    cellpose.py  Cellpose's `_seg.npy`, which is a pickle: read as data, nothing in it is run
    polygons.py  rings of corners to the pixels inside
    pairing.py   which label belongs to which image

What a file can't say without words of its own is one number here: background
that somebody marked as such is `MARKED`, what nobody speaks of is `UNKNOWN`.
"""

from training.labels.drawn import MARKED, UNKNOWN, read_drawn
from training.labels.pairing import find_drawn

__all__ = ["MARKED", "UNKNOWN", "find_drawn", "read_drawn"]
