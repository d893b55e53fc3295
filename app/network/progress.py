"""What was planned for one image, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from .ladder import Rung


@dataclass
class Progress:
    """It is kept from the plan to the record of the label."""

    rung: Rung
    windows: int  # in the plan
    signal: float = 1.0  # part of them that the network has to run; the others are glass
    done: int = 0  # windows gone through so far
    passes: int = 0  # in the result; in a slide those that went to its end
    embedding: tuple[float, ...] | None = None  # what the image looks like, where weights ask for it
    specialist: str = ""  # the model that has learned such images and takes the pair's place
    haematoxylin: float = 0.0  # above 0 the image is in DAB and this stain of it is seen; see stains.py
    closer: bool = False  # a closer look may follow, if the finest scale of the plan shows small cells
    diameter: float = 0.0  # px, apparent, of what that scale shows; 0 for nothing, or before it is over

    def __str__(self) -> str:
        scales = ""
        if self.rung.scales != (1,):
            scales = f", scales {' '.join(f'{scale:g}' for scale in self.rung.scales)}"
        stain = ", seen without its DAB" if self.haematoxylin else ""
        model = f" by {self.specialist}" if self.specialist else ""
        passes = f"{self.passes} of {self.rung.passes} passes{model}"
        return f"{passes} at overlap {self.rung.overlap:g}{scales}{stain}"
