"""The API does what its page and its document say, and what was done is there after a restart."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from scipy.ndimage import label

from app.serve.settings import Limits
from app.write.labels import read_labels, read_record


@pytest.fixture
def ready(client: Any, field: Any) -> dict[str, Any]:
    """An image with cells."""
    told: dict[str, Any] = client.settled(client.upload(field[0])["id"])
    assert told["state"] == "ready", told
    return told


def test_an_upload_becomes_cells(client: Any, ready: dict[str, Any], field: Any) -> None:
    assert (ready["height"], ready["width"]) == field[1].shape
    assert ready["cells"] == label(field[1] > 0)[1]
    (listed,) = client.get("/api/state").json()["images"]
    assert (listed["name"], listed["cells"]) == ("field.png", ready["cells"])


def test_sliders_of_score_and_size_only_leave_cells_out(client: Any, ready: dict[str, Any]) -> None:
    path = f"/api/images/{ready['id']}/thresholds"
    image = client.session.store.get(ready["id"])
    tracked = image.meta.cells
    told = client.put(path, json={"smallest": 300}).json()
    assert 0 < told["cells"] < ready["cells"]
    assert not told["tracking"]
    assert client.put(path, json={"smallest": 0}).json()["cells"] == ready["cells"]
    assert client.put(path, json={"score": 1}).json()["cells"] == 0
    assert image.meta.cells == tracked


def test_sliders_of_tracking_make_cells_again_without_the_network(
    client: Any, ready: dict[str, Any], bright_blobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(bright_blobs), "__call__", lambda *_: pytest.fail("the network was run"))
    image = client.session.store.get(ready["id"])
    tracked = image.meta.cells
    client.put(f"/api/images/{ready['id']}/thresholds", json={"flow_error": 0.05, "probability": 0.9})
    told = client.settled(ready["id"])
    assert image.meta.cells != tracked
    assert image.meta.made == (0.9, 0.05)
    assert told["version"] != ready["version"]
    assert not (image.folder / f"cells-{tracked}").exists(), "what does not count takes no room"


@pytest.mark.parametrize(
    "wanted",
    [{"score": 2}, {"score": "0"}, {"score": True}, {"other": 1}, {"probability": 0}, {"smallest": 1e400}],
)
def test_wrong_thresholds_change_nothing(client: Any, ready: dict[str, Any], wanted: dict[str, Any]) -> None:
    path = f"/api/images/{ready['id']}"
    answer = client.put(
        f"{path}/thresholds", content=json.dumps(wanted), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert client.get(path).json() == ready


def middle(client: Any, image: str, after: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = client.get(f"/api/images/{image}/cell", params={"after": after}).json()
    return told


def test_corrections_stay_when_cells_are_made_again_and_after_a_restart(
    open_client: Callable[..., Any], field: Any
) -> None:
    """The point of it all: nothing that a person did is lost, whatever is turned or restarted afterwards."""
    with open_client() as client:
        told = client.settled(client.upload(field[0])["id"])
        image, count = told["id"], told["cells"]
        cell = middle(client, image)
        client.edit(image, "delete", (cell["x"], cell["y"]))
        free = np.argwhere(field[1][:60, :60] == 0)[0].tolist()
        corner = [(free[1] + dx, free[0] + dy) for dx, dy in ((0, 0), (9, 0), (9, 9), (0, 9))]
        drawn = client.edit(image, "draw", *corner)
        assert drawn["cells"] == count
        client.put(f"/api/images/{image}/thresholds", json={"probability": 0.6, "smallest": 8})
        told = client.settled(image)
        assert (told["cells"], told["edits"]) == (count, 2)
        labels = client.session.store.get(image).working.cells.labels.copy()
    with open_client() as client:
        again = client.get(f"/api/images/{image}").json()
        assert {key: again[key] for key in again if key != "state"} == {
            k: told[k] for k in told if k != "state"
        }
        np.testing.assert_array_equal(client.session.store.get(image).working.cells.labels, labels)
        assert client.post(f"/api/images/{image}/undo", json={}).json()["cells"] == count - 1
        assert client.post(f"/api/images/{image}/undo", json={}).json()["cells"] == count
        assert client.post(f"/api/images/{image}/undo", json={}).status_code == 409
        assert client.post(f"/api/images/{image}/redo", json={}).json()["cells"] == count - 1


def test_two_browsers_cannot_correct_what_they_do_not_see(client: Any, ready: dict[str, Any]) -> None:
    """The second click would land on a cell that the first one has made of two."""
    cell = middle(client, ready["id"])
    body = {"op": "delete", "points": [[cell["x"], cell["y"]]], "version": ready["version"]}
    path = f"/api/images/{ready['id']}/edits"
    assert client.post(path, json=body).status_code == 200
    late = client.post(path, json=body)
    assert (late.status_code, late.json()["error"]) == (
        409,
        "the cells changed meanwhile, elsewhere; look again",
    )
    assert client.get(f"/api/images/{ready['id']}").json()["edits"] == 1


def test_the_least_certain_come_first(client: Any, ready: dict[str, Any]) -> None:
    seen, after = [], 0
    for _ in range(ready["cells"]):
        cell = middle(client, ready["id"], after)
        seen.append(cell["score"])
        after = cell["id"]
    assert seen == sorted(seen)
    found = client.get(f"/api/images/{ready['id']}/cell", params={"x": cell["x"], "y": cell["y"]}).json()
    assert found == cell


def test_saved_files_are_those_of_predict(client: Any, ready: dict[str, Any], tmp_path: Path) -> None:
    cell = middle(client, ready["id"])
    client.edit(ready["id"], "delete", (cell["x"], cell["y"]))
    told = client.post(f"/api/images/{ready['id']}/save", json={}).json()
    assert told["files"] == ["field_label.tiff", "field_rois.zip", "field.geojson", "field_cells.csv"]
    labels = read_labels(tmp_path / "out" / "field_label.tiff")
    count = ready["cells"] - 1
    assert np.unique(labels).tolist() == list(range(count + 1)), "ids have no gaps"
    record = read_record(tmp_path / "out" / "field_label.tiff")
    assert record is not None
    assert "1 corrections" in record.settings
    assert len(zipfile.ZipFile(tmp_path / "out" / "field_rois.zip").namelist()) == count
    assert len(json.loads((tmp_path / "out" / "field.geojson").read_text())["features"]) == count
    assert (tmp_path / "out" / "field_cells.csv").read_text().count("\n") == count + 1
    answer = client.get(f"/api/images/{ready['id']}/files/labels")
    assert answer.headers["content-disposition"] == 'attachment; filename="field_label.tiff"'
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(answer.content)), labels)
    assert not list((tmp_path / "out" / "session").glob("file-*"))


def test_the_network_is_run_again_and_what_was_before_can_be_seen(client: Any, ready: dict[str, Any]) -> None:
    cell = middle(client, ready["id"])
    client.edit(ready["id"], "delete", (cell["x"], cell["y"]))
    assert client.post(f"/api/images/{ready['id']}/predict", json={"weights": "nobody's"}).status_code == 404
    assert client.post(f"/api/images/{ready['id']}/predict", json={}).status_code == 200
    told = client.settled(ready["id"])
    assert told["before"]
    assert told["cells"] == ready["cells"] - 1
    assert client.get(f"/api/images/{ready['id']}/before/0/0_0.png").headers["content-type"] == "image/png"


def test_what_cannot_be_read_says_why_without_our_paths(client: Any, tmp_path: Path, field: Any) -> None:
    told = client.settled(client.upload(field[0][: len(field[0]) // 2], "half.png")["id"])
    assert told["state"] == "failed"
    assert told["error"].startswith("half.png: ")
    assert str(tmp_path) not in json.dumps(told)


def test_a_job_that_ended_the_process_twice_is_not_tried_for_ever(
    open_client: Callable[..., Any], field: Any
) -> None:
    """An image that kills the server would kill it again after each restart."""
    with open_client() as client:
        image = client.upload(field[0])["id"]
        client.settled(image)
        client.session.store.get(image).update(state="working", attempts=1)
    with open_client() as client:
        assert client.settled(image)["state"] == "ready"
        client.session.store.get(image).update(state="working", attempts=2)
    with open_client() as client:
        told = client.settled(image)
        assert told["state"] == "failed"
        assert "ended twice" in told["error"]
        assert client.get(f"/api/images/{image}/cell").status_code == 200, "its cells are still there"


def test_a_deleted_image_is_gone(client: Any, ready: dict[str, Any], tmp_path: Path) -> None:
    assert (
        client.delete(f"/api/images/{ready['id']}", headers={"content-type": "application/json"}).status_code
        == 204
    )
    assert client.get(f"/api/images/{ready['id']}").status_code == 404
    assert not list((tmp_path / "out" / "session" / "images").iterdir())


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/static/..%2f..%2ferrors.py",
        "/api/images/..%2f..%2f..",
        "/api/images/..%2fx/look/0/0_0.jpg",
        "/api/images/{id}/look/99999999999999999999/0_0.jpg",
        "/api/images/{id}/look/0/99999999999_0.jpg",
        "/api/images/{id}/look/-1/0_0.jpg",
        "/api/images/{id}/files/..%2f..%2ftoken",
        "/api/images/{id}/cell?id=-1",
        "/api/images/{id}/cell?id=1e9",
        "/api/images/{id}/cell?x=nan&y=0",
        "/api/images/{id}/cell?x=1e300&y=0",
    ],
)
def test_odd_addresses_find_nothing(client: Any, ready: dict[str, Any], path: str) -> None:
    assert client.get(path.replace("{id}", ready["id"])).status_code in (400, 404)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000, b"\xff", b"null", b'{"op":{}}'])
def test_odd_bodies_change_nothing(client: Any, ready: dict[str, Any], body: bytes) -> None:
    headers = {"content-type": "application/json"}
    assert client.post(f"/api/images/{ready['id']}/edits", content=body, headers=headers).status_code == 400
    assert client.get(f"/api/images/{ready['id']}").json() == ready


def test_a_body_has_an_end(open_client: Callable[..., Any]) -> None:
    with open_client(limits=Limits(body=100)) as client:
        assert client.post("/api/tune", json={"weights": "x" * 200}).status_code == 413


def test_a_folder_is_one_servers(open_client: Callable[..., Any]) -> None:
    """Two would write over each other's corrections."""
    from app.errors import UsageError

    with open_client(), pytest.raises(UsageError, match="another server"), open_client():
        pass


