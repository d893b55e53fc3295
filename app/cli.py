"""The command line: flags to a frozen Job, errors to one line and an exit status."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from . import COMMAND, __version__
from .errors import MediarError, UsageError

if TYPE_CHECKING:
    from .settings import Job

logger = logging.getLogger(__name__)

EXTRAS = ("overlay", "outlines", "geojson", "table", "coco", "flows", "ome", "ctc")
WRONG_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status (CONTRACT: 0, 1, 2, 128 + signal)."""
    options = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    from .run.console import set_up_logging, set_up_output

    set_up_output()
    set_up_logging(quiet=options.quiet, debug=options.debug, json_lines=options.json_logs)
    try:
        return command(options)
    except MediarError as error:
        logger.error("%s", error, exc_info=options.debug)
        return WRONG_USE
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """All commands and their flags."""
    top = argparse.ArgumentParser(prog=COMMAND, description="Cell segmentation in a box.")
    top.add_argument("--version", action="version", version=f"mediar-box {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    logs = argparse.ArgumentParser(add_help=False)
    logs.add_argument("--quiet", action="store_true", help="warnings and errors only")
    logs.add_argument("--debug", action="store_true", help="more log lines, and tracebacks with errors")
    logs.add_argument("--json-logs", action="store_true", help="one JSON object per log line")

    engine = argparse.ArgumentParser(add_help=False)
    engine.add_argument("--weights", default="compact", help="compact, official, or a path")
    engine.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])

    images = argparse.ArgumentParser(add_help=False)
    images.add_argument(
        "-i", "--input", nargs="+", type=Path, required=True, help="images, folders, or addresses of images"
    )
    images.add_argument("-o", "--output", type=Path, required=True, help="folder for the results")
    images.add_argument("--budget", default="challenge", help="challenge, none or seconds per image")
    images.add_argument("--scales", default="auto", metavar="A,B", help="auto, or some of 4, 2, 1 … 0.125")
    images.add_argument(
        "--settings", default="calibrated", choices=["calibrated", "default"],
        help="what follows the network: as it was chosen for the weights, or the defaults",
    )  # fmt: skip
    images.add_argument(
        "--specialist", default="auto", metavar="NAME",
        help="the model for images of one look that sees all of these, or none; auto chooses for each image",
    )  # fmt: skip
    images.add_argument("--channels", type=three, metavar="I,J,K", help="which channels to take, from 0")
    images.add_argument("--page", type=int, metavar="N", help="which page of a stack, from 0")
    images.add_argument("--stack", choices=["z", "t"], default="", help="join planes of Z, or frames of T")
    images.add_argument(
        "--stitch", type=share, default=0.25, metavar="IOU", help="with --stack z: overlap of a cell"
    )
    images.add_argument("--shard", type=part, default=(1, 1), metavar="K/N", help="only the K-th of N parts")
    images.add_argument("--overwrite", action="store_true", help="do images again that are done")
    images.add_argument("--save", type=extras, default=(), metavar="A,B", help=f"any of {', '.join(EXTRAS)}")
    images.add_argument("--report", action="store_true", help="write report.html, a page about the run")

    predict = commands.add_parser("predict", parents=[images, engine, logs], help="images to label TIFFs")
    workers = predict.add_mutually_exclusive_group()
    workers.add_argument(
        "--workers", type=count, default=0, metavar="N", help="share the work among processes"
    )
    workers.add_argument("--scheduler", default="", metavar="ADDRESS", help="share it among a Dask cluster")
    predict.set_defaults(command=run_predict)
    preview = commands.add_parser("preview", parents=[images, engine, logs], help="say what predict would do")
    preview.set_defaults(command=run_preview)
    doctor = commands.add_parser("doctor", parents=[engine, logs], help="say whether a prediction would work")
    doctor.add_argument("-o", "--output", type=Path, help="folder to try to write to")
    doctor.set_defaults(command=run_doctor)
    serve = commands.add_parser("serve", parents=[engine, logs], help="a page to look, correct and learn")
    serve.add_argument("-o", "--output", type=Path, required=True, help="folder for files and the session")
    serve.add_argument("-i", "--input", nargs="*", type=Path, default=[], help="images to begin with")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on; others need the token")
    serve.add_argument("--port", type=int, default=8000, help="0 takes any that is free")
    serve.add_argument("--budget", default="challenge", help="challenge, none or seconds per image")
    serve.add_argument("--scales", default="auto", metavar="A,B", help="as of predict")
    serve.set_defaults(command=run_serve)
    weights = commands.add_parser("weights", parents=[logs], help="bring weights of your own")
    weights.add_argument("action", choices=["import"])
    weights.add_argument("files", nargs=2, type=Path, metavar="PTH", help="from_phase1.pth from_phase2.pth")
    weights.set_defaults(command=run_import)
    # no flag of its own, so that whatever stands behind it gets the same one line
    tune = commands.add_parser(
        "tune", prefix_chars="\0", add_help=False, help="adapt the weights to your images: where that is done"
    )
    tune.add_argument("rest", nargs="*")
    tune.set_defaults(command=run_tune, quiet=False, debug=False, json_logs=False)
    return top


