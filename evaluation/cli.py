"""Command line: `python -m evaluation f1`, `rle`, `timing` and `ctc`.

Exit status: 0 all well, 1 an image is missing, failed or over its time, 2 wrong use.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.errors import MediarError, UsageError


def main(argv: Sequence[str]) -> int:
    """Runs one command; results go to standard output, all other lines to standard error."""
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options))
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except MediarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evaluation", description="Scores, times, and a report.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    f1 = commands.add_parser("f1", help="the organisers' F1, the global one and more, per image and set")
    f1.add_argument(
        "-g",
        "--truth",
        type=Path,
        required=True,
        metavar="DIR",
        help="true labels, sets of them, or a CSV of rle",
    )
    f1.add_argument("-p", "--predictions", type=Path, required=True, metavar="DIR", help="predicted labels")
    f1.add_argument("-o", "--output", type=Path, metavar="CSV", help="per image (default: f1.csv in -p)")
    f1.add_argument("--split", choices=("train", "val", "test"), help="only these images of splits.csv")
    f1.add_argument(
        "--report", type=Path, metavar="HTML", help="write a page with tables, plots, worst images"
    )
    f1.add_argument("--images", type=Path, metavar="DIR", help="for --report: images, or sets of them")
    f1.add_argument(
        "--times", type=Path, nargs="+", default=[], metavar="CSV", help="for --report: of timing"
    )
    f1.set_defaults(run=_f1)
    rle = commands.add_parser("rle", help="labels as run lengths, one row a cell, as Kaggle has them")
    rle.add_argument("-p", "--predictions", type=Path, required=True, metavar="DIR", help="label files")
    rle.add_argument("-o", "--output", type=Path, required=True, metavar="CSV", help="ImageId,EncodedPixels")
    rle.add_argument(
        "--sizes", action="store_true", help="add Height and Width, as in the solutions of the 2018 bowl"
    )
    rle.set_defaults(run=_rle)
    timing = commands.add_parser("timing", help="one fresh process or container per image, against the clock")
    timing.add_argument(
        "-i", "--input", type=Path, nargs="+", required=True, metavar="DIR", help="images, or folders of them"
    )
    system = timing.add_mutually_exclusive_group()
    system.add_argument("--image", metavar="NAME", help="Docker image, run by the organisers' line")
    system.add_argument(
        "--command", metavar="'CMD {in} {out}'", help="any shell line (default: this repository's predict)"
    )
    timing.add_argument(
        "--gpus",
        default="device=0",
        metavar="SPEC",
        help="of --image (default: device=0; 'none' on machines without)",
    )
    timing.add_argument("-o", "--output", type=Path, metavar="CSV", help="write the table there too")
    timing.add_argument("--keep", type=Path, metavar="DIR", help="keep the label files there, to be scored")
    timing.set_defaults(run=_timing)
    ctc = commands.add_parser("ctc", help="SEG, DET and TRA of the Cell Tracking Challenge, of one sequence")
    ctc.add_argument("-g", "--truth", type=Path, required=True, metavar="NN_GT", help="true masks and tracks")
    ctc.add_argument("-p", "--results", type=Path, required=True, metavar="NN_RES", help="masks and tracks")
    ctc.add_argument(
        "--border",
        type=_border,
        default=0,
        metavar="E",
        help="leave out what lies within E px of the edge; a number, or a data set of the challenge",
    )
    ctc.add_argument("-o", "--output", type=Path, metavar="CSV", help="precision and recall over IoU")
    ctc.set_defaults(run=_ctc)
    return parser


def _border(text: str) -> int:
    from evaluation.border import border_of

    try:
        return border_of(text)
    except ValueError as cause:
        raise argparse.ArgumentTypeError(str(cause)) from cause


def _f1(options: argparse.Namespace) -> int:
    from app.system.files import whole_file
    from evaluation.cases import find_cases
    from evaluation.scores import score_case
    from evaluation.summary import TABLE_HEAD, plain_table, summarise, table_cells, to_csv
    from evaluation.timing import from_csv

    systems = {path.stem: from_csv(path) for path in options.times}
    if len(systems) < len(options.times):
        raise UsageError("--times: two files have one name, which stands for the system; rename one")
    found = find_cases(options.truth, options.predictions, options.split)
    _log(*(f"note: {note}" for note in found.notes))
    rows = []
    for case in found.cases:
        rows.append(score_case(case))
        if rows[-1].note:
            _log(f"{rows[-1].status}: {rows[-1].note}")
    print(plain_table(TABLE_HEAD, [table_cells(summary) for summary in summarise(rows)]))
    output = options.output or options.predictions / "f1.csv"
    with whole_file(output) as partial:
        partial.write_text(to_csv(rows), encoding="utf-8", newline="")
    _log(f"written: {output}")
    if options.report:
        from evaluation.report import render

        html = render(rows, systems, options.images)
        with whole_file(options.report) as partial:
            partial.write_text(html, encoding="utf-8")
        _log(f"written: {options.report}")
    return int(any(row.status != "ok" for row in rows))


def _rle(options: argparse.Namespace) -> int:
    from app.system.tables import write_table
    from evaluation.labelfiles import index_predictions, read_labels
    from evaluation.rle import HEAD, SIZES, encode

    folder = options.predictions
    held = index_predictions(folder) if folder.is_dir() else {}
    if not held:
        raise UsageError(f"{folder}: holds no label files (.tif, .tiff, .png, .npy); give a folder of them")
    rows = (
        row for image, path in held.items() for row in encode(image, read_labels(path), sizes=options.sizes)
    )
    write_table(options.output, (*HEAD, *SIZES) if options.sizes else HEAD, rows)
    _log(f"written: {options.output}, {len(held)} images")
    return 0


def _timing(options: argparse.Namespace) -> int:
    from app.read import find_images
    from app.system.files import whole_file
    from evaluation.summary import plain_table
    from evaluation.systems import Command, Container, own_command
    from evaluation.timing import TABLE_HEAD, table_cells, time_image, to_csv

    command = Command(options.command) if options.command else own_command()
    system = Container(options.image, options.gpus) if options.image else command
    images = find_images(options.input)
    if not images:
        raise UsageError(f"{', '.join(map(str, options.input))}: holds no images; give a folder of them")
    if options.keep:
        try:
            options.keep.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise UsageError(f"--keep {options.keep}: {cause.strerror}; choose another folder") from cause
    rows = []
    for path in images:
        rows.append(time_image(path, system, options.keep))
        _log(f"{rows[-1].status}: {path.name} {rows[-1].seconds:.2f} s {rows[-1].note}".rstrip())
    print(plain_table(TABLE_HEAD, [table_cells(row) for row in rows]))
    bad = {status: sum(row.status == status for row in rows) for status in ("over", "failed")}
    over = sum(row.over for row in rows)
    print(f"{len(rows)} images, {bad['over']} over by {over:.2f} s in all, {bad['failed']} failed")
    if options.output:
        with whole_file(options.output) as partial:
            partial.write_text(to_csv(rows), encoding="utf-8", newline="")
        _log(f"written: {options.output}")
    return int(any(bad.values()))


def _ctc(options: argparse.Namespace) -> int:
    from app.system.files import whole_file
    from evaluation.ctc import curve_csv, score_sequence, table
    from evaluation.summary import plain_table

    scores = score_sequence(options.truth, options.results, options.border)
    print(plain_table(*table(scores)))
    if options.output:
        with whole_file(options.output) as partial:
            partial.write_text(curve_csv(scores), encoding="utf-8", newline="")
        _log(f"written: {options.output}")
    return 0


def _log(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)
