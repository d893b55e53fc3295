"""All parts of a running server, made in their order and stopped in the other."""

from __future__ import annotations

import logging
import shutil

from ..cells import warm_up
from ..errors import MediarError
from ..network import budget_seconds, find_weights, parse_scales
from ..read import find_images
from .api import Api
from .intake import adopt
from .lanes import Lane
from .learning import Learner
from .predicting import Predictor
from .settings import Serving
from .store import Store

logger = logging.getLogger(__name__)


class Session:
    """The images, the jobs and the API on them."""

    def __init__(self, serving: Serving) -> None:
        """Raises UsageError, WeightsError or DeviceError before anything is served."""
        find_weights(serving.weights)
        budget_seconds(serving.budget, 1, 1)
        parse_scales(serving.scales)
        self.serving = serving
        self.store = Store(serving.session)
        try:
            for path in serving.session.glob("file-*"):  # downloads that a killed server did not end
                shutil.rmtree(path, ignore_errors=True)
            self.predictor = Predictor(serving, lambda name: self.learner.known(name))
            self.learner = Learner(serving, self.store, self.predictor.slow)
            self.api = Api(serving, self.store, self.predictor, self.learner)
        except BaseException:
            self.store.close()
            raise

    @property
    def lanes(self) -> tuple[Lane, Lane]:
        """Both queues."""
        return self.predictor.slow, self.predictor.quick

    def start(self) -> None:
        """Goes on with what the last server left, then with what this one was given."""
        self.predictor.quick.put("warm up", warm_up)
        for image in self.store.ordered():
            if image.meta.state in ("queued", "working"):
                self.predictor.resume(image)
            elif image.wants_tracking:
                self.predictor.track_soon(image)
        self.learner.resume()
        for path in find_images(self.serving.inputs):
            try:
                adopted = adopt(self.store, path, self.serving.limits)
            except (MediarError, OSError) as error:
                logger.error("%s", error)
                continue
            if adopted is not None:
                self.predictor.queue(adopted)
        for lane in self.lanes:
            lane.start()

    def stop(self, patience: float) -> None:
        """Whatever is going on is given up; it lies on the disk as queued."""
        for lane in self.lanes:
            lane.stopping.set()
        self.learner.end_input()
        for lane in self.lanes:
            lane.stop(patience)

    def close(self) -> None:
        """Another server may have the folder."""
        self.store.close()
