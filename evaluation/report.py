"""The report: one HTML page with tables, plots and the worst images, which needs no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from app.errors import ReadError
from app.read import find_images
from app.write import page
from evaluation import plots, timing
from evaluation.cases import Case
from evaluation.labelfiles import read_labels
from evaluation.measures import AP_RANGE
from evaluation.pictures import MISTAKES, Picture, draw_mistakes, thumbnail
from evaluation.scores import Row, read_true
from evaluation.summary import MISTAKES as KINDS
from evaluation.summary import TABLE_HEAD, Summary, summarise, table_cells
from evaluation.timing import Timed

WORST = 10  # images shown as overlays

WORDS = {
    "missed": "missed: a true cell without partner",
    "invented": "invented: a predicted cell without partner",
    "split": "split: a true cell predicted in pieces",
    "merged": "merged: true cells predicted as one",
}
RULES = """<p>The <b>organisers' rule</b> (NeurIPS 2022 Cell Segmentation Challenge) drops cells that touch
the 2-pixel border, cuts images of 25 megapixels and more into patches of 2000 × 2000, and gives 0 where
nothing matches. The <b>global rule</b> matches the whole image and keeps border cells; all measures but
the first F1, precision and recall follow it. Means are over images; a lost image counts as 0.</p>"""


def render(rows: Sequence[Row], systems: Mapping[str, Sequence[Timed]], images: Path | None) -> str:
    """The page. `systems` are named times, possibly none; `images` is a folder in which the pictures
    under the overlays are looked up by stem, or None."""
    summaries = summarise(rows)
    overall = summaries[-1]
    parts = [
        "<h1>Evaluation report</h1>",
        f'<p class="soft">{escape(_about(overall))}</p>',
        page.tiles(_headlines(overall)),
        "<h2>Scores per set</h2>",
        RULES,
        _scores(summaries),
        _lost(rows),
        "<h2>F1 of every image</h2>",
        "<p>Box: quartiles and median; whiskers: 1.5 times the box; dots: images; crosses: lost images.</p>",
        plots.distribution(summaries),
        "<h2>Precision and recall over IoU</h2>",
        plots.curves(summaries),
        _thresholds(summaries),
        _times(systems),
        f"<h2>The worst {min(WORST, len(rows))} images</h2>",
        *_worst(rows, images),
        "<h2>All images</h2>",
        _all(rows),
    ]
    return page.page("Evaluation report", parts)


def _about(overall: Summary) -> str:
    cells = sum(row.true_cells for row in overall.rows)
    return f"{len(overall.rows)} images with {cells:,} cells; {overall.lost} of the images lost."


def _headlines(overall: Summary) -> list[tuple[str, str]]:
    return [
        (f"{overall.mean('f1'):.4f}", "mean F1, organisers"),
        (f"{overall.median('f1'):.4f}", "median F1, organisers"),
        (f"{overall.mean('global_f1'):.4f}", "mean F1, global"),
        (f"{overall.mean('pq'):.4f}", "panoptic quality"),
        (f"{overall.mean('kaggle_map'):.4f}", "mAP 0.5–0.95"),
        (str(overall.lost), "images lost"),
    ]


def _scores(summaries: Sequence[Summary]) -> str:
    """The command line's table, in two that fit a page: scores, and mistakes."""
    lines = [table_cells(summary) for summary in summaries]
    cut = len(TABLE_HEAD) - len(KINDS)
    total = len(summaries) > 1
    return (
        page.table(TABLE_HEAD[:cut], [line[:cut] for line in lines], total=total)
        + "<h3>Cells that went wrong</h3>"
        + page.table(
            ["set", "cells", *TABLE_HEAD[cut:]],
            [[line[0], line[TABLE_HEAD.index("cells")], *line[cut:]] for line in lines],
            total=total,
        )
    )


def _lost(rows: Sequence[Row]) -> str:
    lost = [row for row in rows if row.status != "ok"]
    if not lost:
        return ""
    lines = [[row.case.image, row.case.set, row.status, row.note] for row in lost]
    return "<h3>Lost images</h3>" + page.table(["image", "set", "status", "why"], lines, texts=1)


def _thresholds(summaries: Sequence[Summary]) -> str:
    total = len(summaries) > 1
    names = (
        "precision_0.25",
        "precision_0.50",
        "precision_0.75",
        "recall_0.25",
        "recall_0.50",
        "recall_0.75",
    )
    pairs = [[s.name, *(f"{s.mean(name):.3f}" for name in names)] for s in summaries]
    steps = [f"{iou:.2f}" for iou in AP_RANGE]
    precision = [[s.name, *(f"{s.mean(f'ap_{step}'):.3f}" for step in steps)] for s in summaries]
    f1 = [[s.name, *(f"{s.mean(f'f1_{step}'):.3f}" for step in steps)] for s in summaries]
    quality = [
        [s.name, *(f"{s.mean(name):.3f}" for name in ("sq", "rq", "foreground_iou"))] for s in summaries
    ]
    return (
        page.table(["at IoU", *(name.replace("_", " ") for name in names)], pairs, total=total)
        + "<h3>AP = TP / (TP + FP + FN), mean over images</h3>"
        + page.table(["at IoU", *steps], precision, total=total)
        + "<h3>F1, mean over images</h3>"
        + page.table(["at IoU", *steps], f1, total=total)
        + "<h3>Outlines</h3>"
        + page.table(["set", "SQ (IoU of matches)", "RQ", "foreground IoU"], quality, total=total)
    )


