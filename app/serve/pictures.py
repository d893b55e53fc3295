"""Tiles that may be asked for: the pixels, the contours, and the contours as they were before."""

from __future__ import annotations

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..errors import RequestError
from .look import level_count, open_level
from .store import Image, Store
from .tiles import cell_tile, image_tile

FOREVER = {"cache-control": "private, max-age=31536000, immutable"}
NEVER = {"cache-control": "no-store"}
TILE = "{level:int}/{column:int}_{row:int}"


class Pictures:
    """Requests for tiles of a session's images."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @property
    def routes(self) -> list[Route]:
        """Path → what draws it."""
        image = "/api/images/{image}"
        return [
            Route(f"{image}/look/{TILE}.jpg", self.look, methods=["GET"]),
            Route(f"{image}/cells/{TILE}.png", self.cells, methods=["GET"]),
            Route(f"{image}/before/{TILE}.png", self.before, methods=["GET"]),
        ]

    async def look(self, request: Request) -> Response:
        """A tile of the pixels."""
        image, level, column, row = self.place(request)

        def tile() -> bytes | None:
            return image_tile(open_level(image.folder, level), column, row)

        return picture(await run_in_threadpool(tile), "image/jpeg", FOREVER)

    async def cells(self, request: Request) -> Response:
        """A tile of the contours; of another version than the present one it is not to be kept."""
        image, level, column, row = self.place(request)

        def tile() -> tuple[bytes | None, bool]:
            with image.lock:
                current = image.working.version == request.query_params.get("v")
                return cell_tile(image.working.cells.labels, level, column, row), current

        png, current = await run_in_threadpool(tile)
        return picture(png, "image/png", FOREVER if current else NEVER)

    async def before(self, request: Request) -> Response:
        """A tile of the contours as they were before the network was run again."""
        image, level, column, row = self.place(request)

        def tile() -> bytes | None:
            try:
                labels = np.load(image.folder / "before.npy", mmap_mode="r")
            except FileNotFoundError:
                raise RequestError("there was nothing before", 404) from None
            return cell_tile(labels, level, column, row)

        return picture(await run_in_threadpool(tile), "image/png", NEVER)

    def place(self, request: Request) -> tuple[Image, int, int, int]:
        """Image, level, column, row of a tile; raises RequestError where there is no such level."""
        image = self.store.get(request.path_params["image"])
        level, column, row = (request.path_params[key] for key in ("level", "column", "row"))
        if not image.meta.height or level >= level_count(image.meta.shape):
            raise RequestError("no such level", 404)
        return image, level, column, row


def picture(data: bytes | None, kind: str, headers: dict[str, str]) -> Response:
    """A tile, or 404 where there is none."""
    if data is None:
        raise RequestError("no such tile", 404)
    return Response(data, media_type=kind, headers=headers)
