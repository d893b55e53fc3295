"""What may be asked, request by request; openapi.py says the same in words."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from .. import __version__
from ..errors import RequestError
from . import describe
from .edits import parse
from .intake import receive
from .learning import Learner, missing
from .pictures import NEVER, Pictures
from .predicting import Predictor
from .saving import KINDS, save
from .settings import Serving
from .store import Image, Store

T = TypeVar("T")
LEAST_MINUTES = 0.1


class Api:
    """Requests to a session."""

    def __init__(self, serving: Serving, store: Store, predictor: Predictor, learner: Learner) -> None:
        self.serving, self.limits = serving, serving.limits
        self.store = store
        self.predictor = predictor
        self.learner = learner
        self.uploads = 0  # going on

    @property
    def routes(self) -> list[Route]:
        """Method and path → what does it."""
        image = "/api/images/{image}"
        return [
            Route("/api/state", self.state, methods=["GET"]),
            Route("/api/images", self.upload, methods=["POST"]),
            Route(image, self.show, methods=["GET"]),
            Route(image, self.delete, methods=["DELETE"]),
            *Pictures(self.store).routes,
            Route(f"{image}/cell", self.cell, methods=["GET"]),
            Route(f"{image}/thresholds", self.thresholds, methods=["PUT"]),
            Route(f"{image}/edits", self.edit, methods=["POST"]),
            Route(f"{image}/undo", self.undo, methods=["POST"]),
            Route(f"{image}/redo", self.redo, methods=["POST"]),
            Route(f"{image}/checked", self.checked, methods=["PUT"]),
            Route(f"{image}/predict", self.predict, methods=["POST"]),
            Route(f"{image}/save", self.save, methods=["POST"]),
            Route(f"{image}/files/{{kind}}", self.file, methods=["GET"]),
            Route("/api/tune", self.tune, methods=["POST"]),
            Route("/api/tune", self.stop_tuning, methods=["DELETE"]),
        ]

    async def state(self, request: Request) -> Response:
        """Everything that the page shows, and more of the image that is open."""
        opened = request.query_params.get("image", "")

        def tell() -> dict[str, Any]:
            return {
                "software": f"mediar-box {__version__}",
                "device": self.predictor.device.kind,
                "images": [describe.summary(image) for image in self.store.ordered()],
                "open": describe.detail(self.store.images[opened]) if opened in self.store.images else None,
                "queue": self.predictor.slow.keys,
                "weights": ["", *self.learner.names],
                "default_weights": Path(self.serving.weights).name,
                "learning": {"missing": missing(), "jobs": self.learner.told()},
            }

        return JSONResponse(await run_in_threadpool(tell), headers=NEVER)

    async def upload(self, request: Request) -> Response:
        """One image's file as the body."""
        if self.uploads >= self.limits.uploads:
            raise RequestError(f"{self.limits.uploads} uploads are going on; wait for one", 429)
        length = request.headers.get("content-length")
        if length is not None and not length.isdecimal():
            raise RequestError("Content-Length is no number")
        self.uploads += 1
        try:
            name = request.query_params.get("name", "")
            size = None if length is None else int(length)
            image = await receive(self.store, name, size, request.stream(), self.limits)
        except ClientDisconnect as cause:
            raise RequestError("the connection was lost") from cause
        finally:
            self.uploads -= 1
        await run_in_threadpool(self.predictor.queue, image)
        return JSONResponse(describe.summary(image), 201, headers=NEVER)

    async def show(self, request: Request) -> Response:
        """One image."""
        return await self.answer(request, describe.detail)

    async def delete(self, request: Request) -> Response:
        """Takes an image out of the session."""
        image = self.image(request)
        self.predictor.slow.drop(image.id)
        await run_in_threadpool(self.store.delete, image.id)
        return Response(status_code=204)

    async def cell(self, request: Request) -> Response:
        """One cell: by a place, or the next in the order of their scores."""
        asked = request.query_params

        def find(image: Image) -> dict[str, Any]:
            with image.lock:
                cells = image.working.cells
                if "x" in asked and "y" in asked:
                    x, y = number(asked["x"]), number(asked["y"])
                    inside = 0 <= x < image.meta.width and 0 <= y < image.meta.height
                    found = cells.at(x, y) if inside else 0
                elif "id" in asked:
                    found = int(number(asked["id"]))
                    found = found if 0 < found < len(cells.sizes) and cells.sizes[found] else 0
                else:
                    after, step = (int(number(asked.get(key, "0"))) for key in ("after", "step"))
                    found = describe.neighbour(cells, after, -1 if step < 0 else 1)
                if not found:
                    raise RequestError("there is no cell", 404)
                return describe.cell(cells, found)

        return await self.answer(request, find)

    async def thresholds(self, request: Request) -> Response:
        """Other thresholds: cells are left out at once, or tracked anew as soon as may be."""
        wanted = await self.json(request)

        def change(image: Image) -> dict[str, Any]:
            with image.lock:
                image.update(thresholds=image.meta.thresholds.changed(wanted))
                if image.meta.cells:
                    image.working.set_filter(image.meta)
                if image.wants_tracking:
                    self.predictor.track_soon(image)
            return describe.detail(image)

        return await self.answer(request, change)

    async def edit(self, request: Request) -> Response:
        """One correction."""
        body = await self.json(request)

        def change(image: Image) -> dict[str, Any]:
            with image.lock:
                working = image.working
                seen = body.get("version", working.version)
                if seen != working.version:
                    raise RequestError("the cells changed meanwhile, elsewhere; look again", 409)
                working.edit(parse(body, image.meta.shape, self.limits.points))
            return describe.detail(image)

        return await self.answer(request, change)

    async def undo(self, request: Request) -> Response:
        """Takes the last correction back."""
        return await self.answer(request, lambda image: self.step(image, "undo"))

    async def redo(self, request: Request) -> Response:
        """Does it again."""
        return await self.answer(request, lambda image: self.step(image, "redo"))

    @staticmethod
    def step(image: Image, way: str) -> dict[str, Any]:
        """Back or forth in the journal."""
        with image.lock:
            getattr(image.working, way)()
        return describe.detail(image)

    async def checked(self, request: Request) -> Response:
        """Whether a person says that all cells of an image are right."""
        value = (await self.json(request)).get("checked")
        if not (value is None or isinstance(value, bool)):
            raise RequestError("checked must be true, false or null")

        def change(image: Image) -> dict[str, Any]:
            image.update(checked=value)
            return describe.detail(image)

        return await self.answer(request, change)

    async def predict(self, request: Request) -> Response:
        """Runs the network again, also with other weights; corrections stay."""
        weights = (await self.json(request)).get("weights", "")
        if not isinstance(weights, str):
            raise RequestError("weights must be a name")

        def begin(image: Image) -> dict[str, Any]:
            self.learner.known(weights)
            if image.meta.state in ("queued", "working"):
                raise RequestError("it is in the queue already", 409)
            image.update(weights=weights)
            self.predictor.queue(image)
            return describe.detail(image)

        return await self.answer(request, begin)

    async def save(self, request: Request) -> Response:
        """Writes files into the output folder."""
        kinds = (await self.json(request)).get("kinds", ["labels", "rois", "geojson", "table"])
        if not isinstance(kinds, list) or not kinds or not set(map(str, kinds)) <= set(KINDS):
            raise RequestError(f"kinds must be some of {', '.join(KINDS)}")

        def write(image: Image) -> dict[str, Any]:
            folder = self.serving.output
            paths = save(image, self.store.stem(image), tuple(dict.fromkeys(kinds)), folder)
            return {"folder": str(folder), "files": [path.name for path in paths]}

        return await self.answer(request, write)

    async def file(self, request: Request) -> Response:
        """One file, made now."""
        image, kind = self.image(request), request.path_params["kind"]
        if kind not in KINDS:
            raise RequestError(f"'{kind}': there are {', '.join(KINDS)}", 404)
        folder = Path(tempfile.mkdtemp(prefix="file-", dir=self.serving.session))

        def write() -> Path:
            try:
                return save(image, self.store.stem(image), (kind,), folder)[0]
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise

        path = await run_in_threadpool(write)
        gone = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
        return FileResponse(
            path, media_type=KINDS[kind][1], filename=path.name, headers=NEVER, background=gone
        )

    async def tune(self, request: Request) -> Response:
        """Begins to learn from the images that were corrected."""
        body = await self.json(request)
        minutes, steps = body.get("minutes", 5.0), body.get("steps")
        most = self.limits.minutes
        if not isinstance(minutes, int | float) or not LEAST_MINUTES <= minutes <= most:
            raise RequestError(f"minutes must be a number from {LEAST_MINUTES:g} to {most:g}")
        if steps is not None and (not isinstance(steps, int) or not 1 <= steps <= 100_000):
            raise RequestError("steps must be a whole number from 1 to 100000")
        start = body.get("weights", "")
        if not isinstance(start, str):
            raise RequestError("weights must be a name")

        def begin() -> dict[str, Any]:
            images = [image for image in self.store.ordered() if image.teaches]
            self.learner.begin(images, start, float(minutes), steps)
            return self.learner.told()[0]

        return JSONResponse(await run_in_threadpool(begin), 202, headers=NEVER)

    async def stop_tuning(self, _: Request) -> Response:
        """Ends it; what was learnt so far is kept."""
        await run_in_threadpool(self.learner.stop)
        return Response(status_code=204)

    async def answer(self, request: Request, work: Callable[[Image], T]) -> Response:
        """What `work` says of the image of the request, done in a thread."""
        return JSONResponse(await run_in_threadpool(work, self.image(request)), headers=NEVER)

    def image(self, request: Request) -> Image:
        """That of the request; raises RequestError where there is none."""
        return self.store.get(request.path_params["image"])

    async def json(self, request: Request) -> dict[str, Any]:
        """The body as an object; raises RequestError where it is too large or none."""
        data = b""
        async for chunk in request.stream():
            data += chunk
            if len(data) > self.limits.body:
                raise RequestError(f"larger than {self.limits.body} bytes", 413)
        try:
            body = json.loads(data or b"{}")
        except (ValueError, RecursionError):
            raise RequestError("the body is no JSON") from None
        if not isinstance(body, dict):
            raise RequestError("the body must be a JSON object")
        return body


def number(text: str) -> float:
    """A number of an address; raises RequestError."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < 2**31:
        raise RequestError(f"'{text[:40]}' is no number")
    return value
