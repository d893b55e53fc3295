"""How fast the page opens and pans a slide whose labels are there.

    python -m benchmarks.page [--side 10000]

A session is made with a synthetic slide of discs and their exact labels; a server
is started on it, and headless Chromium opens it, zooms in and pans. "Opened" is
from the address to the last tile of image and contours; a pan is complete when all its tiles are drawn.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from app.read import open_image
from app.serve.look import make_look
from app.serve.meta import Meta
from app.serve.working import Working

FIELD = 1000  # px, the side of what is laid again and again
PANS = 12
DRAWN = """() => {
  const viewer = OpenSeadragon.getViewer(document.querySelector("#viewer"));
  const items = viewer.world.getItemCount();
  return items > 1 && [...Array(items).keys()].every(i => viewer.world.getItemAt(i).getFullyLoaded());
}"""
ZOOM = """() => {
  const viewport = OpenSeadragon.getViewer(document.querySelector("#viewer")).viewport;
  viewport.zoomTo(viewport.imageToViewportZoom(1), null, true);
}"""
PAN = """([x, y]) => {
  const viewport = OpenSeadragon.getViewer(document.querySelector("#viewer")).viewport;
  viewport.panTo(new OpenSeadragon.Point(x, y), true);
}"""


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page")
    parser.add_argument("--side", type=int, default=10_000, help="px")
    side = parser.parse_args().side
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium: not found; install it")
    with tempfile.TemporaryDirectory() as temporary:
        output = Path(temporary)
        began = time.monotonic()
        cells = make_session(output / "session", side)
        print(f"{side} × {side} px, {cells} cells; made in {time.monotonic() - began:.0f} s\n")
        command = [sys.executable, "-m", "app", "serve", "-o", str(output), "--port", "0"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        try:
            print("| | s |\n|---|---|")
            for name in ("opened after a start of the server", "opened again"):
                opened, pans = visit(chromium, address)
                print(f"| {name} | {opened:.2f} |")
            print(f"| pan at full size, median of {PANS} | {median(pans):.2f} |")
            print(f"| the slowest of them | {max(pans):.2f} |")
            print(
                f"\nmemory of the server at its peak: {peak(server.pid) / 1e9:.2f} GB, mapped files among it"
            )
        finally:
            server.terminate()
            server.wait()


def visit(chromium: str, address: str) -> tuple[float, list[float]]:
    """Seconds to open, and of each pan, in a browser that has kept nothing."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto("about:blank")
        began = time.monotonic()
        page.goto(address)
        until_drawn(page)
        opened = time.monotonic() - began
        page.evaluate(ZOOM)
        until_drawn(page)
        pans = []
        for place in np.random.default_rng(0).uniform(0.1, 0.9, (PANS, 2)).tolist():
            began = time.monotonic()
            page.evaluate(PAN, place)
            page.wait_for_timeout(30)  # until the view has moved, what was drawn is complete
            until_drawn(page)
            pans.append(time.monotonic() - began)
        browser.close()
    return opened, pans


def until_drawn(page: Any) -> None:
    """All tiles of image and contours."""
    while not page.evaluate(DRAWN):
        page.wait_for_timeout(10)


def make_session(session: Path, side: int) -> int:
    """A slide as the network leaves it, without the network; returns the number of its cells."""
    folder = session / "images" / "0123456789ab"
    cells = folder / "cells-1"
    cells.mkdir(parents=True)
    image, labels = discs()
    times = -(-side // FIELD)
    tifffile.imwrite(
        folder / "input.tif",
        np.tile(image, (times, times))[:side, :side],
        tile=(512, 512),
        compression="zlib",
    )
    with open_image(folder / "input.tif") as source:
        make_look(source, folder)
    whole = np.lib.format.open_memmap(cells / "labels.npy", "w+", np.int32, (side, side))
    count = int(labels.max())
    for place in range(times * times):
        y, x = divmod(place, times)
        part = whole[y * FIELD :, x * FIELD :][:FIELD, :FIELD]
        moved = np.where(labels > 0, labels + place * count, 0)
        part[:] = moved[: part.shape[0], : part.shape[1]]
    total = times * times * count
    np.save(cells / "scores.npy", np.random.default_rng(0).uniform(0.5, 1, total).astype(np.float32))
    np.save(cells / "sizes.npy", np.bincount(whole.ravel(), minlength=total + 1))
    made = (0.5, 0.4)
    meta = Meta("slide.tif", "input.tif", "", 0.0, "ready", height=side, width=side, cells="1", made=made)
    meta.write(folder)
    Working(folder, meta)  # the last step of a prediction
    return total


def discs() -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """`(FIELD, FIELD)` of a grid of discs, and their labels."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:FIELD, :FIELD]
    inside = (y % 25 - 12) ** 2 + (x % 25 - 12) ** 2 < 90
    labels = np.where(inside, y // 25 * (FIELD // 25) + x // 25 + 1, 0).astype(np.int32)
    light = np.where(inside, 140 + labels % 90, 25) + rng.normal(0, 6, labels.shape)
    return light.clip(0, 255).astype(np.uint8), labels


def peak(process: int) -> int:
    """Bytes that a process held at most."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    main()
