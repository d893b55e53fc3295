"""Learn from corrections: `python -m training tune` as a process, on the images that a person corrected.

    session/learned/1/job.json          what was asked, what became of it
                      images/ labels/   links to what was uploaded; the labels as they stood
                      learned-1.safetensors

The process ends with its standard input, so it does not outlive a server that was killed; the next server
begins the same job again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Literal

from ..errors import RequestError
from ..system.files import clear_up, whole_file
from .lanes import Lane
from .saving import result_of, write_label
from .settings import Serving
from .store import Image, Store

logger = logging.getLogger(__name__)
PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parent  # of a checkout, where `training` lies beside `app`
FILE = "job.json"
WORDS = 300  # characters of a failure that are told
State = Literal["queued", "working", "done", "failed"]


def missing() -> str:
    """Why nothing can be learnt here, in one line; "" where it can."""
    advice = "use the image mediar-box:train, or a checkout with `make install`"
    if PACKAGE.name != "app" or not (ROOT / "training" / "tuning" / "run.py").is_file():
        return f"the training tools are not part of this installation: {advice}"
    absent = [name for name in ("torch", "monai") if find_spec(name) is None]
    return f"{' and '.join(absent)} not installed: {advice}" if absent else ""


@dataclass(frozen=True)
class Learning:
    """One job, as it lies on the disk."""

    number: int
    images: tuple[str, ...]  # ids
    start: str  # weights to begin with, as `Meta.weights`
    minutes: float
    steps: int | None = None  # ends it earlier
    state: State = "queued"
    attempts: int = 0
    error: str = ""
    done: int = 0  # steps
    before: float = 0.0  # F1 on images held back, or on those learnt from
    after: float = 0.0
    claim: bool = False  # whether images were held back
    stopped: bool = False  # by a person

    @property
    def name(self) -> str:
        """Of its weights, as `Meta.weights`."""
        return f"learned-{self.number}"


class Learner:
    """All jobs of a session; they wait in the lane of the network, since both want all cores."""

    def __init__(self, serving: Serving, store: Store, lane: Lane) -> None:
        self.serving = serving
        self.store = store
        self.lane = lane
        self.folder = serving.session / "learned"
        self.folder.mkdir(exist_ok=True)
        self.progress: dict[str, Any] = {}  # the last line of the process that is going on
        self.process: subprocess.Popen[str] | None = None
        self.wanted = threading.Event()  # cleared by a person who stops the job
        self.lock = threading.Lock()  # two browsers may begin at once
        self.jobs: dict[int, Learning] = {}
        for path in sorted(self.folder.glob(f"*/{FILE}")):
            clear_up(path.parent)
            try:
                values = json.loads(path.read_text())
                job = Learning(**{**values, "images": tuple(values["images"])})
            except (OSError, ValueError, TypeError, KeyError) as cause:
                logger.warning("%s: can't be read: %s", path, cause)
                continue
            self.jobs[job.number] = job

    def resume(self) -> None:
        """Jobs that a server left undone."""
        for job in list(self.jobs.values()):
            if job.state in ("queued", "working"):
                self.put(job)

    def known(self, name: str) -> str:
        """What `find_weights` takes for a name of ours; raises RequestError for one that isn't."""
        if not name:
            return self.serving.weights
        for job in self.jobs.values():
            if job.name == name and job.state == "done":
                return str(self.file(job))
        raise RequestError(f"weights '{name}': there are none of this name", 404)

    @property
    def names(self) -> list[str]:
        """Weights that were learnt here."""
        return [job.name for _, job in sorted(self.jobs.items()) if job.state == "done"]

    def file(self, job: Learning) -> Path:
        """Its weights."""
        return self.folder / str(job.number) / f"{job.name}.safetensors"

    def begin(self, images: Sequence[Image], start: str, minutes: float, steps: int | None) -> Learning:
        """Puts a job in the queue, with the labels as they are now.

        Raises RequestError where the tools are missing, another job is not over, or nothing was corrected.
        """
        if why := missing():
            raise RequestError(why, 501)
        with self.lock:
            return self.begin_one(images, start, minutes, steps)

    def begin_one(self, images: Sequence[Image], start: str, minutes: float, steps: int | None) -> Learning:
        """The same, one at a time."""
        if any(job.state in ("queued", "working") for job in self.jobs.values()):
            raise RequestError("it is learning already; wait or stop it", 409)
        if not images:
            raise RequestError("nothing was corrected yet; correct an image or mark one as right", 409)
        self.known(start)
        number = max(self.jobs, default=0) + 1
        folder = self.folder / str(number)
        for part in ("images", "labels"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        for image in images:
            result, record = result_of(image, image.id)
            write_label(result, folder / "labels", record)
            link = folder / "images" / f"{image.id}{image.file.suffix}"
            link.unlink(missing_ok=True)
            link.symlink_to(image.file.resolve())
        job = Learning(number, tuple(image.id for image in images), start, minutes, steps)
        self.write(job)
        self.put(job)
        return job

    def write(self, job: Learning) -> None:
        """On the disk first."""
        with whole_file(self.folder / str(job.number) / FILE) as partial:
            partial.write_text(json.dumps(asdict(job), indent=1))
        self.jobs[job.number] = job

    def put(self, job: Learning) -> None:
        """In the queue."""
        self.wanted.set()
        self.lane.put(job.name, lambda: self.run(job))

    def run(self, job: Learning) -> None:
        """The job from its process's first line to its last."""
        if not self.wanted.is_set():
            return
        if job.attempts >= self.serving.limits.attempts:
            why = "the server ended twice while it learnt; not tried again"
            self.write(replace(job, state="failed", error=why))
            return
        self.progress = {"progress": 0.0, "steps": 0}
        job = replace(job, state="working", attempts=job.attempts + 1)
        self.write(job)
        try:
            status, last, said = self.watch(job)
        except Exception as error:
            logger.exception("%s", job.name)
            self.write(replace(job, state="failed", error=str(error) or type(error).__name__))
            return
        if self.lane.stopping.is_set():  # the next server's to do, and no failed attempt
            self.write(replace(job, state="queued", attempts=job.attempts - 1))
        elif status == 0 and "after" in last:
            told = {key: last[key] for key in ("before", "after", "claim", "stopped")}
            self.write(replace(job, state="done", done=last["steps"], **told))
        elif not self.wanted.is_set():
            self.write(replace(job, state="failed", error="stopped before anything was learnt", stopped=True))
        else:
            self.write(replace(job, state="failed", error=said[-WORDS:] or f"ended with status {status}"))

    def watch(self, job: Learning) -> tuple[int, dict[str, Any], str]:
        """Runs the process; returns its status, its last JSON line and the last line of its errors."""
        folder = self.folder / str(job.number)
        command = [sys.executable, "-m", "training", "tune", "--watched"]
        command += ["-i", str(folder / "images"), "-l", str(folder / "labels"), "-o", str(self.file(job))]
        command += ["--minutes", f"{job.minutes:g}", "--weights", self.known(job.start)]
        command += [] if job.steps is None else ["--steps", str(job.steps)]
        with (folder / "log.txt").open("w+", encoding="utf-8") as log:
            # a session of its own: Ctrl-C is for the server, which then closes the input of this one
            with subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            ) as process:
                self.process = process
                if not self.wanted.is_set() or self.lane.stopping.is_set():  # while it was started
                    self.end_input()
                assert process.stdout is not None
                self.follow(process.stdout)
            self.process = None
            log.seek(0)
            lines = [line.strip() for line in log.read().splitlines() if line.strip()]
        return process.returncode, self.progress, lines[-1] if lines else ""

    def follow(self, lines: IO[str]) -> None:
        """Keeps the last line that is JSON."""
        for line in lines:
            with contextlib.suppress(ValueError):  # half a line of a process that was killed
                if line.startswith("{"):
                    self.progress = json.loads(line)

    def stop(self) -> None:
        """What was learnt so far is kept. Raises RequestError where nothing is being learnt."""
        going = [job for job in self.jobs.values() if job.state in ("queued", "working")]
        if not going:
            raise RequestError("nothing is being learnt", 409)
        self.wanted.clear()
        if self.lane.drop(going[0].name):
            self.write(replace(going[0], state="failed", error="stopped before it began", stopped=True))
        self.end_input()

    def end_input(self) -> None:
        """Ends the process, which writes what it has."""
        process = self.process
        if process is not None and process.stdin is not None:
            process.stdin.close()

    def told(self) -> list[dict[str, Any]]:
        """All jobs for a client, the last one first, with how far it is."""
        listed = []
        for _, job in sorted(self.jobs.items(), reverse=True):
            entry = {**asdict(job), "name": job.name}
            if job.state == "working":
                entry |= {key: self.progress.get(key) for key in ("progress", "loss", "f1")}
                entry["done"] = self.progress.get("steps", 0)
            listed.append(entry)
        return listed
