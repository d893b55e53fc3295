"""The pictures of docs/evaluation.md; coins stand for cells, since they come with scikit-image.

python -m docs.make_report_picture      docs/pictures/report.png and mistakes.png; needs Chromium
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from imagecodecs import png_decode, png_encode
from numpy.typing import NDArray
from skimage import data, filters, measure, segmentation

from evaluation.cli import main as evaluate
from evaluation.pictures import draw_mistakes

PICTURES = Path(__file__).with_name("pictures")
SCREEN = (1160, 1290)  # px, of the report that is shown
SETS = ("upper", "middle", "lower")  # thirds of the photograph, each cut into as many tiles
TILE = (100, 128)  # px


def careful(image: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Coins by a watershed from marks that are surely coin or ground; stands for the true labels."""
    marks = np.zeros(image.shape, int)
    marks[image < 30], marks[image > 150] = 1, 2
    return measure.label(segmentation.watershed(filters.sobel(image), marks) == 2).astype(np.uint16)


def careless(true: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """The same with mistakes of each kind in turn; stands for the predictions."""
    pred = true.copy()
    for i in range(1, int(true.max()) + 1):
        coin = true == i
        columns = np.flatnonzero(coin.any(axis=0))
        right = np.arange(true.shape[1]) > columns.mean()
        if i % 6 == 1:
            pred[coin] = 0  # missed
        elif i % 6 == 3:
            pred[coin & right] = 1000 + i  # split
        elif i % 6 == 5:
            pred[coin] = i + 1  # merged
    pred[140:165, 70:85] = 2000  # invented
    return pred


def main() -> int:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium: not found; install it to make the pictures")
    coins = data.coins()
    true = careful(coins)
    pred = careless(true)
    gray = np.repeat(coins[..., None], 3, axis=2)
    save(np.concatenate([gray, draw_mistakes(gray, true, pred, max(coins.shape))], axis=1), "mistakes.png")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for i, name in enumerate(SETS):
            for j in range(len(SETS)):
                here = np.s_[i * TILE[0] : (i + 1) * TILE[0], j * TILE[1] : (j + 1) * TILE[1]]
                for part, whole in (("images", coins), ("labels", true), ("predictions", pred)):
                    path = folder / part / name / f"coins_{j}.png"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(png_encode(np.ascontiguousarray(whole[here])))
        page, shot = folder / "report.html", folder / "report.png"
        inputs = ["-g", str(folder / "labels"), "-p", str(folder / "predictions")]
        evaluate(["f1", *inputs, "--report", str(page), "--images", str(folder / "images")])
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"]
        flags += [f"--user-data-dir={folder}/profile", "--window-size={},{}".format(*SCREEN)]
        command = [chromium, *flags, f"--screenshot={shot}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True)
        save(png_decode(shot.read_bytes()), "report.png")
    return 0


def save(picture: NDArray[np.uint8], name: str) -> None:
    """Writes a PNG and says how large it is."""
    path = PICTURES / name
    path.write_bytes(png_encode(picture, level=9))
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
