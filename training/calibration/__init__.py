"""What follows the network, chosen on images with labels: thresholds, least size, scales, trusted sizes.

    views.py     images through the network, once: flow and probability at every scale, held in memory
    trials.py    one setting on all of them: F1 by image; cells are tracked anew only where they must be
    knobs.py     what is turned, and to what
    choice.py    the best of what was tried, and whether it beats what was there by more than noise
    run.py       the whole, and what is told of it

In go weights and labelled images, out comes a `Calibration` for the weights' index.
"""

from training.calibration.run import Chosen, calibrate

__all__ = ["Chosen", "calibrate"]
