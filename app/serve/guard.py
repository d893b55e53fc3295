"""Who may ask: this machine's own page and programs, and from elsewhere who has the token.

A web page of a stranger that is open in the same browser can send requests to 127.0.0.1, too. What it can't
do is send them with our Host and our Origin:

    Host             where we listen on loopback, must be a name of this machine, so that no stranger's name
                     that was made to lead here (DNS rebinding) is served
    Origin           where a browser sends it, must be ours
    Sec-Fetch-Site   where a browser sends it, must not be another site, unless a link to the page is followed
    Content-Type     of whatever changes something, is one that no HTML form can send
    the token        beyond loopback: in a cookie that goes to our pages only, or an Authorization header
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from ..errors import RequestError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
COOKIE = "mediar_box"
SAFE = ("GET", "HEAD")
TYPES = ("application/json", "application/octet-stream")
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """An ASGI application around another: refuses, or hands on; every answer gets HEADERS."""

    def __init__(self, app: App, *, token: str | None) -> None:
        """`token` is None where only this machine can connect."""
        self.app = app
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # no web sockets here
            return
        guarded = with_headers(send)
        try:
            if self.wants_cookie(scope):
                await redirect(guarded, [(b"set-cookie", self.cookie())])
                return
            self.check(scope)
        except RequestError as error:
            await refuse(guarded, error)
            return
        await self.app(scope, receive, guarded)

    def check(self, scope: Scope) -> None:
        """Raises RequestError for whoever may not ask."""
        headers = one_each(scope)
        host = headers.get("host", "")
        if self.token is None and not LOOPBACK.fullmatch(host):
            raise RequestError("this server answers to 127.0.0.1 and localhost only", 421)
        origin = headers.get("origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            raise RequestError("another site's page may not ask here", 403)
        site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
        follows_a_link = mode == "navigate" and scope["method"] == "GET" and scope["path"] == "/"
        if site not in (None, "same-origin", "none") and not follows_a_link:
            raise RequestError("another site's page may not ask here", 403)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if scope["method"] not in SAFE and kind not in TYPES:
            raise RequestError(f"Content-Type must be {' or '.join(TYPES)}", 415)
        if self.token is not None and not self.has_token(headers):
            raise RequestError("the token is missing: open the address that the server printed", 401)

    def has_token(self, headers: dict[str, str]) -> bool:
        """Whether it came with the request."""
        given = headers.get("authorization", "").removeprefix("Bearer ")
        for part in headers.get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            given = given or (value if name == COOKIE else "")
        return bool(given) and hmac.compare_digest(given.encode(), (self.token or "").encode())

    def wants_cookie(self, scope: Scope) -> bool:
        """Whether this is the address with the token in it; the cookie then takes its place."""
        if self.token is None or scope["path"] != "/" or scope["method"] != "GET":
            return False
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return bool(given) and hmac.compare_digest(given.encode(), self.token.encode())

    def cookie(self) -> bytes:
        """For this browser's pages of ours; scripts can't read it."""
        return f"{COOKIE}={self.token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000".encode()


def one_each(scope: Scope) -> dict[str, str]:
    """The headers by name; raises RequestError where one that is trusted comes twice."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        if key in headers and key in ("host", "origin", "authorization", "content-type", "content-length"):
            raise RequestError(f"the header {key} comes twice")
        headers[key] = f"{headers[key]}; {text(value)}" if key in headers else text(value)
    return headers


def text(value: bytes) -> str:
    return value.decode("latin-1")


def with_headers(send: Send) -> Send:
    """Adds HEADERS to whatever is answered."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message.get("headers", [])}
            more = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in there]
            message = {**message, "headers": [*message.get("headers", []), *more]}
        await send(message)

    return sending


async def refuse(send: Send, error: RequestError) -> None:
    """One line of text, no more."""
    body = f"{error}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    headers.append((b"connection", b"close"))  # what else it sends is not read
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def redirect(send: Send, headers: list[tuple[bytes, bytes]]) -> None:
    """To the page, without the token in its address."""
    headers = [*headers, (b"location", b"/"), (b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def keep_token(session: Path) -> str:
    """The session's token, the same after a restart; only this user may read it."""
    path = session / "token"
    if path.exists() and (token := path.read_text().strip()):
        return token
    token = secrets.token_urlsafe(24)
    new = session / f"token.{os.getpid()}"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token)
    new.replace(path)  # never a file without a token in it, which would let everybody in
    return token
