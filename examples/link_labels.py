"""Labels of single frames → the truth folder of the Cell Tracking Challenge, with tracks and divisions.

python -m examples.link_labels FOLDER 01_GT        FOLDER holds t000.png, t001.png, … or .tif

For films whose cells were outlined frame by frame. Look at the tracks before you call them the truth.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import tifffile
from skimage.segmentation import relabel_sequential

from app.read.stacks import folder_planes
from app.settings import Linking
from app.stack import Film, link_frames, presence, rows
from evaluation.labelfiles import read_labels


def main(folder: Path, truth: Path) -> None:
    """Writes `TRA` with the masks by track and `SEG` with the same outlines."""
    frames = [relabel_sequential(read_labels(plane.path))[0] for plane in folder_planes(folder, "t")]
    film = Film(Linking())
    for labels in frames:
        film.add(labels.astype(np.int32))
    tracks = link_frames(film)
    table, pieces = rows(presence(tracks, {}), tracks.parents)
    for name in ("TRA", "SEG"):
        (truth / name).mkdir(parents=True)
    for frame, labels in enumerate(frames):
        names = np.array(
            [pieces.get((track, frame), track) for track in tracks.ids[frame].tolist()], np.uint16
        )
        for prefix in ("TRA/man_track", "SEG/man_seg"):
            tifffile.imwrite(truth / f"{prefix}{frame:03d}.tif", names[labels], compression="zlib")
    lines = (" ".join(map(str, row)) + "\n" for row in table)
    (truth / "TRA" / "man_track.txt").write_text("".join(lines))
    print(f"{tracks.count} tracks, {len(set(tracks.parents.values()))} divisions in {len(frames)} frames")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
