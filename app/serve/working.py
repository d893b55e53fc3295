"""The labels of one image as they stand: what tracking found, less what is left out, with all corrections.

    cells-ID/    labels.npy, scores.npy     as tracked; another folder takes its place when tracked anew
    edits.jsonl                             the journal
    labels.npy                              as they stand: no more than a copy of the two, changed in place
    labels.json                             what that copy was made of; gone while it is being changed

A process that is killed at any moment leaves at worst a copy that nobody vouches for, and the next one makes
it again from the other two.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import RequestError
from ..system.files import whole_file
from .cells import Cells
from .edits import Change, Edit, change, meant
from .journal import Journal
from .meta import Meta

FORM = 1  # of labels.json; of another one nobody here can vouch
KEPT = 200  # changes that can be taken back without making everything again
BAND = 512  # rows that are filtered at once


class Working:
    """The current labels of an image that is ready; one thread at a time."""

    def __init__(self, folder: Path, meta: Meta) -> None:
        self.folder = folder
        self.journal = Journal(folder / "edits.jsonl")
        self.tracked = folder / f"cells-{meta.cells}"
        self.base: NDArray[np.int32] = np.load(self.tracked / "labels.npy", mmap_mode="r")
        self.base_scores: NDArray[np.float32] = np.load(self.tracked / "scores.npy")
        self.changes: deque[Change | None] = deque(maxlen=KEPT)  # of the last edits; None was passed over
        self.thresholds = meta.thresholds
        self.passed_over = 0
        path = folder / "labels.npy"
        told = read_stamp(folder)
        if told.get("stamp") == self.stamp() and path.exists():
            self.file: np.memmap[Any, np.dtype[np.int32]] = np.load(path, mmap_mode="r+")
            more = told["last"] - len(self.base_scores)
            scores = np.pad(self.base_scores, (0, more), constant_values=1)  # those of people are sure
            self.cells = Cells(np.asarray(self.file), scores)
        else:
            self.rebuild()

    def stamp(self) -> dict[str, object]:
        """What the labels are made of; equal stamps mean equal labels."""
        wanted = self.thresholds
        return {
            "cells": self.tracked.name,
            "score": wanted.score,
            "smallest": wanted.smallest,
            "lines": self.journal.lines,
            "form": FORM,
        }

    @property
    def version(self) -> str:
        """Names the labels in the addresses of tiles."""
        return hashlib.sha256(json.dumps(self.stamp()).encode()).hexdigest()[:12]

    def found(self) -> object:
        """The stamp beside the labels on the disk."""
        return read_stamp(self.folder).get("stamp")

    def rebuild(self) -> None:
        """Makes the labels from the tracked ones and the journal."""
        self.unstamp()
        self.changes.clear()
        path = self.folder / "labels.npy"
        new = path.with_name("labels.new.npy")
        labels = np.lib.format.open_memmap(new, "w+", np.int32, self.base.shape)
        table = self.kept()
        for y in range(0, len(self.base), BAND):
            labels[y : y + BAND] = table[self.base[y : y + BAND]]
        new.replace(path)  # who still reads the old pixels keeps them
        self.file = labels
        self.cells = Cells(np.asarray(labels), self.base_scores)
        self.passed_over = 0
        for edit in self.journal.edits:
            self.replay(edit)
        self.write_stamp()

    def kept(self) -> NDArray[np.int32]:
        """`(N + 1,)`: each tracked id, or 0 where a threshold leaves it out."""
        ids = np.arange(len(self.base_scores) + 1, dtype=np.int32)
        sizes = np.load(self.tracked / "sizes.npy")
        scores = np.concatenate([np.zeros(1, np.float32), self.base_scores])
        wanted = self.thresholds
        return np.where((scores >= wanted.score) & (sizes >= wanted.smallest), ids, 0).astype(np.int32)

    def replay(self, edit: Edit) -> None:
        """An edit that was accepted once; one that has nothing to say today is passed over."""
        try:
            done = change(edit, self.cells, new=self.next_id)
        except RequestError:
            self.passed_over += 1
            self.changes.append(None)
            return
        self.cells.put(done.box, done.after)
        self.changes.append(done)

    @property
    def next_id(self) -> int:
        """That of the next new cell: above all tracked ones, and above all that were made since."""
        return len(self.cells.scores)

    def edit(self, edit: Edit) -> None:
        """A person's correction; raises RequestError, with nothing changed, where it can't be."""
        edit = meant(edit, self.cells)
        done = change(edit, self.cells, new=self.next_id)
        self.journal.add(edit)
        self.unstamp()
        self.cells.put(done.box, done.after)
        self.changes.append(done)
        self.write_stamp()

    def undo(self) -> None:
        """Takes the last correction back; raises RequestError where there is none."""
        self.journal.undo()
        if not self.changes:
            self.rebuild()
            return
        done = self.changes.pop()
        self.unstamp()
        if done is not None:
            self.cells.put(done.box, done.before)
            new = np.setdiff1d(done.after, done.before)
            if new.size:  # the last ids that were given: the next edit gets them, as after a restart
                self.cells.forget_from(int(new.min()))
        self.write_stamp()

    def redo(self) -> None:
        """Does the last undone correction again; raises RequestError where there is none."""
        edit = self.journal.redo()
        self.unstamp()
        self.replay(edit)
        self.write_stamp()

    def unstamp(self) -> None:
        """From here on nobody vouches for the labels on the disk."""
        (self.folder / "labels.json").unlink(missing_ok=True)

    def write_stamp(self) -> None:
        """They are whole again, and on the disk: not even a power cut parts them from their stamp."""
        self.file.flush()
        with whole_file(self.folder / "labels.json") as partial:
            told = {
                "stamp": self.stamp(),
                "cells": len(self.cells.ids),
                "edits": len(self.journal.edits),
                "last": self.next_id - 1,
            }
            partial.write_text(json.dumps(told))

    def set_filter(self, meta: Meta) -> None:
        """Other thresholds of score and size."""
        self.thresholds = meta.thresholds
        if self.found() != self.stamp():
            self.rebuild()


def read_stamp(folder: Path) -> dict[str, Any]:
    """What is said of an image's labels without opening them; empty where nobody vouches for them."""
    with contextlib.suppress(OSError, ValueError):
        told: dict[str, Any] = json.loads((folder / "labels.json").read_text())
        return told
    return {}
