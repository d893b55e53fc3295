"""A page that needs a network, breaks on odd names, or chokes on a thousand images."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from app.run.parts import PartTime
from app.run.report import write_report
from app.run.rows import Row, Run, make_row
from app.write import Result


@pytest.fixture(scope="module")
def good(synthetic_field) -> Row:
    image, labels = synthetic_field(300, 480, 40, 2)
    result = Result("plate 1 <A&B>", image, image, labels, np.zeros((2, 300, 480)), labels * 1.0)
    return make_row(result, 2.5, 10.0, "6 of 6", ("no pixel size: 'µm' are missing",))


def run_of(*rows: Row) -> Run:
    return Run(
        rows,
        "2026-01-02 03:04",
        65.0,
        {"budget": "<none>"},
        {"name": "compact"},
        {"numpy": "2"},
        {"cores": "2"},
    )


class Page(HTMLParser):
    """Counts the tags and collects the texts of the table's rows."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.rows: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag == "tr":
            self.rows.append("")

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1] += data


def test_a_row_holds_what_was_measured(good: Row) -> None:
    assert (good.height, good.width) == (300, 480)
    assert good.cells > 10
    assert 10 < good.median_diameter < 40
    assert not good.late


def test_the_page_carries_everything_in_itself(good: Row, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(run_of(good, Row("broken", error="broken.png: can't be read")), path)
    page = Page(path)
    assert page.sources
    assert all(source.startswith("data:") for source in page.sources)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", path.read_text().split("<tbody>")[0])
    assert page.tags.count("svg") == 2
    assert "plate 1 <A&B>" in page.rows[1]
    assert "2.50 of 10.0 s" in page.rows[1]
    assert "no pixel size: 'µm' are missing" in page.rows[1]
    assert "can't be read" in page.rows[2]
    assert "<none>" in page.rows[2], "the facts below the table"


def test_times_of_parts(good: Row, tmp_path: Path) -> None:
    """Which part, or which worker, was slow; nothing where no slide was done in parts."""
    path = tmp_path / "report.html"
    write_report(run_of(good), path)
    assert "Parts of slides" not in path.read_text()
    first = PartTime(0.5, (0, 2048), (0, 7000), 12.34, "node <7>, process 8")
    tracked = PartTime(0.5, (0, 2000), (0, 2000), 1.0, "node", tracked=True)
    parts = first, PartTime(1, (2048, 3000), (0, 3500), 0.0, "node", kept=True), tracked
    write_report(run_of(replace(good, parts=parts)), path)
    page = Page(path)
    assert page.rows[3] == "plate 1 <A&B>network0.50 to 20480 to 700012.3node <7>, process 8"
    assert page.rows[4].startswith("plate 1 <A&B>network12048 to 30000 to 3500")
    assert "done before" in page.rows[4]
    assert page.rows[5].startswith("plate 1 <A&B>tracking")


@pytest.mark.parametrize("rows", [(), (Row("a", error="gone"),), (Row("no cells", height=5, width=5),)])
def test_runs_with_nothing_to_plot(rows: tuple[Row, ...], tmp_path: Path) -> None:
    write_report(run_of(*rows), tmp_path / "report.html")
    assert len(Page(tmp_path / "report.html").rows) == len(rows) + 1


def test_an_image_done_before_leaves_no_zeros_and_no_broken_picture(good: Row, tmp_path: Path) -> None:
    """Its cells are not counted in this run, so they must not pull plots and sums to 0."""
    path = tmp_path / "report.html"
    write_report(run_of(good, Row("old", warnings=("done before, skipped",))), path)
    page = Page(path)
    assert page.tags.count("img") == 1
    assert "old" in page.rows[2]
    assert "done before, skipped" in page.rows[2]
    assert "0 × 0" not in page.rows[2]
    assert "<b>1</b>images written" in path.read_text()
    assert "<b>1</b>done before" in path.read_text()
    assert path.read_text().count("<title>plate 1") == 1


def test_a_thousand_images_stay_small(good: Row, tmp_path: Path) -> None:
    write_report(run_of(*[good] * 1000), tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 25e6


def test_the_least_certain_images_come_first(good: Row, tmp_path: Path) -> None:
    """Ten of them, the lowest mean score ahead; one without cells or scores is no candidate."""
    rows = [Row(f"image {i}", good.thumbnail, 9, 9, scores=np.full(3, i / 12, np.float32)) for i in range(12)]
    path = tmp_path / "report.html"
    write_report(run_of(*reversed(rows), good), path)
    text = path.read_text()
    section = text[text.index("Least certain images") : text.index("<h2>Images")]
    assert re.findall(r"<figcaption>(.*?)</figcaption>(\d\.\d\d)", section) == [
        (f"image {i}", f"{i / 12:.2f}") for i in range(10)
    ]
    assert "Scores of cells" in text
    write_report(run_of(good), path)
    assert "Scores of cells" not in path.read_text()
    assert "Least certain" not in path.read_text()


def test_the_browser_sorts_and_filters(good: Row, tmp_path: Path) -> None:
    """Runs the page's own script: numbers as numbers, and a second click turns the order round."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium here: the page's script was not run")
    rows = [
        Row(name, good.thumbnail, 9, 9, seconds=seconds, tolerance=10.0)
        for name, seconds in (("b", 9.5), ("a", 10.5), ("c", 0.2))
    ]
    page = tmp_path / "report.html"
    write_report(run_of(*rows), page)
    names = '[...document.querySelectorAll("tbody tr:not([hidden]) .name")].map(n => n.textContent).join("")'
    script = f"""<script>
      const said = [];
      const time = [...document.querySelectorAll("thead button")].find(b => b.textContent === "Time");
      time.click(); said.push({names}); time.click(); said.push({names});
      const search = document.querySelector("input");
      search.value = "B"; search.dispatchEvent(new Event("input")); said.push({names});
      document.title = said.join(" ");
    </script>"""
    page.write_text(page.read_text(encoding="utf-8") + script, encoding="utf-8")
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
    ]
    done = subprocess.run(
        [*command, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    assert "<title>cba abc b</title>" in done.stdout
