"""A person's way through the page, in a real browser on a real server: `make test-page`."""

from __future__ import annotations

import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imagecodecs import png_encode

from app.write.labels import read_labels
from examples.demo_images import nuclei

from .process import Server

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SLOW = 120_000  # ms; other work may have the cores
STEPS = 10


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path / "out", "--scales", "1", "--budget", "60")
    yield started
    started.end()


@pytest.fixture
def page(server: Server) -> Iterator[Any]:
    """Chromium on the page; whatever it complains of, or loads from elsewhere, fails the test."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: the page was not tried (apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="no Playwright here: the page was not tried")
    complaints: list[str] = []
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 800})
        opened.set_default_timeout(SLOW)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        opened.on(
            "request",
            lambda r: (
                None if r.url.startswith((server.address, "data:", "blob:")) else complaints.append(r.url)
            ),
        )
        opened.goto(server.address)
        opened.complaints = complaints
        yield opened
        browser.close()
    # a server that was killed does not answer for a while
    assert [text for text in complaints if "ERR_CONNECTION" not in text and "ERR_EMPTY" not in text] == []


def images(folder: Path) -> list[str]:
    """Two fields of nuclei."""
    paths = []
    for seed in (1, 2):
        path = folder / f"nuclei {seed}.png"
        path.write_bytes(png_encode(nuclei(200, 260, 24, seed)))
        paths.append(str(path))
    return paths


def cells(page: Any) -> int:
    """As the page shows it."""
    return int(re.sub(r"\D", "", page.locator("#count").inner_text()))


def until(page: Any, what: str) -> None:
    """Waits for something in JavaScript; wait_for_function needs eval, which the page's policy forbids."""
    end = time.monotonic() + SLOW / 1000
    while not page.evaluate(what):
        assert time.monotonic() < end, f"waited in vain for {what}"
        page.wait_for_timeout(100)


def until_cells(page: Any, count: int) -> None:
    until(page, f"document.querySelector('#count').textContent.startsWith('{count} cell')")


def on_screen(page: Any, x: float, y: float) -> tuple[float, float]:
    """Where a place of the image lies in the window."""
    point = page.evaluate(
        """([x, y]) => {
          const viewer = OpenSeadragon.getViewer(document.querySelector("#viewer"));
          const point = viewer.world.getItemAt(0).imageToWindowCoordinates(new OpenSeadragon.Point(x, y));
          return [point.x, point.y];
        }""",
        [x, y],
    )
    return point[0], point[1]


def free_square(labels: Any, side: int) -> tuple[int, int]:
    """x, y of a square of background."""
    from scipy.ndimage import maximum_filter

    free = maximum_filter(labels, side + 8) == 0
    free[:side], free[-side:], free[:, :side], free[:, -side:] = False, False, False, False
    y, x = np.argwhere(free)[0].tolist()
    return x - side // 2, y - side // 2


