"""The pictures of README and docs: each image beside its overlay, predicted with the carried weights.

python -m docs.make_pictures                              docs/pictures, from images that need no download
python -m docs.make_pictures --data FOLDER [-o FOLDER]    out/pictures, from FOLDER/*/images; never committed
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from imagecodecs import png_encode
from numpy.typing import NDArray
from skimage import data

from app import Segmentation, segment
from app.images import read_image
from app.outputs import WRITERS, Result
from app.outputs.appearance import as_seen
from app.outputs.overlay import overlay
from examples.demo_images import nuclei

COMMITTED = Path(__file__).with_name("pictures")
LARGEST = 300_000  # bytes of a picture in the repository
GAP = 8  # px between image and overlay


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of sets, each with a folder 'images'")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/pictures"), help="where those go")
    arguments = parser.parse_args()
    if arguments.data is not None:
        arguments.output.mkdir(parents=True, exist_ok=True)
        for name, image in first_of_each_set(arguments.data):
            draw(name, image, np.s_[:, :], arguments.output)
        return 0
    COMMITTED.mkdir(exist_ok=True)
    # the part of each that is shown, about 280 px wide, keeps the files small
    draw("tissue", data.immunohistochemistry(), np.s_[20:276, 40:296], COMMITTED)
    draw("phase", data.cell(), np.s_[170:470, 250:550], COMMITTED)
    image = nuclei()
    found = draw("fluorescence", image, np.s_[50:350, 150:450], COMMITTED)
    draw_polygons(image, found, COMMITTED / "polygons.png")
    for path in COMMITTED.glob("*.png"):
        if path.stat().st_size > LARGEST:
            raise SystemExit(
                f"{path}: {path.stat().st_size} bytes are more than {LARGEST}; show a smaller part"
            )
    return 0


def first_of_each_set(folder: Path) -> Iterator[tuple[str, NDArray[np.generic]]]:
    """The set's name and its middle image, for each set under `folder`."""
    for images in sorted(folder.glob("*/images")):
        files = sorted(path for path in images.iterdir() if path.is_file())
        yield images.parent.name, read_image(files[len(files) // 2])


def draw(name: str, image: NDArray[np.generic], part: tuple[slice, slice], folder: Path) -> Segmentation:
    """Writes `<name>.png`, the part of the image beside that of its overlay."""
    found = segment(image)
    seen = appearance(image)
    gap = np.full((seen[part].shape[0], GAP, 3), 255, np.uint8)
    pair = np.concatenate([seen[part], gap, overlay(seen, found.labels)[part]], axis=1)
    path = folder / f"{name}.png"
    path.write_bytes(png_encode(pair, level=9))
    print(f"{path}: {found.labels.max()} cells in the whole image, {path.stat().st_size / 1000:.0f} kB")
    return found


def appearance(image: NDArray[np.generic]) -> NDArray[np.uint8]:
    """`(H, W)` or `(H, W, 3)` → what a person sees, `(H, W, 3)` uint8."""
    stored = image if image.ndim == 3 else image[..., None]
    return as_seen(stored, np.empty((*stored.shape[:2], 3), np.uint8))


def draw_polygons(image: NDArray[np.generic], found: Segmentation, path: Path) -> None:
    """A corner of the image with what `--save geojson` writes: polygons that carry their ids."""
    from matplotlib.figure import Figure
    from matplotlib.patheffects import withStroke

    seen = appearance(image)
    result = Result("a", seen, seen, found.labels, found.flow, found.probability)
    with tempfile.TemporaryDirectory() as folder:
        features = json.loads(WRITERS["geojson"](result, Path(folder)).read_text())["features"]
    figure = Figure(figsize=(6, 4), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    # a pixel covers its number to its number + 1, as in the viewers
    axes.imshow(seen, extent=(0, seen.shape[1], seen.shape[0], 0))
    for feature in features:
        colour = np.array(feature["properties"]["color"]) / 255
        kind, rings = feature["geometry"]["type"], feature["geometry"]["coordinates"]
        for polygon in [rings] if kind == "Polygon" else rings:
            for ring in polygon:
                axes.plot(*np.transpose(ring), color=colour, linewidth=1.5)
        x, y = np.mean(polygon[0], axis=0)
        name = axes.text(x, y, feature["properties"]["name"], color="white", ha="center", va="center")
        name.set(clip_on=True, path_effects=[withStroke(linewidth=2, foreground="black")])
    axes.set(xlim=(150, 390), ylim=(210, 50))
    axes.axis("off")
    figure.savefig(path)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
