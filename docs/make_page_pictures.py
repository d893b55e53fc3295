"""The pictures of docs/page.md: the page itself, on synthetic nuclei, in a real browser.

python -m docs.make_page_pictures      docs/pictures/page-*.png; needs Chromium, Playwright, training tools
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from imagecodecs import png_decode, png_encode

from examples.demo_images import nuclei

PICTURES = Path(__file__).with_name("pictures")
SCREEN = {"width": 1060, "height": 660}  # px
STEPS = 20  # of learning: a picture needs no more
KEPT = 0xF8  # bits of a colour that are kept, so that noise does not fill the repository


def main() -> int:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium: not found; install it to make the pictures")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for seed in range(1, 5):
            (folder / f"nuclei {seed}.png").write_bytes(png_encode(nuclei(300, 400, 60, seed)))
        command = [
            sys.executable,
            "-m",
            "app",
            "serve",
            "-o",
            str(folder / "out"),
            "--port",
            "0",
            "--budget",
            "60",
        ]
        files = sorted(map(str, folder.glob("*.png")))
        server = subprocess.Popen([*command, "-i", *files], stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        try:
            wait(address, lambda state: len(state["images"]) == 4 and not state["queue"])
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                walk(browser, address)
        finally:
            server.terminate()
            server.wait()
    return 0


def walk(browser: Any, address: str) -> None:
    """Open, correct, learn."""
    page = browser.new_page(viewport=SCREEN, color_scheme="light")
    page.goto(address)
    page.wait_for_timeout(4000)
    take(page, "open")
    page.close()

    images = ask(address, "GET", "/api/state")["images"]
    for image in images[1:]:
        ask(address, "PUT", f"/api/images/{image['id']}/checked", {"checked": True})
    page = browser.new_page(viewport=SCREEN, color_scheme="dark")
    page.goto(address)
    page.wait_for_timeout(4000)
    page.keyboard.press("d")
    delete_one(page, address, images[0]["id"])
    page.wait_for_timeout(1500)
    page.keyboard.press("v")
    for _ in range(3):
        page.keyboard.press("]")
        page.wait_for_timeout(1500)
    take(page, "correct")
    page.close()

    ask(address, "POST", "/api/tune", {"minutes": 30, "steps": STEPS})
    wait(address, lambda state: state["learning"]["jobs"][0]["state"] in ("done", "failed"))
    page = browser.new_page(viewport=SCREEN, color_scheme="light")
    page.goto(address)
    page.wait_for_timeout(4000)
    page.locator("#again-all").scroll_into_view_if_needed()
    take(page, "learn")
    page.close()


def delete_one(page: Any, address: str, image: str) -> None:
    """A click on the least certain cell."""
    cell = ask(address, "GET", f"/api/images/{image}/cell")
    point = page.evaluate(
        """([x, y]) => {
          const item = OpenSeadragon.getViewer(document.querySelector("#viewer")).world.getItemAt(0);
          const point = item.imageToWindowCoordinates(new OpenSeadragon.Point(x, y));
          return [point.x, point.y];
        }""",
        [cell["x"], cell["y"]],
    )
    page.mouse.click(*point)


def take(page: Any, name: str) -> None:
    """The window as it is, in fewer colours."""
    pixels = png_decode(page.screenshot())[..., :3]
    data = png_encode(np.ascontiguousarray(pixels & np.uint8(KEPT)), level=9)
    (PICTURES / f"page-{name}.png").write_bytes(data)


def ask(address: str, method: str, path: str, body: Any = None) -> Any:
    """One request of the API."""
    data = None if method == "GET" else json.dumps(body or {}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address + path.lstrip("/"), data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def wait(address: str, what: Any) -> None:
    """Until the state of the server is as wanted."""
    while not what(ask(address, "GET", "/api/state")):
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