def test_the_document_names_every_request_and_no_other(client: Any) -> None:
    document = client.get("/openapi.json").json()
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    there = {
        (method, re.sub(r":int}", "}", route.path))
        for route in client.session.api.routes
        for method in route.methods - {"HEAD"}
    }
    assert told == there
    page = client.get("/docs").text
    assert all(path in page for _, path in told)


def test_the_page_loads_nothing_from_elsewhere(client: Any) -> None:
    page = client.get("/").text
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert sources
    for source in sources:
        assert source.startswith("/"), source
        assert client.get(source).status_code == 200, source


def test_cells_that_cannot_be_made_again_stay(
    client: Any, ready: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk must not leave a page that waits for ever for cells that never come."""

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.serve.predicting.make_cells", full)
    client.put(f"/api/images/{ready['id']}/thresholds", json={"probability": 0.8, "smallest": 20})
    told = client.settled(ready["id"])
    assert (told["state"], told["tracking"]) == ("failed", False)
    assert "No space left" in told["error"]
    assert told["thresholds"] == {**ready["thresholds"], "smallest": 20}
    assert client.get(f"/api/images/{ready['id']}/cell").status_code == 200


def test_one_damaged_image_does_not_take_the_page_away(open_client: Callable[..., Any], field: Any) -> None:
    """Its journal was edited by hand; all others are still to be seen, and this one says what it has."""
    with open_client() as client:
        image = client.settled(client.upload(field[0])["id"])["id"]
        folder = client.session.store.get(image).folder
    (folder / "edits.jsonl").write_text('{"op": "delete"}\n')
    with open_client() as client:
        told = client.get("/api/state", params={"image": image}).json()["open"]
        assert (told["state"], told["has_cells"]) == ("failed", False)
        assert "line 1 is no edit" in told["error"]
        assert client.get(f"/api/images/{image}/cell").status_code == 422
