"""Command line: `python -m evaluation f1` and `python -m evaluation timing`.

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
        "-g", "--truth", type=Path, required=True, metavar="DIR", help="true labels, or sets of them"
    )
    f1.add_argument("-p", "--predictions", type=Path, required=True, metavar="DIR", help="predicted labels")
    f1.add_argument("-o", "--output", type=Path, metavar="CSV", help="per image (default: f1.csv in -p)")
    f1.add_argument("--split", choices=("train", "val", "test"), help="only these images of splits.csv")
    f1.set_defaults(run=_f1)
    return parser


def _f1(options: argparse.Namespace) -> int:
    from app.files import whole_file
    from evaluation.cases import find_cases
    from evaluation.scores import score_case
    from evaluation.summary import TABLE_HEAD, plain_table, summarise, table_cells, to_csv

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
    return int(any(row.status != "ok" for row in rows))


def _log(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)
