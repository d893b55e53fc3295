"""Nobody but this machine's own page and programs is served, and beyond it nobody without the token."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.serve.guard import keep_token
from app.serve.settings import Serving

STRANGER = "http://evil.example"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "[::1]:8000", "127.0.0.1:1"])
def test_names_of_this_machine_are_served(client: Any, host: str) -> None:
    assert client.get("/api/state", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil:80", "10.0.0.1", "", "[::1"]
)
def test_a_strangers_name_that_leads_here_is_not(client: Any, host: str) -> None:
    """DNS rebinding: to the browser such a page is of the same origin as its own server, us."""
    answer = client.get("/api/state", headers={"host": host})
    assert answer.status_code == 421
    assert "images" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": STRANGER},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://127.0.0.1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
    ],
)
def test_another_sites_page_may_not_ask(client: Any, headers: dict[str, str]) -> None:
    for method, path in (("GET", "/api/state"), ("POST", "/api/tune"), ("DELETE", "/api/tune")):
        answer = client.request(method, path, headers={**headers, "content-type": "application/json"})
        assert answer.status_code == 403, (method, path)


def test_a_link_to_the_page_is_followed(client: Any) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_what_a_form_can_send_changes_nothing(client: Any, kind: str) -> None:
    answer = client.post(
        "/api/images?name=a.png", content=b"\x89PNG\r\n\x1a\n", headers={"content-type": kind}
    )
    assert answer.status_code == 415
    assert client.get("/api/state").json()["images"] == []


def test_every_answer_says_what_a_page_of_ours_may_do(client: Any) -> None:
    for path in ("/", "/static/main.js", "/api/state", "/api/images/nobody", "/docs"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


def test_the_token_opens_the_page_once_and_for_all(open_client: Callable[..., Any]) -> None:
    with open_client(token="secret", host="0.0.0.0") as client:
        assert client.get("/").status_code == 401
        assert client.get("/api/state", headers={"authorization": "Bearer wrong"}).status_code == 401
        assert client.get("/api/state", headers={"authorization": "Bearer "}).status_code == 401
        assert client.get("/api/state", headers={"authorization": "Bearer secret"}).status_code == 200
        assert client.get("/?token=wrong").status_code == 401
        page = client.get("/?token=secret")
        assert page.status_code == 200
        assert "token" not in str(page.url)
        assert "HttpOnly; SameSite=Strict" in page.history[0].headers["set-cookie"]
        assert client.get("/api/state").status_code == 200
        assert client.get("/api/state", headers={"origin": STRANGER}).status_code == 403


def test_the_token_is_kept_and_is_nobody_elses(tmp_path: Path) -> None:
    """Empty, as a process that was killed would have left it, it would let everybody in."""
    (tmp_path / "token").write_text("")
    token = keep_token(tmp_path)
    assert len(token) > 20
    assert keep_token(tmp_path) == token
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_only_loopback_goes_without(tmp_path: Path) -> None:
    assert [
        Serving(tmp_path, host=host).is_local for host in ("127.0.0.1", "::1", "0.0.0.0", "::", "lab")
    ] == [
        True,
        True,
        False,
        False,
        False,
    ]
