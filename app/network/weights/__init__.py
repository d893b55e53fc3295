"""Weights as data: which there are, where they lie, whether they are whole.

index.py   name or path → files, architectures, checksums
states.py  file → tensors (.safetensors, .pth), every fault one line
pth.py     torch's checkpoint format without torch
graph.py   the network without its weights, for the CPU
calibration.py  what follows the network, as it was chosen for these weights
store.py   import of the published pair, writing of the compact one
"""

from .calibration import Calibration, Setting
from .index import Member, Weights, find_weights
from .store import import_official, save_compact

__all__ = ["Calibration", "Member", "Setting", "Weights", "find_weights", "import_official", "save_compact"]
