"""A cluster without processes: tasks travel as bytes, and run here in an order that chance deals out."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from app.settings import Job


class Task:
    """A future of an `Inline`."""

    def __init__(self, client: Inline, work: bytes, retries: int) -> None:
        self.client, self.work, self.retries = client, work, retries
        self.over, self.value, self.error = False, None, None

    def run(self) -> None:
        function, arguments = pickle.loads(self.work)
        for _ in range(self.retries + 1):
            self.error = None
            try:
                self.value = pickle.loads(pickle.dumps(function(*arguments)))
                break
            except Exception as error:
                self.error = pickle.loads(pickle.dumps(error))
        self.over = True

    def done(self) -> bool:
        """Whether it is over; another task may have its turn first."""
        if not self.over:
            self.client.work()
        return self.over

    def result(self, timeout: float) -> Any:
        del timeout
        if self.error is not None:
            raise self.error
        return self.value


class Inline:
    """Stands where a client of Dask does."""

    status, scheduler = "running", "there"

    def __init__(self, seed: int = 0, workers: int = 2) -> None:
        self.random, self.workers = random.Random(seed), workers
        self.waiting: list[Task] = []
        self.most = 0  # tasks that waited at once
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    def submit(self, function: Callable[..., Any], *arguments: Any, retries: int = 0, **_: Any) -> Task:
        task = Task(self, pickle.dumps((function, arguments)), retries)
        self.asked.append((function.__name__, arguments))
        self.waiting.append(task)
        self.most = max(self.most, len(self.waiting))
        return task

    def work(self) -> None:
        """Any one of the tasks that wait."""
        self.waiting.pop(self.random.randrange(len(self.waiting))).run()

    def nthreads(self) -> dict[str, int]:
        return dict.fromkeys(map(str, range(self.workers)), 1)

    def cancel(self, futures: list[Task]) -> None:
        self.waiting = [task for task in self.waiting if task not in futures]

    @contextmanager
    def connected(self, _: Job) -> Iterator[Inline]:
        """In the place of `app.cluster.connect.connected`."""
        yield self
