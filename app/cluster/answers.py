"""A task's result, or what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from ..errors import ClusterError

if TYPE_CHECKING:
    from distributed import Client, Future

POLL = 0.05  # s between looks; our own, so that a signal is heard meanwhile
SILENCE = 60.0  # s without a scheduler after which it is given up


def wait_for(client: Client, future: Future, check: Callable[[], None]) -> None:
    """Returns when a task is over, one way or the other; `check` may raise meanwhile.

    Raises ClusterError where the scheduler is gone.
    """
    while not finished(client, future):
        check()
        time.sleep(POLL)


def finished(client: Client, future: Future) -> bool:
    """Whether a task is over, one way or the other. Raises ClusterError where nobody can tell any more."""
    if future.done():
        return True
    check_connection(client)
    return False


def check_connection(client: Client) -> None:
    """Raises ClusterError where there is nobody to ask any more."""
    if client.status in ("closed", "closing") or client.scheduler is None:
        raise lost("its connection is closed")


def taken(future: Future) -> Any:
    """The result of a task that is over; raises what it raised, ClusterError where it was lost."""
    from distributed.comm.core import CommClosedError  # fetching raises it without a scheduler

    try:
        return future.result(timeout=SILENCE)
    except (CancelledError, TimeoutError, CommClosedError) as cause:
        raise lost(str(cause) or type(cause).__name__) from cause


def count_workers(client: Client) -> int:
    """How many there are, at least one, as the scheduler says; raises ClusterError where it is gone."""
    try:
        return max(len(client.nthreads()), 1)
    except (OSError, TimeoutError, CancelledError) as cause:  # a closed connection is an OSError
        raise lost(str(cause) or type(cause).__name__) from cause


def lost(why: str) -> ClusterError:
    """The one line for every way in which a cluster goes away."""
    return ClusterError(
        f"the cluster was lost: {why}; what is done is kept: start it and run the same command again"
    )


def reason(error: BaseException) -> str:
    """Why a task failed, in a few words."""
    from distributed.scheduler import KilledWorker

    if isinstance(error, KilledWorker):
        return f"{error.allowed_failures + 1} workers died of it, as they do where memory is short"
    return f"{type(error).__name__}: {error}"
