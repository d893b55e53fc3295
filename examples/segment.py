"""Counts the cells of one image and saves their labels: python -m examples.segment IMAGE LABELS.tif"""

import sys
from pathlib import Path

import tifffile

from app import segment
from app.read import read_image

cells = segment(read_image(Path(sys.argv[1])))
tifffile.imwrite(sys.argv[2], cells.labels, compression="zlib")
print(f"{cells.labels.max()} cells in {cells.seconds:.1f} s")
