"""Draws cells with exact labels: layouts say which pixel is whose, looks say what light makes of them.

    fields, outlines, fill, canvas      smooth noise; one cell; its pixels; many cells
    layouts, sheets, organs             (rng, size) → Layout, (S, S) labels
    scene                               a layout with depths and values per cell, for looks
    fluorescence, transmitted, dyes,
    tissue, epithelium, smears, levels  Scene → light, (S, S) or (S, S, 3), about 0 to 1
    real, borrowed, collage             what labelled images lend, where there are any
    marks, camera, visible              dust and letters; uint8; which cells can be seen
    drawing, writing                    one image; a bank of them

In goes a seed, out come an image and its labels; nothing is read, unless a
`Real` (of real.py) names labelled images to borrow from.
"""

from training.synthetic.drawing import Synthetic, draw
from training.synthetic.writing import bank

__all__ = ["Synthetic", "bank", "draw"]
