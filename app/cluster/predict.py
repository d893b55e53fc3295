"""The door: `run.predict` with another hand at the work."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec

from ..errors import UsageError
from ..network import budget_seconds
from ..run.predict import predict as predict_with
from ..settings import Job
from .folder import ClusterRun
from .tasks import Recipe


def predict(job: Job) -> int:
    """Labels every image of `job` on its workers; returns the exit status.

    Raises UsageError, WeightsError or DeviceError before any image is touched.
    """
    flag = "--scheduler" if job.scheduler else "--workers"
    if find_spec("distributed") is None:
        raise UsageError(f"{flag}: needs Dask, which is missing; add it with pip install 'mediar-box[dask]'")
    if job.stack:
        raise UsageError(f"--stack {job.stack}: its planes are one machine's work; leave {flag} out")
    exact = budget_seconds(job.budget, 1, 1) is None
    # the job that comes back is calibrated; workers do the same from what was asked for
    recipe = partial(
        Recipe, job.weights, job.settings, job.scales, job.specialist, job.device, job.windows, exact
    )
    return predict_with(
        job, lambda job, stems, identity, _: ClusterRun(job, stems, identity, recipe(identity))
    )
