"""The command: folder of pairs, environments, networks in processes of their own, scores, table."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import benchmarks.peers
from app.errors import MediarError, UsageError
from app.system.files import make_folder
from benchmarks.peers.environments import environment, last_line
from benchmarks.peers.exchange import read_done
from benchmarks.peers.export import SETS, export
from benchmarks.peers.scoring import Row, score, table

HERE = Path(__file__).parent
ROOT = HERE.parents[1]  # modules are named from here
NETWORKS = {"mediar": "", "maskrcnn": "", "cellpose": "cellpose.txt", "stardist": "stardist.txt"}
THREADS = dict.fromkeys(
    (
        *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"),
        *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
    ),
    "1",
)


@dataclass(frozen=True)
class Job:
    """What is asked of every network."""

    data: Path  # folder of pairs
    out: Path
    minutes: float


def main(arguments: list[str] | None = None) -> int:
    """Runs what is not done yet; prints the table."""
    chosen = options(arguments)
    out = chosen.output.absolute()
    try:
        if not chosen.minutes > 0:
            raise UsageError(f"--minutes {chosen.minutes:g}: give a number above 0")
        make_folder(out, UsageError, "choose another output folder")
        # other choices are another folder, so that no network is scored on images of an earlier call
        data = out / f"pairs-{'-'.join(chosen.sets)}-{chosen.most}-{chosen.per_set}"
        export(chosen.data, data, chosen.sets, chosen.most, chosen.per_set)
    except MediarError as fault:
        print(fault, file=sys.stderr)
        return 2
    job = Job(data, out, chosen.minutes)
    rows = run_all(chosen.networks, job, chosen.beside)
    print(table(rows))
    return int(len({row.done.name for row in rows}) < len(chosen.networks))


def options(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description=benchmarks.peers.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of sets with a splits.csv")
    parser.add_argument("-o", "--output", type=Path, required=True, help="environments, pairs and results")
    parser.add_argument("--minutes", type=float, default=8, help="of CPU time, for each network")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--most", type=int, default=100, help="images of a set that are learnt from")
    parser.add_argument("--per-set", type=int, default=6, help="val images of a set that are judged")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS), metavar="NAME")
    parser.add_argument("--beside", type=int, default=1, help="networks at a time, each on a core of its own")
    return parser.parse_args(arguments)


def run_all(networks: list[str], job: Job, beside: int) -> list[Row]:
    """The rows of every network that came to an end; of another there is a line on standard error."""
    cores: SimpleQueue[int] = SimpleQueue()
    for core in own_cores()[:beside]:
        cores.put(core)

    def one(name: str) -> list[Row]:
        core = cores.get()
        try:
            return run(name, job, core)
        except MediarError as fault:
            print(f"{name} has no row: {fault}", file=sys.stderr, flush=True)
            return []
        finally:
            cores.put(core)

    with ThreadPoolExecutor(beside) as pool:
        return [row for rows in pool.map(one, networks) for row in rows]


def own_cores() -> list[int]:
    """Numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def run(name: str, job: Job, core: int) -> list[Row]:
    """Trains one network unless that is done, and scores it; raises UsageError where it fails."""
    out = job.out / f"{name}-{job.minutes:g}-{job.data.name}"
    if read_done(out) is None:
        python = Path(sys.executable)
        if NETWORKS[name]:
            python = environment(HERE / NETWORKS[name], job.out / f"venv-{name}")
        train(name, python, job, out, core)
    done = read_done(out)
    if done is None:
        raise UsageError(f"{out}: ended without {name}'s result; see log.txt there and run it again")
    return score(job.data, out, done)


def train(name: str, python: Path, job: Job, out: Path, core: int) -> None:
    """A network's process, from its first step to its last label file; its words go to `out/log.txt`."""
    make_folder(out, UsageError, "choose another output folder")
    for old in out.glob("*.ckpt"):
        old.unlink()  # time spent before it was stopped is not known any more
    command = [str(python), "-m", f"benchmarks.peers.train_{name}"]
    command += ["--data", str(job.data), "--out", str(out)]
    command += ["--minutes", str(job.minutes), "--core", str(core)]
    own = {"CELLPOSE_LOCAL_MODELS_PATH": str(out), "CUDA_VISIBLE_DEVICES": "", "PYTHONNOUSERSITE": "1"}
    log = out / "log.txt"
    with log.open("w") as words:
        # Linux shares cores out among sessions: in one of its own a network gets as much as any other job
        status = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | THREADS | own,
            stdout=words,
            stderr=words,
            check=False,
            start_new_session=True,
        ).returncode
    if status:
        raise UsageError(
            f"{log}: {name} ended with status {status} ({last_line(log.read_text())}); run it again"
        )


if __name__ == "__main__":
    sys.exit(main())
