"""Cold start to a written label of a 256 × 256 image, against `python -c "import torch"`, in one run.

    python -m benchmarks.startup [--weights compact] [--rounds 7]

Each round starts one fresh process of each kind in turn, so that a busy machine
slows all of them; the ratio of the medians is what counts. The stages show what
of the time goes where.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ENGINE = """
import numpy as np
from app.network.engines import choose_device, load_engines
from app.network.weights import find_weights
engines = load_engines(find_weights({weights!r}), choose_device("cpu"))
for engine in engines:
    engine(np.zeros((1, 3, 512, 512), np.float32))
"""


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(prog="benchmarks.startup", description=__doc__)
    parser.add_argument("--weights", default="compact")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        image = write_image(Path(folder) / "image.png")
        predict = ["-m", "app", "predict", "-i", str(image), "-o", f"{folder}/out", "--overwrite"]
        predict += ["--weights", options.weights, "--device", "cpu"]
        commands = {
            "import torch": ["-c", "import torch"],
            "import numpy": ["-c", "import numpy"],
            "import, load and first window of both models": ["-c", ENGINE.format(weights=options.weights)],
            "a written label": predict,
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                began = time.perf_counter()
                subprocess.run([sys.executable, *command], check=True, capture_output=True)
                seconds[name].append(time.perf_counter() - began)
        assert (Path(folder) / "out" / "image_label.tiff").is_file()
    base = statistics.median(seconds["import torch"])
    print("| fresh process | s | × `import torch` |")
    print("|---|---|---|")
    for name, times in seconds.items():
        print(f"| {name} | {statistics.median(times):.2f} | {statistics.median(times) / base:.2f} |")


def write_image(path: Path) -> Path:
    """Sixteen bright discs on a dark ground."""
    from skimage import io

    y, x = np.mgrid[:256, :256] % 64 - 32
    io.imsave(path, np.where(y * y + x * x < 400, 200, 20).astype(np.uint8), check_contrast=False)
    return path


if __name__ == "__main__":
    main()
