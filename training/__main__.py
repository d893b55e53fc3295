"""`python -m training fit PHASE.toml --data DIR --runs DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training")
    commands = parser.add_subparsers(required=True)
    fit = commands.add_parser("fit", help="train one phase, or go on where it stopped")
    fit.add_argument("phase", type=Path, help="a TOML file, see training/phases")
    fit.add_argument("--data", type=Path, required=True, help="folder of sets with images/ and labels/")
    fit.add_argument("--runs", type=Path, default=Path("runs"), help="where checkpoints and logs go")
    fit.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    arguments = parser.parse_args()

    from training.data import find_pairs, load_samples
    from training.fit import fit as run
    from training.settings import Phase

    samples = load_samples(find_pairs(arguments.data, "train"))
    print(run(Phase.load(arguments.phase), samples, arguments.runs, arguments.device))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
