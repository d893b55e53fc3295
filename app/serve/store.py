"""The images of a session on the disk, each in a folder of its own.

    session/images/ID/image.json      meta.py
                      input.tif       as it was uploaded
                      look/           look.py
                      fields-ID/ cells-ID/            fields.py
                      edits.jsonl labels.npy …        working.py

A folder without image.json is an upload that did not end; it goes when the session is opened.
"""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import RequestError, UsageError
from ..run.names import output_stems
from ..system.claims import Claim, claim_of_living, hidden
from ..system.files import clear_up, make_folder
from .meta import FILE, Meta
from .working import Working, read_stamp

logger = logging.getLogger(__name__)
ID = re.compile(r"[0-9a-f]{12}")


class Image:
    """One image; `lock` is held by whoever looks at its labels or changes anything."""

    def __init__(self, folder: Path, meta: Meta, ours: Callable[[], bool]) -> None:
        """`ours` tells whether the session is still this server's."""
        self.folder = folder
        self.meta = meta
        self.ours = ours
        self.lock = threading.RLock()
        self.progress = 0.0  # of the job that is going on, 0 to 1
        self.gone = False  # deleted; whoever works on it stops
        self._working: Working | None = None
        self._told = read_stamp(folder)

    @property
    def counts(self) -> tuple[int | None, int]:
        """Cells, None where nobody has looked yet, and corrections that hold; opens nothing."""
        working = self._working
        if working is not None:
            return len(working.cells.ids), len(working.journal.edits)
        return self._told.get("cells"), self._told.get("edits", 0)

    @property
    def teaches(self) -> bool:
        """Whether something is to be learnt from it: a person said so, or corrected it and did not say no."""
        corrected = self.counts[1] > 0
        return bool(self.meta.cells) and (corrected if self.meta.checked is None else self.meta.checked)

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits."""
        return self.folder.name

    @property
    def file(self) -> Path:
        """What was uploaded."""
        return self.folder / self.meta.file

    def check(self) -> None:
        """Raises RequestError where another server has the session, as after this machine was asleep."""
        if not self.ours():
            raise RequestError("another server has taken the session over; stop this one, and ask that", 409)

    def update(self, **changes: Any) -> None:
        """Changes facts, on the disk first; as `check`."""
        with self.lock:
            self.check()
            meta = replace(self.meta, **changes)
            if not self.gone:
                meta.write(self.folder)
            self.meta = meta

    @property
    def working(self) -> Working:
        """Its labels; hold `lock`. Raises RequestError where there are none yet, and as `check`."""
        self.check()
        if self.gone:
            raise RequestError("this image was deleted", 404)
        if not self.meta.cells:
            raise RequestError(f"{self.meta.name}: its cells are not there yet", 409)
        if self._working is None:
            self._working = Working(self.folder, self.meta)
        return self._working

    def take(self, **changes: Any) -> None:
        """New cells (and fields) count from now on; what they replace goes."""
        with self.lock:
            if "fields" in changes and self.meta.cells:
                with contextlib.suppress(RequestError, OSError):
                    self.working.unstamp()  # its copy is what they were before, and is not changed any more
                    (self.folder / "labels.npy").replace(self.folder / "before.npy")
            self.update(**changes)
            self._working = None
            self._told = read_stamp(self.folder)
            self.sweep()

    def sweep(self) -> None:
        """Removes folders that do not count, and what killed processes left."""
        counting = {f"fields-{self.meta.fields}", f"cells-{self.meta.cells}"}
        for path in self.folder.iterdir():
            if path.name.startswith(("fields-", "cells-")) and path.name not in counting:
                shutil.rmtree(path, ignore_errors=True)
        clear_up(self.folder)

    @property
    def wants_tracking(self) -> bool:
        """Whether its thresholds are not those that its cells were tracked with."""
        return bool(self.meta.cells) and self.meta.made != self.meta.thresholds.tracked


class Store:
    """All images of a session, which is one server's alone."""

    def __init__(self, session: Path) -> None:
        """Opens or makes it; raises UsageError where another server has it or it can't be written."""
        self.folder = session / "images"
        make_folder(self.folder, UsageError, "choose another output folder")
        self.claim: Claim | None = claimed(session)
        self.lock = threading.RLock()
        self.images: dict[str, Image] = {}
        for folder in sorted(self.folder.iterdir()):
            if ID.fullmatch(folder.name):
                self.load(folder)

    def load(self, folder: Path) -> None:
        """One folder; what is no image, or a part of an upload, is removed."""
        if not (folder / FILE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            return
        try:
            image = Image(folder, Meta.read(folder), self.ours)
        except (OSError, ValueError, KeyError, TypeError) as cause:
            logger.warning("%s: is left out, since its %s can't be read: %s", folder, FILE, cause)
            return
        image.sweep()
        self.images[image.id] = image

    def ours(self) -> bool:
        """Whether no other server has it; false once it is closed."""
        claim = self.claim
        return claim is not None and claim.held()

    def close(self) -> None:
        """Another server may have it; harmless when done twice."""
        if self.claim is not None:
            mine, self.claim = self.claim, None
            mine.drop()

    def new_folder(self) -> Path:
        """An empty folder for an upload."""
        folder = self.folder / secrets.token_hex(6)
        folder.mkdir()
        return folder

    def add(self, folder: Path, meta: Meta) -> Image:
        """An upload that ended well; its name is made unique."""
        with self.lock:
            image = Image(folder, replace(meta, name=self.unique(meta.name)), self.ours)
            image.update()
            self.images[image.id] = image
            return image

    def unique(self, name: str) -> str:
        """`name`, or with -2, -3, … before its suffix where there is such an image."""
        taken = {image.meta.name for image in self.images.values()}
        path, number = Path(name), 2
        while name in taken:
            name, number = f"{path.stem}-{number}{path.suffix}", number + 1
        return name

    def get(self, image_id: str) -> Image:
        """Raises RequestError where there is none."""
        image = self.images.get(image_id)
        if image is None:
            raise RequestError("no such image", 404)
        return image

    def delete(self, image_id: str) -> None:
        """It and everything made of it, save files that were saved."""
        with self.lock:
            image = self.get(image_id)
            image.check()
            del self.images[image_id]
        with image.lock:
            image.gone = True
            # of a process that is killed after this line, the next one removes the rest
            (image.folder / FILE).unlink(missing_ok=True)
            shutil.rmtree(image.folder, ignore_errors=True)

    def ordered(self) -> list[Image]:
        """As they were added."""
        with self.lock:
            return sorted(self.images.values(), key=lambda image: (image.meta.added, image.id))

    def stem(self, image: Image) -> str:
        """Under which its files are saved, as `predict` would name them."""
        names = {Path(one.meta.name): one.id for one in self.ordered()}
        stems = output_stems(list(names))
        return next(stem for path, stem in stems.items() if names[path] == image.id)


def claimed(session: Path) -> Claim:
    """The session as ours alone; raises UsageError where another server has it or it can't be written."""
    try:
        mine = claim_of_living(hidden(session / "session"))
    except OSError as cause:
        raise UsageError(f"{session}: can't be written: {cause.strerror}; choose another folder") from cause
    if mine is None:
        raise UsageError(f"{session}: another server is using it; stop that one or choose another folder")
    return mine