def test_open_correct_restart_learn(server: Server, page: Any, tmp_path: Path) -> None:
    """The whole circle; what is done before the server is killed is there after it."""
    page.get_by_text("Drop microscope images here").wait_for()
    page.locator("#files").set_input_files(images(tmp_path))
    until(page, "/^[0-9,]+ cells?$/.test(document.querySelector('#count').textContent.trim())")
    found = cells(page)
    assert found > 10
    server.wait(lambda state: not state["queue"])
    image = page.evaluate("location.hash.slice(1)")
    assert page.locator("[aria-current]").inner_text().startswith("nuclei 1.png")

    # the sliders: cells go and come back at once, and are made again without the network
    page.get_by_label("Score").fill("1")
    until_cells(page, 0)
    page.get_by_role("button", name="Defaults").click()
    until_cells(page, found)
    page.get_by_label("Probability").fill("0.7")
    server.wait(lambda _: server.ask("GET", f"/api/images/{image}")["thresholds"]["probability"] == 0.7)
    server.wait(lambda _: not server.ask("GET", f"/api/images/{image}")["tracking"])
    page.get_by_role("button", name="Defaults").click()
    server.wait(lambda _: server.ask("GET", f"/api/images/{image}")["thresholds"]["probability"] == 0.5)
    until(page, "!document.body.classList.contains('tracking')")
    until_cells(page, found)

    # delete one with the mouse and one with keys alone
    cell = server.ask("GET", f"/api/images/{image}/cell?after=0")
    page.keyboard.press("d")
    page.mouse.click(*on_screen(page, cell["x"], cell["y"]))
    until_cells(page, found - 1)
    page.keyboard.press("v")
    page.keyboard.press("]")
    page.locator("#selected").wait_for()
    page.keyboard.press("Delete")
    until_cells(page, found - 2)
    page.keyboard.press("Control+z")
    until_cells(page, found - 1)

    # draw one
    labels = read_labels(saved(server, image, tmp_path))
    x, y = free_square(labels, 16)
    page.keyboard.press("0")  # the whole image, after the look at one cell
    page.wait_for_timeout(1000)
    page.keyboard.press("n")
    page.mouse.move(*on_screen(page, x, y))
    page.mouse.down()
    for corner in ((x + 16, y), (x + 16, y + 16), (x, y + 16)):
        page.mouse.move(*on_screen(page, *corner), steps=6)
    page.mouse.up()
    until_cells(page, found)
    assert server.ask("GET", f"/api/images/{image}/cell?x={x + 8}&y={y + 8}")["area"] > 150

    page.get_by_role("button", name="Save labels").click()
    until(page, "document.querySelector('#status').textContent.startsWith('Saved in')")
    assert len(np.unique(read_labels(tmp_path / "out" / "nuclei 1_label.tiff"))) == found + 1

    # the server is killed and started again; the page goes on by itself
    version = server.ask("GET", f"/api/images/{image}")["version"]
    server.end(signal.SIGKILL)
    until(page, "document.body.classList.contains('lost')")
    server.start()
    until(page, "!document.body.classList.contains('lost')")
    told = server.ask("GET", f"/api/images/{image}")
    assert (told["cells"], told["edits"], told["version"]) == (found, 2, version)

    # learn for ten steps, then look at the same image with what was learnt
    pytest.importorskip("monai", reason="no training tools here: learning was not tried")
    server.ask("POST", "/api/tune", {"minutes": 20, "steps": STEPS})
    page.locator("#learning").wait_for()
    page.locator(".verdict.after").wait_for(timeout=4 * SLOW)
    assert f"{STEPS} steps" in page.locator("#verdict").inner_text()
    page.get_by_label("Weights").select_option("learned-1")
    page.get_by_role("button", name="Run again").click()
    before = page.get_by_role("button", name="Before")
    before.wait_for()
    before.click()
    assert before.get_attribute("aria-pressed") == "true"
    told = server.ask("GET", f"/api/images/{image}")
    assert (told["made_with"], told["edits"]) == ("learned-1", 2)


def saved(server: Server, image: str, folder: Path) -> Path:
    """The label TIFF, as the page's link gives it."""
    import urllib.request

    path = folder / "now.tiff"
    with urllib.request.urlopen(f"{server.address}api/images/{image}/files/labels") as answer:
        path.write_bytes(answer.read())
    return path


def test_the_first_file_opens(page: Any, tmp_path: Path) -> None:
    """Once the second opened, where it came before the page had asked how things stand after the first."""

    def late(route: Any) -> None:
        time.sleep(1)
        route.continue_()

    page.route("**/api/state*", late)
    page.locator("#files").set_input_files(images(tmp_path))
    until(page, "document.querySelectorAll('[data-image]').length === 2")
    page.locator("[aria-current]").wait_for()
    page.unroute_all(behavior="wait")
    assert page.locator("[aria-current]").inner_text().startswith("nuclei 1.png")


def test_keys_and_names(page: Any) -> None:
    """All can be reached by keys, and has a name for who can't see it."""
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    nameless = page.evaluate(
        """[...document.querySelectorAll("button, input, select, a, progress")]
           .filter(e => !(e.textContent.trim() || e.ariaLabel || e.title || e.labels?.length))
           .map(e => e.outerHTML)"""
    )
    assert nameless == []
    page.keyboard.press("Tab")
    reached = set()
    for _ in range(40):
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.dataset.tool || ''"))
        page.keyboard.press("Tab")
    assert {"help", "look", "draw", "contours", "save"} <= reached
