"""Workers: a cluster of processes on this machine, or one that others have started."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import UsageError
from ..network.engines.device import cuda_devices
from ..settings import Job
from ..system.machine import memory_limit

if TYPE_CHECKING:
    from distributed import Client

logger = logging.getLogger(__name__)

PATIENCE = 30  # s for a scheduler to answer
# What tasks hold is not Dask's to write to disk, and a worker that it pauses or ends for its memory never
# comes back: each plans with its own limit before it begins an image.
HANDS_OFF = {f"distributed.worker.memory.{what}": False for what in ("target", "spill", "pause", "terminate")}


@contextmanager
def connected(job: Job) -> Iterator[Client]:
    """A client of the cluster that `job` names, or of one that lives as long as the block.

    Raises UsageError where there is no scheduler at the address, or another version works there.
    """
    import dask
    from distributed import Client

    with dask.config.set(HANDS_OFF):
        where: Any = job.scheduler or local(job.workers, gpu=job.device != "cpu")
        try:
            client = Client(where, timeout=PATIENCE, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as cause:
            raise UsageError(
                f"--scheduler {job.scheduler}: nobody answers there ({cause}); start dask scheduler, or use "
                "--workers N"
            ) from cause
        try:
            if not job.scheduler:
                client.register_plugin(own_cores(job.workers))
            logger.info("workers: %d, dashboard %s", len(client.nthreads()), client.dashboard_link)
            check_versions(client)
            yield client
        finally:
            client.close()
            if not job.scheduler:
                where.close()


def local(workers: int, *, gpu: bool) -> Any:
    """A cluster of processes; GPUs are dealt out, one worker each while they last."""
    from distributed import Nanny, Scheduler, SpecCluster

    gpus = visible_gpus() if gpu else []
    if gpus and workers > len(gpus):
        logger.warning("%d workers share %d GPUs; as many workers as GPUs are faster", workers, len(gpus))
    options = {"nthreads": 1, "memory_limit": memory_limit() // workers, "host": "127.0.0.1"}
    nannies = {
        number: {
            "cls": Nanny,
            "options": {
                **options,
                "env": {"CUDA_VISIBLE_DEVICES": gpus[number % len(gpus)]} if gpus else {},
            },
        }
        for number in range(workers)
    }
    scheduler = {"cls": Scheduler, "options": {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}}
    return SpecCluster(workers=nannies, scheduler=scheduler, silence_logs=logging.ERROR, name="mediar-box")


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    return named.split(",") if named else [str(number) for number in range(cuda_devices())]


def own_cores(workers: int) -> Any:
    """A plugin that gives each worker its share of this machine's cores, as a container's limit would."""
    from distributed import WorkerPlugin

    class OwnCores(WorkerPlugin):
        """Threads inherit it: the engine then starts as many as it has cores."""

        name = "own-cores"

        def setup(self, worker: Any) -> None:
            cores = sorted(os.sched_getaffinity(0))
            number = int(worker.name)
            mine = cores[number::workers] if workers <= len(cores) else [cores[number % len(cores)]]
            os.sched_setaffinity(0, mine)

    return OwnCores()


def check_versions(client: Client) -> None:
    """Raises UsageError where a worker has another version of this package, whose labels might differ."""
    from .tasks import version

    for worker, theirs in client.run(version).items():
        if theirs != __version__:
            raise UsageError(
                f"worker {worker}: has mediar-box {theirs}, this is {__version__}; start one version"
            )
