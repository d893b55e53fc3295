"""Every knob of a prediction, frozen, with units; the defaults are the published strategy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FLOW_SCALE = 5.0  # the network predicts 5 × the unit vector towards the centre (arXiv 2212.03465, sec. 3)


@dataclass(frozen=True)
class Windows:
    """How the network is slid over an image (published MEDIAR code, MONAI's sliding window)."""

    size: int = 512  # px, both sides
    overlap: float = 0.6  # of the size, between neighbours
    sigma: float = 0.125  # of the size, of the Gaussian importance map
    empty_range: int = 8  # of 255; a window whose values spread no further (glass) is not run

    @property
    def interval(self) -> int:
        """Pixels between neighbouring windows; cut down to a whole number as MONAI does."""
        return max(int(self.size * (1 - self.overlap)), 1)


@dataclass(frozen=True)
class Tracking:
    """How flow and probability become cells (published MEDIAR code, after Cellpose)."""

    probability_threshold: float = 0.5  # a pixel above it belongs to some cell
    niter: int = 200  # Euler steps of one pixel at most
    flow_threshold: float = 0.4  # mean squared flow error above which a mask is dropped
    min_size: int = 16  # px; smaller holes are filled, smaller cells dropped
    max_fraction: float = 0.9  # of the image; a larger mask is taken for background
    block: int = 2000  # px, inner part of a block of a large image
    block_from: int = 25_000_000  # px; images of this many and more are tracked in blocks


@dataclass(frozen=True)
class Linking:
    """How the cells of planes become cells of a stack, and those of frames tracks."""

    stitch: float = 0.25  # IoU from which masks in two planes are one cell (Cellpose's stitch_threshold)
    bridge: int = 1  # planes without it that a cell may pass through
    reach: float = 1.5  # of the film's median cell diameter, that a cell may move between two frames
    drift: bool = True  # where one shift brings most cells into place, the field moved, not the cells
    gap: int = 1  # frames in a row in which a cell may be missed
    division: float = 0.6  # cost up to which a new cell is a daughter; 0 is a mask inside its mother's
    daughter: float = 0.2  # of the mother's area, that a daughter has at least
    fill: float = 0.5  # of a missed cell's area, that must be free where it is drawn; above 1 draws nothing


@dataclass(frozen=True)
class Merging:
    """How cells found at several scales become one label image (app/cells/merging.py has the rule)."""

    smallest: float = 16.0  # px of the scale's own grid; smaller cells are a finer scale's to find
    largest: float = 50.0  # px of the scale's own grid; above it a cell's worth falls
    margin: float = 2.6  # a coarser cell must be worth so many times what lies in it
    extent: float = 0.75  # power of the area in a cell's worth
    sharpness: float = 3.0  # power of the score in it
    voice: float = 5.0  # power of a scale's part in the image, by which its cells count
    whisper: float = 0.2  # the least voice, so that sure small cells are heard beside large ones
    least: float = 0.18  # score times voice that a cell must have
    own: float = 0.6  # part of `least` that is enough at the image's own size, scale 1
    speck: float = 0.4  # of the median diameter of the cells found; what is smaller has to be sure
    sure: float = 0.8  # score that it has to have


@dataclass(frozen=True)
class Job:
    """One call of `predict`: what goes in, where results go, and how they are made."""

    inputs: tuple[Path, ...]  # files or folders
    output: Path
    weights: str = "compact"  # or "official", or a path
    device: str = "auto"  # or "cpu", "cuda"
    budget: str = "challenge"  # or "none", or seconds per image
    overwrite: bool = False
    save: tuple[str, ...] = ()  # names of write.WRITERS
    report: bool = False
    channels: tuple[int, int, int] | None = None  # of files with more than three
    page: int | None = None  # of stacks
    shard: tuple[int, int] = (1, 1)  # (K, N): the K-th of N equal parts of the files
    workers: int = 0  # processes that share the work; 0 = this one does all
    scheduler: str = ""  # address of a Dask cluster that does it instead
    quiet: bool = False  # no bars; warnings and errors only
    stack: Literal["", "z", "t"] = ""  # planes are joined along it; "" takes each file for one image
    linking: Linking = Linking()
    windows: Windows = Windows()
    tracking: Tracking = Tracking()
    scales: str = "auto"  # or some of app.network.scales.SCALES, as "1" or "0.25,0.5,1"
    merging: Merging = Merging()
    specialist: str = "auto"  # of the weights: chosen for each image by its look; or "none", or its name
    settings: str = "calibrated"  # tracking, merging and scales as the weights' index has them; or "default"

    @property
    def draws(self) -> bool:
        """Whether anything but label files is wanted."""
        return bool(self.save) or self.report

    @property
    def recorded(self) -> str:
        """Everything here that may change what is written, as one line for the label files."""
        keys = ["budget", "channels", "page", "save", "windows", "tracking", "scales", "merging"]
        if self.stack:
            keys += ["stack", "linking"]
        return ", ".join(f"{key}={getattr(self, key)}" for key in keys)
