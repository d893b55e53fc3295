"""Learning is a process beside the server: watched, stopped, and begun again after a restart."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.serve import learning

# stands for `python -m training`: says what it would, and ends with its input as that does
PROGRAM = """
import json, pathlib, sys
arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))  # tune --watched -i …
arguments = {sys.argv[i]: sys.argv[i + 1] for i in range(3, len(sys.argv) - 1, 2)}
images, labels = (sorted(pathlib.Path(arguments[flag]).iterdir()) for flag in ("-i", "-l"))
assert [i.stem for i in images] == [l.name.removesuffix("_label.tiff") for l in labels], (images, labels)
print(json.dumps({"progress": 0.5, "steps": 1, "loss": 1.0, "f1": 0.5}), flush=True)
if arguments["--minutes"] == "3":
    sys.exit("error: no cell is drawn; draw some")
stopped = arguments["--minutes"] == "2" and sys.stdin.read() == ""
pathlib.Path(arguments["-o"]).write_bytes(b"weights")
told = {"file": arguments["-o"], "steps": 2, "seconds": 1.0, "before": 0.4, "after": 0.6, "claim": False}
print(json.dumps({**told, "stopped": stopped}), flush=True)
"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training tools that need no seconds."""
    (tmp_path / "tools" / "training").mkdir(parents=True)
    (tmp_path / "tools" / "training" / "__main__.py").write_text(PROGRAM)
    monkeypatch.setattr(learning, "ROOT", tmp_path / "tools")
    monkeypatch.setattr("app.serve.learning.missing", lambda: "")


def job(client: Any, *states: str) -> dict[str, Any]:
    """The last job once it is in one of `states`."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        told: dict[str, Any] = client.get("/api/state").json()["learning"]["jobs"][0]
        if told["state"] in states:
            return told
        time.sleep(0.02)
    raise AssertionError(told)


@pytest.fixture
def teacher(client: Any, field: Any) -> str:
    """An image that a person found right."""
    image: str = client.settled(client.upload(field[0])["id"])["id"]
    assert client.post("/api/tune", json={}).status_code == 409, "nothing was corrected yet"
    assert client.put(f"/api/images/{image}/checked", json={"checked": True}).json()["teaches"]
    return image


@pytest.mark.usefixtures("tools")
def test_what_was_learnt_can_be_used(client: Any, teacher: str) -> None:
    assert client.post("/api/tune", json={"minutes": 1, "steps": 2}).status_code == 202
    told = job(client, "done", "failed")
    assert (told["state"], told["before"], told["after"], told["done"]) == ("done", 0.4, 0.6, 2), told[
        "error"
    ]
    assert client.get("/api/state").json()["weights"] == ["", "learned-1"]
    assert client.session.learner.known("learned-1").endswith("learned/1/learned-1.safetensors")
    assert client.post(f"/api/images/{teacher}/predict", json={"weights": "learned-1"}).status_code == 200
    assert client.settled(teacher)["made_with"] == "learned-1"


@pytest.mark.usefixtures("tools", "teacher")
def test_a_stop_keeps_what_was_learnt_so_far(client: Any) -> None:
    client.post("/api/tune", json={"minutes": 2})
    job(client, "working")
    assert client.post("/api/tune", json={}).status_code == 409
    assert client.delete("/api/tune", headers={"content-type": "application/json"}).status_code == 204
    told = job(client, "done", "failed")
    assert (told["state"], told["stopped"]) == ("done", True)


@pytest.mark.usefixtures("tools", "teacher")
def test_a_failure_is_one_line(client: Any) -> None:
    client.post("/api/tune", json={"minutes": 3})
    told = job(client, "done", "failed")
    assert (told["state"], told["error"]) == ("failed", "error: no cell is drawn; draw some")
    assert client.get("/api/state").json()["weights"] == [""]


@pytest.mark.usefixtures("tools")
def test_a_restart_begins_it_again(open_client: Callable[..., Any], field: Any) -> None:
    with open_client() as client:
        image = client.settled(client.upload(field[0])["id"])["id"]
        client.put(f"/api/images/{image}/checked", json={"checked": True})
        client.post("/api/tune", json={"minutes": 2})
        job(client, "working")
    with open_client() as client:
        assert job(client, "working")["attempts"] == 1
        client.delete("/api/tune", headers={"content-type": "application/json"})
        assert job(client, "done", "failed")["state"] == "done"


def test_without_the_tools_it_says_so(client: Any, teacher: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert teacher
    monkeypatch.setattr(learning, "find_spec", lambda _: None)
    answer = client.post("/api/tune", json={})
    assert answer.status_code == 501
    assert "torch and monai not installed" in answer.json()["error"]
    assert client.get("/api/state").json()["learning"]["missing"] == answer.json()["error"]


@pytest.mark.parametrize(
    "body", [{"minutes": 0}, {"minutes": "5"}, {"minutes": 1e9}, {"steps": 0}, {"weights": 3}]
)
def test_wrong_wishes(client: Any, body: dict[str, Any]) -> None:
    assert client.post("/api/tune", json=body).status_code == 400