def _times(systems: Mapping[str, Sequence[Timed]]) -> str:
    if not systems:
        return ""
    head = ["system", "images", "over", "failed", "seconds", "seconds over", "slowest", "peak GB"]
    lines = [[name, *_time_cells(rows)] for name, rows in systems.items()]
    details = [[name, *timing.table_cells(row), row.note] for name, rows in systems.items() for row in rows]
    return (
        "<h2>Time per image</h2><p>A fresh process or container per image, launch to exit, against the "
        "challenge's tolerance: 10 s up to one megapixel, 10 s per megapixel above.</p>"
        + page.table(head, lines)
        + plots.times(systems)
        + "<details><summary>Time of each image</summary>"
        + page.table(["system", *timing.TABLE_HEAD, "note"], details, texts=1)
        + "</details>"
    )


def _time_cells(rows: Sequence[Timed]) -> list[str]:
    peaks = [row.peak_gb for row in rows if row.peak_gb is not None]
    return [
        str(len(rows)),
        *(str(sum(row.status == status for row in rows)) for status in ("over", "failed")),
        f"{sum(row.seconds for row in rows):.1f}",
        f"{sum(row.over for row in rows):.2f}",
        f"{max((row.seconds for row in rows), default=0):.1f}",
        f"{max(peaks):.2f}" if peaks else "",
    ]


def _worst(rows: Sequence[Row], images: Path | None) -> list[str]:
    scored = [row for row in rows if row.status == "ok"]
    worst = sorted(scored, key=lambda row: (row.whole.f1, row.organisers.f1))[:WORST]
    colours = [(MISTAKES[kind], words) for kind, words in WORDS.items()]
    return [
        "<p>By the global F1, lost images aside. Left the image, right the mistakes on it.</p>",
        page.key([*colours, ("#ebebeb", "found")]),
        *(_overlay(row, images) for row in worst),
    ]


def _overlay(row: Row, images: Path | None) -> str:
    title = f"{row.case.set} / {row.case.image}"
    kinds = ", ".join(f"{int(count(row))} {kind}" for kind, count in KINDS.items())
    words = f"F1 {row.whole.f1:.3f} (organisers {row.organisers.f1:.3f}); {row.true_cells} cells: {kinds}"
    picture = _picture(row.case, row.shape, images)
    assert row.case.pred is not None  # the row is ok, so both were read
    drawn = draw_mistakes(picture, read_true(row.case), read_labels(row.case.pred))
    both = "<p>No image was given.</p>" if picture is None else page.picture(picture, f"{title}: the image")
    overlay = page.picture(drawn, f"{title}: {kinds}")
    pair = f'<div class="pair"><div>{both}</div><div>{overlay}</div></div>'
    return f"<h3>{escape(title)}</h3><p>{escape(words)}</p>{pair}"


def _picture(case: Case, shape: tuple[int, int], images: Path | None) -> Picture | None:
    if images is None:
        return None
    folders = (images / case.set / "images", images / case.set, images)
    for folder in (folder for folder in folders if folder.is_dir()):
        for path in find_images([folder]):
            if case.image in (path.stem, path.name.split(".")[0]):
                return _read(path, shape)
    return None


def _read(path: Path, shape: tuple[int, int]) -> Picture | None:
    """The thumbnail, or None where it is not of the labels' size or can't be read."""
    from app.read import open_image

    try:
        with open_image(path) as image:
            fits = (image.info.height, image.info.width) == shape
        return thumbnail(path) if fits else None
    except ReadError:
        return None


def _all(rows: Sequence[Row]) -> str:
    head = [
        "image",
        "set",
        "cells",
        "predicted",
        "F1",
        "precision",
        "recall",
        "Dice",
        "global F1",
        "PQ",
        *KINDS,
    ]
    lines = [
        [
            row.case.image,
            row.case.set,
            str(row.true_cells),
            str(row.pred_cells),
            *(
                f"{value:.4f}"
                for value in (row.organisers.f1, row.organisers.precision, row.organisers.recall)
            ),
            *(f"{value:.4f}" for value in (row.measures.dice, row.whole.f1, row.measures.panoptic)),
            *(str(int(count(row))) for count in KINDS.values()),
        ]
        for row in sorted(rows, key=lambda row: row.whole.f1)
    ]
    return (
        f"<details><summary>{len(rows)} images, the worst first</summary>{page.table(head, lines)}</details>"
    )
