"""SIGTERM and Ctrl-C: a note that is read between batches, so that nothing is cut in half."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(BaseException):
    """Raised between batches once a signal came; not an Exception, so no image's handler takes it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class Stop:
    """Whether a signal came. A second one ends the process at once, as if nobody listened."""

    def __init__(self) -> None:
        self.number = 0

    def check(self) -> None:
        """Raises Stopped where a signal came."""
        if self.number:
            raise Stopped(self.number)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listens to SIGINT and SIGTERM inside the block."""
        before = {number: signal.signal(number, self.note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def note(self, number: int, _frame: FrameType | None) -> None:
        self.number = number
        signal.signal(number, signal.SIG_DFL)
