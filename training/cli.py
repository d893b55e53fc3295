"""The command line of training: one function a command, heavy imports inside."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from app.errors import MediarError


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
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    fit = commands.add_parser("fit", help="train one phase, or go on where it stopped")
    fit.add_argument("phase", type=Path, help="a TOML file, see training/phases")
    add_data(fit)
    fit.add_argument("--relabelled", type=Path, help="folder that `relabel` wrote, in place of those labels")
    fit.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    fit.set_defaults(run=run_fit)

    plot = commands.add_parser("plot", help="draw the learning curve of a run's log")
    plot.add_argument("log", type=Path, help="runs/<phase>.csv")
    plot.set_defaults(run=run_plot)

    discover = commands.add_parser("discover", help="find modalities: k-means on the encoder's embeddings")
    discover.add_argument("--weights", type=Path, required=True, help="runs/phase1.pt")
    discover.add_argument("--clusters", type=int, default=40, help="k (40, as the paper)")
    add_data(discover)
    discover.set_defaults(run=run_discover)

    export = commands.add_parser(
        "export", help="write checkpoints as the weights that the repository carries"
    )
    export.add_argument(
        "checkpoints", nargs="+", type=Path, metavar="PT", help="runs/<phase>.pt, one a model"
    )
    export.add_argument(
        "--data", type=Path, required=True, help="the sets they were trained on, for the card"
    )
    export.add_argument("--score", action="append", type=score, default=[], metavar="NAME=VALUE")
    export.add_argument("--name", default="compact", help="what --weights calls them")
    export.add_argument("--folder", type=Path, default=Path("weights"), help="where they and index.json go")
    export.set_defaults(run=run_export)
    return top


def add_data(command: argparse.ArgumentParser) -> None:
    """The two folders that nearly every command needs."""
    command.add_argument("--data", type=Path, required=True, help="folder of sets with images/ and labels/")
    command.add_argument("--runs", type=Path, default=Path("runs"), help="where checkpoints and logs go")


def run_fit(chosen: argparse.Namespace) -> None:
    from training.data import find_pairs, load_samples
    from training.fit import fit
    from training.settings import Phase

    phase = Phase.load(chosen.phase)
    samples = load_samples(find_pairs(chosen.data, "train", chosen.relabelled))
    print(fit(phase, samples, chosen.runs, chosen.device))


def run_plot(chosen: argparse.Namespace) -> None:
    from training.log import plot

    print(plot(chosen.log))


def run_discover(chosen: argparse.Namespace) -> None:
    from training.data import find_pairs
    from training.discover import discover

    print(discover(chosen.weights, find_pairs(chosen.data, "train"), chosen.clusters, chosen.runs))


def run_export(chosen: argparse.Namespace) -> None:
    from training.export import export

    weights = export(chosen.checkpoints, chosen.data, dict(chosen.score), chosen.folder, chosen.name)
    for member in weights.members:
        print(f"{member.file} {member.sha256}")


def score(text: str) -> tuple[str, float]:
    """`NAME=VALUE` → a line of the model card."""
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError as cause:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=NUMBER") from cause
