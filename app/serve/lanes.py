"""Work in a queue, one piece at a time; what is waiting is told by its key."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ..errors import MediarError

logger = logging.getLogger(__name__)


class Abandoned(Exception):  # noqa: N818 (nothing went wrong)
    """A job's image was deleted, or the server is being stopped."""


class Lane:
    """One thread that does what is put, in order; the same key twice is one piece of work."""

    def __init__(self, name: str) -> None:
        self.condition = threading.Condition()
        self.waiting: dict[str, Callable[[], None]] = {}
        self.current: str | None = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, name=name, daemon=True)

    def start(self) -> None:
        """From here on it works."""
        self.thread.start()

    def put(self, key: str, work: Callable[[], None]) -> None:
        """`work` after all that waits; in place of what waits under the same key."""
        with self.condition:
            self.waiting[key] = work
            self.condition.notify_all()

    def drop(self, key: str) -> bool:
        """Whether it was still waiting, and now is not."""
        with self.condition:
            return self.waiting.pop(key, None) is not None

    @property
    def keys(self) -> list[str]:
        """The one that is worked on, and those that wait, in order."""
        with self.condition:
            return ([self.current] if self.current else []) + list(self.waiting)

    def run(self) -> None:
        """The thread; a job that fails has said so itself, and costs no other."""
        while True:
            with self.condition:
                self.current = None
                self.condition.wait_for(lambda: self.waiting or self.stopping.is_set())
                if self.stopping.is_set():
                    return
                self.current = next(iter(self.waiting))
                work = self.waiting.pop(self.current)
            try:
                work()
            except Abandoned:
                pass
            except MediarError as error:  # even its state could not be told: the session is another's
                logger.error("%s", error)
            except Exception:
                logger.exception("a job failed in a way that nobody expected")

    def stop(self, patience: float) -> None:
        """Asks the thread to end and waits for it; what it has not done stays on the disk as queued."""
        self.stopping.set()
        with self.condition:
            self.condition.notify_all()
        if self.thread.is_alive():
            self.thread.join(patience)
