"""The process: opens the session, goes on with what was left undone, listens until it is stopped."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from importlib.util import find_spec
from pathlib import Path

from ..errors import MediarError, RequestError, UsageError
from ..run.predict import make_output
from .settings import Serving

logger = logging.getLogger(__name__)
STATIC = Path(__file__).with_name("static")
KIT = Path(__file__).resolve().parents[1] / "write" / "page.css"  # of all our pages
PATIENCE = 5.0  # s for answers and jobs that are going on when the server is stopped


def serve(serving: Serving) -> int:
    """Serves the page until a signal; returns the exit status.

    Raises UsageError where it can't begin, in one line.
    """
    absent = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if absent:
        raise UsageError(f"serve needs {' and '.join(absent)}: pip install 'mediar-box[serve]'")
    import uvicorn

    from .guard import Guard, keep_token
    from .session import Session

    make_output(serving.output)
    with closing(Session(serving)) as session, listen(serving) as listener:
        token = None if serving.is_local else keep_token(serving.session)
        app = Guard(application(session), token=token)  # type: ignore[arg-type]
        host = "127.0.0.1" if serving.host in ("0.0.0.0", "::", "localhost") else serving.host
        host = f"[{host}]" if ":" in host else host
        address = f"http://{host}:{listener.getsockname()[1]}/"
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            http="h11",
            ws="none",
            limit_concurrency=serving.limits.connections,
            timeout_graceful_shutdown=round(PATIENCE),
        )
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
        logger.info("%s; weights %s", session.predictor.device.reason, serving.weights)
        print(address + (f"?token={token}" if token else ""), flush=True)
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def listen(serving: Serving) -> socket.socket:
    """The socket; raises UsageError where the place is taken or isn't ours."""
    family = socket.AF_INET6 if ":" in serving.host else socket.AF_INET
    try:
        return socket.create_server((serving.host, serving.port), family=family)
    except (OSError, OverflowError) as cause:
        reason = getattr(cause, "strerror", None) or cause
        raise UsageError(
            f"{serving.host}:{serving.port}: can't listen there: {reason}; choose another --port or --host"
        ) from cause


def application(session: object) -> object:
    """The page, the API and its description, as an ASGI application that starts and stops `session`."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    from .openapi import document, page
    from .session import Session

    assert isinstance(session, Session)
    fresh = {"cache-control": "no-cache"}  # asked for again after an update, answered with 304 otherwise

    async def index(_: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers=fresh)

    async def kit(_: Request) -> Response:
        return FileResponse(KIT, headers=fresh)

    async def openapi(_: Request) -> Response:
        return JSONResponse(document(), headers=fresh)

    async def docs(_: Request) -> Response:
        return HTMLResponse(page(document()), headers=fresh)

    async def failed(_: Request, error: Exception) -> Response:
        status = error.status if isinstance(error, RequestError) else 422
        return JSONResponse({"error": str(error)}, status, headers={"cache-control": "no-store"})

    async def broken(_: Request, error: Exception) -> Response:
        del error  # uvicorn logs it
        return JSONResponse({"error": "the server failed; its log says more"}, 500)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        session.start()
        try:
            yield
        finally:
            session.stop(PATIENCE)

    return Starlette(
        routes=[
            Route("/", index),
            Route("/page.css", kit),
            Route("/openapi.json", openapi),
            Route("/docs", docs),
            *session.api.routes,
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={MediarError: failed, Exception: broken},
        lifespan=lifespan,
    )
