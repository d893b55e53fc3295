"""The command line of training: what they do stands in commands.py."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.errors import MediarError
from training import commands, tune

Group = Any  # what argparse gives back for subcommands has no public name


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0, or 2 with one line where settings or data are wrong."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    chosen = parser().parse_args(arguments)
    try:
        chosen.run(chosen)
    except MediarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def parser() -> argparse.ArgumentParser:
    """Every command with its flags; importing this costs nothing heavy."""
    top = argparse.ArgumentParser(prog="python -m training", description="Makes and judges the weights.")
    group = top.add_subparsers(required=True, metavar="COMMAND")
    add_making(group)
    add_judging(group)
    return top


def add_making(group: Group) -> None:
    """Commands that make weights."""
    fit = group.add_parser("fit", help="train one phase, or go on where it stopped")
    fit.add_argument("phase", type=Path, help="a TOML file, see training/phases")
    add_data(fit)
    fit.add_argument(
        "--relabelled", type=Path, help="folder that `relabel` or `check` wrote: labels in place of those"
    )
    fit.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    fit.set_defaults(run=commands.run_fit)

    shorten = group.add_parser("shorten", help="a network without its deep stages, where these say nothing")
    shorten.add_argument("weights", type=Path, help="a file: safetensors, or runs/<phase>.pt")
    shorten.add_argument("--data", type=Path, required=True, help="folder of sets with images/ and labels/")
    shorten.add_argument("-o", "--out", type=Path, required=True, metavar="PT", help="a phase's `start`")
    shorten.set_defaults(run=commands.run_shorten)

    widen = group.add_parser(
        "widen", help="a network of twice the channels, which goes on from what it knows"
    )
    widen.add_argument("weights", type=Path, help="a file: safetensors, or runs/<phase>.pt")
    widen.add_argument("--encoder", required=True, help="its name: mit_b1 for a mit_b0")
    widen.add_argument(
        "--decoder", type=int, nargs="+", required=True, metavar="C",
        help="channels: the same or twice as many",
    )  # fmt: skip
    widen.add_argument("-o", "--out", type=Path, required=True, metavar="PT", help="a phase's `start`")
    widen.set_defaults(run=commands.run_widen)

    average = group.add_parser("average", help="the mean of networks that went on from one another")
    average.add_argument("weights", type=Path, nargs="+", help="files: safetensors, or runs/<phase>.pt")
    average.add_argument("-o", "--out", type=Path, required=True, metavar="PT", help="one network")
    average.set_defaults(run=commands.run_average)

    adapt = group.add_parser(
        "tune", help="adapt the carried pair to a handful of labelled images, in minutes"
    )
    adapt.add_argument("-i", "--images", nargs="+", type=Path, required=True, help="files or folders")
    adapt.add_argument(
        "-l", "--labels", nargs="+", type=Path, required=True,
        help="the same: label TIFF or PNG, ImageJ .roi or .zip, QuPath .geojson, Cellpose _seg.npy",
    )  # fmt: skip
    adapt.add_argument("-o", "--out", type=Path, required=True, metavar="FILE.safetensors")
    adapt.add_argument("--minutes", type=float, default=5.0, help="of wall time, in all (5)")
    adapt.add_argument(
        "--partial", action="store_true", help="only some cells are drawn: the rest is unknown"
    )
    adapt.add_argument("--weights", default="compact", help="to begin with: compact, or a folder or file")
    adapt.add_argument("--keep-encoder", action="store_true", help="train decoder and heads only")
    adapt.add_argument("--steps", type=int, metavar="N", help="end after N steps, whatever the minutes")
    adapt.add_argument(
        "--watched", action="store_true",
        help="for a program that starts it: a JSON line a step on standard output; ends with standard input",
    )  # fmt: skip
    adapt.set_defaults(run=tune.run_tune)

    plot = group.add_parser("plot", help="draw the learning curve of a run's log")
    plot.add_argument("log", type=Path, help="runs/<phase>.csv")
    plot.set_defaults(run=commands.run_plot)

    discover = group.add_parser("discover", help="find modalities: k-means on the encoder's embeddings")
    discover.add_argument("--weights", type=Path, required=True, help="runs/phase1.pt")
    discover.add_argument("--clusters", type=int, default=40, help="k (40, as the paper)")
    add_data(discover)
    discover.set_defaults(run=commands.run_discover)

    export = group.add_parser("export", help="write checkpoints as the weights that the repository carries")
    export.add_argument(
        "checkpoints", nargs="+", type=Path, metavar="PT", help="runs/<phase>.pt, one a model"
    )
    export.add_argument(
        "--data", type=Path, required=True, help="the sets they were trained on, for the card"
    )
    export.add_argument("--score", action="append", type=named_number, default=[], metavar="NAME=VALUE")
    export.add_argument("--name", default="compact", help="what --weights calls them")
    export.add_argument("--folder", type=Path, default=Path("weights"), help="where they and index.json go")
    export.set_defaults(run=commands.run_export)

    relabel = group.add_parser("relabel", help="add cells that two models find and nobody has drawn")
    relabel.add_argument("--weights", required=True, help="a folder with the two models")
    relabel.add_argument(
        "--data", type=Path, required=True, help="folder of sets; its train split is relabelled"
    )
    relabel.add_argument("-o", "--out", type=Path, required=True, help="for `fit --relabelled`")
    relabel.set_defaults(run=commands.run_relabel)

    synthesise = group.add_parser("synthesise", help="draw synthetic cells: a set of images and exact labels")
    synthesise.add_argument(
        "-o", "--out", type=Path, required=True, help="folder that gets the set `synthetic`"
    )
    synthesise.add_argument("--images", type=int, default=2000, help="in all; those that are there are kept")
    synthesise.add_argument("--size", type=int, default=352, help="px a side")
    synthesise.add_argument("--seed", type=int, default=0)
    synthesise.add_argument(
        "--data", type=Path, help="folder of sets; its train split lends outlines and looks"
    )
    synthesise.add_argument("--without", nargs="*", default=[], metavar="SET", help="sets that lend nothing")
    synthesise.add_argument(
        "--looks", nargs="+", default=[], metavar="LOOK", help="these alone, as interference"
    )
    synthesise.add_argument("--workers", type=int, default=1, help="processes")
    synthesise.set_defaults(run=commands.run_synthesise)

    pseudo = group.add_parser("pseudo", help="label images by a network: a set of what it is sure of")
    pseudo.add_argument("--weights", default="compact", help="compact, official, or a folder or file")
    pseudo.add_argument("--unlabelled", type=Path, required=True, nargs="+", help="images or folders")
    pseudo.add_argument(
        "-o", "--out", type=Path, required=True, help="folder of the new set, in that of --data"
    )
    pseudo.add_argument("--score", type=float, default=0.75, help="from which a cell is sure (0.75)")
    pseudo.add_argument("--cells", type=int, default=3, help="sure ones that an image has at least (3)")
    pseudo.set_defaults(run=commands.run_pseudo)

    check = group.add_parser("check", help="find masks with holes, in parts, joined or nested, and mend them")
    check.add_argument("--data", type=Path, required=True, help="folder of sets with images/ and labels/")
    check.add_argument("-o", "--out", type=Path, help="folder for mended labels, for `fit --relabelled`")
    check.set_defaults(run=commands.run_check)


def add_judging(group: Group) -> None:
    """Commands that judge them."""
    score = group.add_parser(
        "score", help="F1 and mAP per set, per model and ensemble, with flips and without"
    )
    add_judged(score, "test")
    score.add_argument(
        "-o", "--out", type=Path, default=Path("out/scores"), help="for scores.csv and scores.md"
    )
    score.add_argument(
        "--settings", default="calibrated", choices=["calibrated", "default"],
        help="what follows the network: as it was chosen for the weights, or the defaults",
    )  # fmt: skip
    score.add_argument("--per-set", type=int, metavar="N", help="images of each set at most (all)")
    score.add_argument("--no-flips", action="store_true", help="a third of the time")
    score.set_defaults(run=commands.run_score)

    calibrate = group.add_parser(
        "calibrate", help="choose what follows the network on val, and write it into the weights' index"
    )
    add_judged(calibrate, "val")
    calibrate.add_argument("--per-set", type=int, default=12, help="images of each set, evenly picked (12)")
    calibrate.add_argument(
        "--modalities",
        type=int,
        default=6,
        help="clusters that may get settings of their own; 0 for none (6)",
    )
    calibrate.add_argument("-n", "--dry-run", action="store_true", help="tell, but write nothing")
    calibrate.set_defaults(run=commands.run_calibrate)

    specialise = group.add_parser(
        "specialise", help="put models for images of one look beside a pair, and say which images those are"
    )
    specialise.add_argument(
        "phases", type=Path, nargs="+", help="TOML files of the phases that made them, runs/<phase>.pt"
    )
    specialise.add_argument("--weights", type=Path, default=Path("weights"), help="folder of the pair")
    specialise.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    specialise.add_argument(
        "--dab", default="", metavar="NAME", help="whose all tissue in DAB is, like it or not"
    )
    specialise.add_argument(
        "--rest",
        default="",
        metavar="NAME",
        help="whose the looks are that nobody knows; else they are the pair's",
    )
    specialise.add_argument(
        "--unclaimed", nargs="*", default=[], metavar="SET",
        help="whose looks stay the pair's though a phase learned from it: it looks like another's",
    )  # fmt: skip
    specialise.add_argument(
        "--add", nargs="*", default=[], metavar="LOOK",
        help="change nothing but what is known: add synthetic images of these looks, as section or phase",
    )  # fmt: skip
    specialise.add_argument(
        "--keep-looks", action="store_true",
        help="change nothing but the networks: those of these phases are new, whose look is whose stays",
    )  # fmt: skip
    specialise.add_argument(
        "--reach", nargs="*", type=named_number, default=[], metavar="NAME=R",
        help="how far from what a model has learned its images may lie, where strangers are not to tell",
    )  # fmt: skip
    specialise.add_argument("-n", "--dry-run", action="store_true", help="tell, but write nothing")
    add_data(specialise)
    specialise.set_defaults(run=commands.run_specialise)

    select = group.add_parser("select", help="choose among checkpoints by F1 on val, or by cells found")
    select.add_argument("candidates", type=Path, nargs="+", help="files of weights, e.g. runs/*.pt")
    select.add_argument("--data", type=Path, help="folder of sets; its val split decides")
    select.add_argument("--unlabelled", type=Path, help="folder of images without labels: most cells wins")
    select.set_defaults(run=commands.run_select)

    ablate = group.add_parser("ablate", help="other networks under the same training: one table")
    ablate.add_argument("phase", type=Path, help="training/phases/ablate.toml")
    ablate.add_argument("--data", type=Path, required=True, help="folder of sets with images/ and labels/")
    ablate.add_argument("--steps", type=int, help="instead of the phase's")
    ablate.add_argument("--images", type=int, help="of val, at most, evenly picked; for a quick look")
    ablate.add_argument(
        "--frames", type=int, metavar="N",
        help="two networks on films instead, in samples of N consecutive frames; training/phases/frames.toml",
    )  # fmt: skip
    ablate.set_defaults(run=commands.run_ablate)

    card = group.add_parser("card", help="the parts of the model card that come from runs")
    card.add_argument("phases", type=Path, nargs="+", help="TOML files of the phases that made the weights")
    add_data(card)
    card.add_argument("--scores", type=Path, default=Path("out/scores/scores.md"), help="what `score` wrote")
    card.set_defaults(run=commands.run_card)

    gallery = group.add_parser("gallery", help="pictures of the worst cases, truth beside prediction")
    add_judged(gallery, "test")
    gallery.add_argument("--count", type=int, default=3, help="pictures per set")
    gallery.add_argument("-o", "--out", type=Path, default=Path("out/failures"))
    gallery.set_defaults(run=commands.run_gallery)


def add_data(command: argparse.ArgumentParser) -> None:
    """The two folders that nearly every command needs."""
    command.add_argument("--data", type=Path, required=True, help="folder of sets with images/ and labels/")
    command.add_argument("--runs", type=Path, default=Path("runs"), help="where checkpoints and logs go")


def add_judged(command: argparse.ArgumentParser, split: str) -> None:
    """What is judged, on what."""
    command.add_argument("--weights", default="compact", help="compact, official, or a folder or file")
    command.add_argument("--data", type=Path, required=True, help="folder of sets with images/ and labels/")
    command.add_argument("--split", default=split, help=f"of splits.csv ({split})")
    command.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])


def named_number(text: str) -> tuple[str, float]:
    """`NAME=VALUE` → the two."""
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError as cause:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=NUMBER") from cause
