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
from app.read import read_image
from app.write import WRITERS, Result
from app.write.appearance import as_seen
from app.write.overlay import overlay
from examples.demo_images import nuclei

Image = NDArray[np.generic]  # (H, W) or (H, W, 3), of any depth

COMMITTED = Path(__file__).with_name("pictures")
LARGEST = 300_000  # bytes of a picture in the repository
GAP = 8  # px between image and overlay


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of sets, each with a folder 'images'")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/pictures"), help="where those go")
    arguments = parser.parse_args()
    if arguments.data is not None:
        for name, image in first_of_each_set(arguments.data):
            save(pair(image, segment(image), np.s_[:, :], axis=1), arguments.output / f"{name}.png")
        return 0
    field, tissue, phase = nuclei(), data.immunohistochemistry(), data.cell()
    found = segment(field)
    # a part of each, so that the file stays small
    columns = [
        pair(field, found, np.s_[50:250, 170:370], axis=0),
        pair(tissue, segment(tissue), np.s_[300:500, 60:260], axis=0),
        pair(phase, segment(phase), np.s_[270:470, 330:530], axis=0),
    ]
    save(spaced(columns, axis=1), COMMITTED / "demo.png")
    draw_polygons(field, found, COMMITTED / "polygons.png")
    for path in COMMITTED.glob("*.png"):
        if path.stat().st_size > LARGEST:
            raise SystemExit(f"{path}: more than {LARGEST} bytes; show a smaller part")
    return 0


def first_of_each_set(folder: Path) -> Iterator[tuple[str, Image]]:
    """The set's name and its middle image, for each set under `folder`."""
    for images in sorted(folder.glob("*/images")):
        files = sorted(path for path in images.iterdir() if path.is_file())
        yield images.parent.name, read_image(files[len(files) // 2])


def pair(image: Image, found: Segmentation, part: tuple[slice, slice], axis: int) -> NDArray[np.uint8]:
    """The part of the image and of its overlay, below (axis 0) or beside it (axis 1)."""
    seen = appearance(image)
    return spaced([seen[part], overlay(seen, found.labels)[part]], axis)


def spaced(pictures: list[NDArray[np.uint8]], axis: int) -> NDArray[np.uint8]:
    """`(H, W, 3)` pictures one after another with white between."""
    size = list(pictures[0].shape)
    size[axis] = GAP
    gap = np.full(size, 255, np.uint8)
    return np.concatenate([piece for picture in pictures for piece in (picture, gap)][:-1], axis=axis)


def save(picture: NDArray[np.uint8], path: Path) -> None:
    """Writes a PNG and says how large it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png_encode(picture, level=9))
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def appearance(image: Image) -> NDArray[np.uint8]:
    """`(H, W)` or `(H, W, 3)` → what a person sees, `(H, W, 3)` uint8."""
    stored = image if image.ndim == 3 else image[..., None]
    return as_seen(stored, np.empty((*stored.shape[:2], 3), np.uint8))


def draw_polygons(image: Image, found: Segmentation, path: Path) -> None:
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
