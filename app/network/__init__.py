"""Rows of an image in, flow and probability out, with as many passes as the time buys.

architecture                    what shapes the network
model, mit, manet               the network: the whole, its encoder, its decoder
weights/                        files by name, checked
engines/                        a window through it: OpenVINO on the CPU, torch on CUDA
windows, strips, passes         where windows lie, their rows, one model over all of one view
on_device                       the same on a GPU, where rows go and the mean comes back from
scales                          an image at the scales that it is worth seeing at
closer                          whether cells are so small that four times the size pays
stains                          what of tissue in DAB is seen
ladder                          the plans that may be chosen, as they were measured
clock                           the tolerance, the time left, the speed
modality                        what an image looks like to the encoder, for settings or a model of its own
opinion                         whether another network is surer of an image than the one of its look
progress                        what was planned for an image, and what became of it
inference                       passes against the clock
"""

from .clock import Clock, budget_seconds, tolerance
from .engines import Device, Engine, Precision, choose_device, load_engines
from .inference import Band, Network, ScaleBands
from .progress import Progress
from .scales import parse_scales, scaled
from .weights import Calibration, Setting, Weights, find_weights

__all__ = [
    "Band",
    "Calibration",
    "Clock",
    "Device",
    "Engine",
    "Network",
    "Precision",
    "Progress",
    "ScaleBands",
    "Setting",
    "Weights",
    "budget_seconds",
    "choose_device",
    "find_weights",
    "load_engines",
    "parse_scales",
    "scaled",
    "tolerance",
]
