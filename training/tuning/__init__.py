"""The carried pair adapted to a handful of labelled images, in minutes on a laptop.

    start.py      the model to begin with: the one that a prediction would take
    examples.py   images and labels → samples, one in four or five held back
    crops.py      what a step learns from: own crops at the scales of a prediction
    replay.py     synthetic images beside them, with what the start says of them
    student.py    the network, which of its weights move, and one step
    pace.py       how large the crops are on this machine
    clock.py      how far along the minutes are, and the rate there
    verdict.py    F1 of given weights on given samples
    run.py        the run: learns, looks, keeps the best
    settings.py   every knob

In go samples and a start, out comes one .safetensors file that is never worse
on the images held back than the start was.
"""

from training.tuning.run import tune
from training.tuning.settings import Tuning

__all__ = ["Tuning", "tune"]
