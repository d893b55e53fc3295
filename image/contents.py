"""Prints what is in an image and how large each part is, as a Markdown table.

Runs inside: `docker run --rm -i --network none IMAGE python - < image/contents.py`.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

PACKAGES = "/opt/venv/lib/python3.11/site-packages/"
PLACES = {
    "/opt/venv": "links and scripts of the environment",
    "/opt/kernels": "compiled kernels of the tracking",
    "/workspace/weights": "weights: the compact pair and the graphs",
    "/workspace/app": "mediar-box itself",
    "/usr/local": "Python 3.11",
}
BELONGS = {"llvmlite": "numba and llvmlite", "numba": "numba and llvmlite"}
SMALL = 5_000_000  # bytes; packages below are summed up in one line
ELSEWHERE = ("/proc", "/sys", "/dev", "/tmp")


def main() -> None:
    """The parts, largest first, and their sum."""
    sizes: Counter[str] = Counter()
    for folder, folders, files in os.walk("/"):
        if folder == "/":
            folders[:] = [name for name in folders if f"/{name}" not in ELSEWHERE]
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                sizes[part(str(path))] += path.stat().st_size
    small = {name for name, size in sizes.items() if size < SMALL and name not in PLACES.values()}
    rest = sum(sizes.pop(name) for name in small)
    sizes[f"{len(small)} smaller packages"] = rest
    print("| part | MB |\n|---|---:|")
    for name, size in sizes.most_common():
        print(f"| {name} | {size / 1e6:.1f} |")
    print(f"| **all** | **{sizes.total() / 1e6:.0f}** |")


def part(path: str) -> str:
    """Which part a file belongs to."""
    if path.startswith(PACKAGES):
        name = path.removeprefix(PACKAGES).split("/")[0].removesuffix(".libs").split("-")[0]
        return BELONGS.get(name, name)
    return next((name for place, name in PLACES.items() if path.startswith(f"{place}/")), "Debian 12")


if __name__ == "__main__":
    main()
