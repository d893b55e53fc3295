"""The two jobs that give an image its cells: by the network, and from what the network said once."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import MediarError
from ..network import Clock, Network, Progress, Weights, budget_seconds, choose_device
from ..read import open_image
from ..run.calibrated import chosen_weights
from ..settings import Windows
from .fields import make_cells, predict, setting_of
from .lanes import Abandoned, Lane
from .look import FOLDER as LOOK
from .look import make_look
from .settings import Serving
from .store import Image

logger = logging.getLogger(__name__)


class Predictor:
    """Puts images through the network, one at a time, and tracks them; both go on after a restart."""

    def __init__(self, serving: Serving, known: Callable[[str], str]) -> None:
        """`known` gives what stands for `Meta.weights`: a name or path of weights."""
        self.serving = serving
        self.known = known
        self.device = choose_device(serving.device)
        self.network: tuple[Weights, Network] | None = None
        self.image: Image | None = None  # that is in the network now
        self.slow = Lane("network")
        self.quick = Lane("tracking")

    def load(self, name: str) -> Network:
        """The network with the weights of this name; the last one is kept."""
        weights = chosen_weights(name, "calibrated", self.serving.scales)
        if self.network is None or self.network[0] != weights:
            exact = budget_seconds(self.serving.budget, 1, 1) is None
            network = Network.load(weights, self.device, Windows(), exact=exact)
            network.on_batch = self.after_batch
            self.network = weights, network
        return self.network[1]

    def after_batch(self, progress: Progress) -> None:
        """Shows how far it is, and stops where nobody wants the rest."""
        if self.image is not None:
            self.image.progress = min(progress.done / max(progress.windows, 1), 1.0)
        self.check()

    def check(self) -> None:
        """Raises Abandoned where the work is for nothing."""
        if self.slow.stopping.is_set() or (self.image is not None and self.image.gone):
            raise Abandoned

    def queue(self, image: Image) -> None:
        """An image for the network."""
        image.update(state="queued", error="", attempts=0)
        self.resume(image)

    def resume(self, image: Image) -> None:
        """The same, with its attempts as they are."""
        self.slow.put(image.id, lambda: self.run(image))

    def run(self, image: Image) -> None:
        """One image from its file to its cells; whatever fails costs this image and is told in its state."""
        if image.gone:
            return
        if image.meta.attempts >= self.serving.limits.attempts:
            self.fail(
                image, f"{image.meta.name}: the server ended twice while it worked on it; not tried again"
            )
            return
        image.progress, self.image = 0.0, image
        image.update(state="working", attempts=image.meta.attempts + 1)
        try:
            self.see(image)
        except Abandoned:
            if not image.gone:  # the server is stopped: it is the next one's to do, and no failed attempt
                image.update(state="queued", attempts=image.meta.attempts - 1)
            raise
        except MemoryError:
            self.fail(image, f"{image.meta.name}: out of memory; allow more, or cut the image")
        except (MediarError, OSError) as error:
            self.fail(image, str(error).replace(f"{image.folder}/{image.meta.file}", image.meta.name))
        except Exception as error:
            logger.exception("%s", image.meta.name)
            self.fail(image, f"{image.meta.name}: unexpected {type(error).__name__}: {error}")
        finally:
            self.image = None

    def see(self, image: Image) -> None:
        """Opens, draws, predicts, tracks."""
        name = self.known(image.meta.weights)
        with open_image(image.file) as source:
            shape = source.info.height, source.info.width
            image.update(height=shape[0], width=shape[1], notes=source.info.notes)
            if not (image.folder / LOOK).exists():
                make_look(source, image.folder)
            self.check()
            network = self.load(name)
            network.speed.window = None  # one slow start is not to cost all images their passes
            clock = Clock.start(budget_seconds(self.serving.budget, *shape))
            fields, cells = secrets.token_hex(4), secrets.token_hex(4)
            said = self.folder(image, "fields", fields)
            progress = predict(network, source, said, clock, self.serving.scales)
        before = setting_of(self.folder(image, "fields", image.meta.fields)).tracking
        chosen = setting_of(said).tracking
        made = image.meta.thresholds.following(before, chosen)
        make_cells(said, self.folder(image, "cells", cells), made, network.tracks_on)
        self.check()
        with image.lock:
            image.take(
                fields=fields,
                cells=cells,
                made=made.tracked,
                made_with=image.meta.weights or Path(self.serving.weights).name,
                thresholds=image.meta.thresholds.following(before, chosen),  # moved meanwhile, or not
                passes=str(progress),
                state="ready",
                attempts=0,
            )
        logger.info("%s: %d cells, %.1f s, %s", image.meta.name, count(image), clock.spent, progress)
        if image.wants_tracking:  # a slider was moved meanwhile
            self.track_soon(image)

    def fail(self, image: Image, message: str, **rest: Any) -> None:
        """What is told of an image that has no new cells; those that it had stay. `rest` is told with it."""
        logger.error("%s", message)
        image.update(state="failed", error=message, attempts=0, **rest)

    def track_soon(self, image: Image) -> None:
        """Cells by the thresholds that are wanted now, beside whatever the network does."""
        self.quick.put(image.id, lambda: self.track(image))

    def track(self, image: Image) -> None:
        """Until the cells are those of the thresholds; a slider that moves on meanwhile is followed."""
        while image.wants_tracking and not image.gone:
            fields, wanted = image.meta.fields, image.meta.thresholds
            cells = secrets.token_hex(4)
            into = self.folder(image, "cells", cells)
            try:
                make_cells(self.folder(image, "fields", fields), into, wanted)
            except (MediarError, OSError) as error:
                if image.meta.fields != fields or image.gone:
                    continue
                # the cells that are there stay, and so do the thresholds that they were made with
                probability, flow_error = image.meta.made
                kept = replace(image.meta.thresholds, probability=probability, flow_error=flow_error)
                self.fail(image, str(error), thresholds=kept)  # at once, or a page sees a half
                return
            with image.lock:
                if image.meta.fields == fields:  # else the network has said something new meanwhile
                    image.take(cells=cells, made=wanted.tracked)
                    count(image)  # looks at the labels once, before a person does

    @staticmethod
    def folder(image: Image, kind: str, name: str) -> Path:
        """Of an image's fields or cells."""
        return image.folder / f"{kind}-{name}"


def count(image: Image) -> int:
    """Cells that an image has now."""
    with image.lock:
        return len(image.working.cells.ids)
