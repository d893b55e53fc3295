"""The report: whole, self-contained, and as a browser shows it."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from app.write.colours import VERMILLION, rgb
from evaluation.cases import Case
from evaluation.cli import main
from evaluation.pictures import MISTAKES
from evaluation.report import render
from evaluation.scores import Row, score_case
from evaluation.timing import Timed, to_csv

VOID = {"meta", "img", "br", "path", "use", "link", "rect"}
CHROMIUM = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


class Nesting(HTMLParser):
    """Raises on tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, synthetic_field) -> tuple[Path, list[Row]]:
    """Two sets of synthetic fields with predictions that merge, split, miss and invent; one is missing."""
    folder = tmp_path_factory.mktemp("run")
    rows = []
    for seed in range(13):
        name, stem = ("one", "two")[seed % 2], f"field<{seed}>"
        image, true = synthetic_field(150, 180, 25, seed)
        pred = np.where(np.isin(true, [1, 2]), 0, np.roll(true, 2, 1))
        pred[pred == 4] = 3
        pred[(true == 5) & (np.arange(180) % 20 < 9)] = 900
        pred[60:70, 60:90] = 901
        for part, array in (("images", image), ("labels", true), ("pred", pred)):
            path = folder / part / name
            path.mkdir(parents=True, exist_ok=True)
            (path / f"{stem}.png").write_bytes(
                imagecodecs.png_encode(array.astype(np.uint16 if array.ndim == 2 else np.uint8))
            )
        if seed == 12:
            (folder / "pred" / name / f"{stem}.png").unlink()
        pred_path = folder / "pred" / name / f"{stem}.png"
        found = pred_path if pred_path.exists() else None
        rows.append(score_case(Case(name, stem, folder / "labels" / name / f"{stem}.png", found)))
    return folder, rows


@pytest.fixture(scope="module")
def systems() -> dict[str, list[Timed]]:
    """Two systems; the second is over its time once and fails once."""
    first = [Timed(f"i{n}", 1000 * n, 1000, 2.0 * n, 10.0 * n, 0, 1.5, "ok", "") for n in range(1, 5)]
    over = Timed("i5", 1000, 1000, 19, 10, 9, None, "over", "")
    failed = Timed("i6", 500, 500, 3, 10, 0, None, "failed", "exit status 1: <nothing>")
    return {"ours": first, "theirs": [over, failed]}


@pytest.fixture(scope="module")
def html(run: tuple[Path, list[Row]], systems: dict[str, list[Timed]]) -> str:
    return render(run[1], systems, run[0] / "images")


def test_page_is_whole_and_loads_nothing(html: str) -> None:
    """Mailed or archived, it must show the same without a network."""
    nesting = Nesting()
    nesting.feed(html)
    assert nesting.open == []
    assert html.count("<svg") == 3
    for found in re.findall(r"""(?:src|href)\s*=\s*["']([^"']*)""", html):
        assert found.startswith(("data:image/png;base64,", "#")), found
    assert not re.search(r"<script|<link|@import|url\((?!#)", html)


def test_ids_are_unique(html: str) -> None:
    """Plots that share an id would clip and mark one another."""
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(ids) == len(set(ids))


def test_names_are_escaped(html: str) -> None:
    """A file may be called anything."""
    assert "field<" not in html
    assert "field&lt;3&gt;" in html
    assert "exit status 1: &lt;nothing&gt;" in html


def test_worst_ten_and_lost_images(html: str, run: tuple[Path, list[Row]]) -> None:
    """Ten pairs of pictures, the worst first; the lost one in its own table with the reason."""
    assert html.count('<div class="pair">') == 10
    scored = sorted((row for row in run[1] if row.status == "ok"), key=lambda row: row.whole.f1)
    shown = re.findall(r"<h3>(one|two) / field&lt;(\d+)&gt;</h3>", html)
    assert shown[0] == (scored[0].case.set, scored[0].case.image[6:-1])
    assert "Lost images" in html
    assert "no prediction; all its cells are missed" in html


def test_one_set_without_times_and_images(run: tuple[Path, list[Row]]) -> None:
    """The smallest report: one image, nothing else given."""
    html = render(run[1][:1], {}, None)
    assert html.count("<svg") == 2
    assert "Time per image" not in html
    assert "No image was given." in html


def test_only_lost_images(run: tuple[Path, list[Row]]) -> None:
    """A run in which everything failed is reported like any other."""
    html = render(run[1][12:], {}, None)
    assert '<div class="pair">' not in html
    assert "Lost images" in html


def test_command_line_writes_it(
    run: tuple[Path, list[Row]], systems: dict[str, list[Timed]], tmp_path: Path
) -> None:
    """All three flags together; times are named after their files."""
    folder, page, times = run[0], tmp_path / "report.html", tmp_path / "my system.csv"
    times.write_text(to_csv(systems["ours"]), newline="")
    call = ["f1", "-g", str(folder / "labels"), "-p", str(folder / "pred"), "-o", str(tmp_path / "f1.csv")]
    flags = ["--report", str(page), "--images", str(folder / "images"), "--times", str(times)]
    assert main([*call, *flags]) == 1  # one prediction is missing
    text = page.read_text()
    assert text.count("<svg") == 3
    assert "my system" in text


def test_in_a_browser(run: tuple[Path, list[Row]], systems: dict[str, list[Timed]], tmp_path: Path) -> None:
    """Chromium renders plots and overlays: every mistake's colour is on the screen, and the page fills it."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed: the page can't be rendered")
    page, shot = tmp_path / "report.html", tmp_path / "shot.png"
    page.write_text(render(run[1][10:], systems, run[0] / "images"), encoding="utf-8")  # two overlays
    target = [
        f"--user-data-dir={tmp_path}/profile",
        "--window-size=1200,4600",
        f"--screenshot={shot}",
        page.as_uri(),
    ]
    subprocess.run([chromium, *CHROMIUM, *target], check=True, capture_output=True, timeout=300)
    screen = imagecodecs.png_decode(shot.read_bytes())[..., :3]
    assert screen.shape == (4600, 1200, 3)
    for name, colour in {**MISTAKES, "lost": VERMILLION}.items():
        assert (np.abs(screen.astype(int) - rgb(colour)) <= 12).all(axis=2).sum() > 30, name
    assert (screen < 128).all(axis=2).sum() > 5000  # axes and letters
    assert not (screen[:, 1185:] < 200).any()  # nothing runs into the margin of 16 px
