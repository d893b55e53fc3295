"""What a person or a log collector sees: standard error only."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from ..network import Progress

OURS = logging.getLogger(__name__.partition(".")[0])  # app, or mediar_box where it is installed
WINDOWS_SHOWN_FROM = 200  # windows; fewer are over before a bar of their own can be read


class JsonLines(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """time (UTC, ISO 8601), level, message, and traceback where one is."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": moment, "level": record.levelname, "message": record.getMessage()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


class PlainLines(logging.Formatter):
    """The message; its level ahead of it where it is a warning or worse."""

    def format(self, record: logging.LogRecord) -> str:
        """`warning: …`, `error: …` or the bare message, always one line, with a traceback where one is."""
        message = record.getMessage().replace("\n", "\\n")
        if record.levelno > logging.INFO:
            message = f"{record.levelname.lower()}: {message}"
        return message if not record.exc_info else f"{message}\n{self.formatException(record.exc_info)}"


def set_up_output() -> None:
    """Lets standard output carry any file name, also one of bytes that are no UTF-8, byte for byte."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")


def set_up_logging(*, quiet: bool, debug: bool, json_lines: bool) -> None:
    """Sends the package's messages to standard error; `quiet` leaves warnings and errors."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if json_lines else PlainLines())
    OURS.handlers[:] = [handler]
    OURS.propagate = False
    OURS.setLevel(logging.WARNING if quiet else logging.DEBUG if debug else logging.INFO)


class Bars:
    """A bar for the images and one for the windows or parts of a large one, on a terminal only."""

    def __init__(self, *, wanted: bool) -> None:
        self.shown = wanted and sys.stderr.isatty()
        self.images: Any = None
        self.windows: Any = None
        self.current: Progress | None = None

    @contextmanager
    def over(self, total: int) -> Iterator[None]:
        """Shows the bars inside the block, and lets log lines pass above them."""
        if not self.shown:
            yield
            return
        from tqdm import tqdm
        from tqdm.contrib.logging import logging_redirect_tqdm

        with (
            logging_redirect_tqdm([OURS]),
            tqdm(total=total, unit="image") as self.images,
        ):
            yield
            self.close_windows()
        self.images = None

    def image_done(self) -> None:
        """One image further, however it ended."""
        if self.images is not None:
            self.images.update()

    def batch_done(self, progress: Progress) -> None:
        """Some windows further in the current image."""
        if self.images is None or progress.windows < WINDOWS_SHOWN_FROM:
            return
        if progress is not self.current:
            from tqdm import tqdm

            self.close_windows()
            self.current = progress
            self.windows = tqdm(total=progress.windows, unit="window", leave=False)
        self.windows.n = progress.done
        self.windows.refresh()

    def parts_done(self, done: int, total: int) -> None:
        """How many parts of a slide workers have done."""
        if self.images is None or not total:
            return
        if self.windows is None:
            from tqdm import tqdm

            self.windows = tqdm(total=total, unit="part", leave=False)
        if self.windows.n != done:
            self.windows.n = done
            self.windows.refresh()

    def close_windows(self) -> None:
        """Takes the bar of one image away."""
        if self.windows is not None:
            self.windows.close()
            self.windows = None