def three(text: str) -> tuple[int, int, int]:
    """`i,j,k` → three channel numbers."""
    numbers = text.split(",")
    if len(numbers) != 3 or not all(number.isdecimal() for number in numbers):
        raise argparse.ArgumentTypeError(f"'{text}' is not three channel numbers such as 0,2,1")
    return int(numbers[0]), int(numbers[1]), int(numbers[2])


def part(text: str) -> tuple[int, int]:
    """`K/N` → (K, N)."""
    k, _, n = text.partition("/")
    if not (k.isdecimal() and n.isdecimal() and 1 <= int(k) <= int(n)):
        raise argparse.ArgumentTypeError(f"'{text}' is not K/N with K from 1 to N")
    return int(k), int(n)


def count(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1")
    return int(text)


def share(text: str) -> float:
    """A number above 0 and at most 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0 and at most 1")
    return value


def extras(text: str) -> tuple[str, ...]:
    """`a,b` → names of extras."""
    names = tuple(name for name in text.split(",") if name)
    unknown = [name for name in names if name not in EXTRAS]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; choose from {', '.join(EXTRAS)}")
    return names


def run_predict(options: argparse.Namespace) -> int:
    """The main job, here or on workers."""
    if not (options.workers or options.scheduler):
        from .run.predict import predict

        return predict(job(options))
    from dataclasses import replace

    from .cluster.predict import predict as predict_on_workers

    shared_out = replace(job(options), workers=options.workers, scheduler=options.scheduler)
    return predict_on_workers(shared_out)


def run_preview(options: argparse.Namespace) -> int:
    """What the main job would do."""
    from .run.preview import preview

    return preview(job(options))


def run_doctor(options: argparse.Namespace) -> int:
    """Whether a prediction would work here."""
    from .run.doctor import doctor

    return doctor(options.weights, options.device, options.output)


def run_serve(options: argparse.Namespace) -> int:
    """The page, until a signal."""
    from .serve.server import serve
    from .serve.settings import Serving

    return serve(
        Serving(
            output=options.output,
            host=options.host,
            port=options.port,
            inputs=tuple(options.input),
            weights=options.weights,
            device=options.device,
            budget=options.budget,
            scales=options.scales,
        )
    )


def run_import(options: argparse.Namespace) -> int:
    """Checks and stores the official pair."""
    from .network.weights import import_official

    print(f"stored in {import_official(options.files)}; use them with --weights official")
    return 0


def run_tune(_options: argparse.Namespace) -> int:
    """Training is no part of the package: it needs libraries that a prediction can do without."""
    raise UsageError(
        "tune is not in here; use `tune` in the image mediar-box:train, or a checkout: `make tune`, or "
        "`python -m training tune` after `pip install 'mediar-box[train]'`"
    )


def job(options: argparse.Namespace) -> Job:
    """The flags as a frozen Job."""
    from .settings import Job, Linking

    return Job(
        inputs=tuple(options.input),
        output=options.output,
        weights=options.weights,
        device=options.device,
        budget=options.budget,
        overwrite=options.overwrite,
        save=options.save,
        scales=options.scales,
        settings=options.settings,
        specialist=options.specialist,
        report=options.report,
        channels=options.channels,
        page=options.page,
        shard=options.shard,
        quiet=options.quiet or options.json_logs,
        stack=options.stack,
        linking=Linking(stitch=options.stitch),
    )
