"""Weights as data: which there are, where they lie, whether they are whole.

index.py   name or path → files, architectures, checksums
member.py  one file, and whether it is whole
states.py  file → tensors (.safetensors, .pth), every fault one line
pth.py     torch's checkpoint format without torch
graph.py   the network without its weights, for the CPU
calibration.py  what follows the network, as it was chosen for these weights
specialists.py  models for images of one look, and which image is of it
store.py   import of the published pair, writing of the compact one
"""

from .calibration import Calibration, Setting
from .index import Weights, find_weights
from .member import Member
from .specialists import Specialist, Specialists
from .store import import_official, save_compact

__all__ = [
    "Calibration",
    "Member",
    "Setting",
    "Specialist",
    "Specialists",
    "Weights",
    "find_weights",
    "import_official",
    "save_compact",
]
