"""A name or a path becomes files that are what they should be, or one line says what is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app.errors import WeightsError
from app.network.engines import choose_device, load_engines
from app.network.weights import find_weights, index


@pytest.fixture
def copy(random_pair: Path, tmp_path: Path) -> Path:
    """A pair to be spoilt."""
    return Path(shutil.copytree(random_pair, tmp_path / "copy"))


def test_folder_with_index(random_pair: Path) -> None:
    weights = find_weights(str(random_pair))
    assert [member.file.name for member in weights.members] == [
        "random-1.safetensors",
        "random-2.safetensors",
    ]
    for member in weights.members:
        member.verify()


def test_folder_without_index_and_single_file(copy: Path) -> None:
    """A user's own files need no index; the record of a label names the same bytes by the same word."""
    with_index = find_weights(str(copy))
    (copy / "index.json").unlink()
    assert find_weights(str(copy)).identity == with_index.identity
    alone = find_weights(str(copy / "random-1.safetensors"))
    assert alone.identity == with_index.identity.split("+")[0]


def test_identity_changes_with_the_bytes(copy: Path) -> None:
    """A label made with other weights must not count as finished."""
    (copy / "index.json").unlink()
    before = find_weights(str(copy)).identity
    shutil.copy(copy / "random-2.safetensors", copy / "random-1.safetensors")
    assert find_weights(str(copy)).identity != before


def test_a_replaced_file_is_noticed_when_it_loads(copy: Path) -> None:
    """The index's checksum stands between a damaged download and wrong labels."""
    path = copy / "random-1.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    engines = load_engines(find_weights(str(copy)), choose_device("cpu"))
    with pytest.raises(WeightsError, match=r"random-1\.safetensors: damaged or replaced"):
        _ = engines[0].batch
    assert engines[1].batch >= 1, "the other model is whole"


def test_official_is_found_where_it_is_mounted(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The container's /opt/weights comes first, then the user's own folder; neither needs an index."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(index, "MOUNTED", tmp_path / "absent")
    with pytest.raises(WeightsError, match="weights import"):
        find_weights("official")
    imported = Path(shutil.copytree(copy, index.user_folder() / "official"))
    assert {member.file.parent for member in find_weights("official").members} == {imported}
    monkeypatch.setattr(index, "MOUNTED", copy)
    assert {member.file.parent for member in find_weights("official").members} == {copy}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "random-2.safetensors").unlink(), "not there"),
        (lambda folder: (folder / "index.json").write_text("{"), "can't be read"),
        (lambda folder: (folder / "index.json").write_text("[1, 2]"), "can't be read"),
        (lambda folder: (folder / "index.json").write_text('{"random": {"members": [{}]}}'), "incomplete"),
        (lambda folder: [file.unlink() for file in folder.iterdir()], "holds no weights"),
    ],
)
def test_a_spoilt_folder_is_one_line(copy: Path, spoil: object, message: str) -> None:
    spoil(copy)  # type: ignore[operator]
    with pytest.raises(WeightsError, match=message) as error:
        find_weights(str(copy))
    assert "\n" not in str(error.value)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such weights"):
        find_weights(str(tmp_path / "none"))


def test_the_carried_index_is_whole() -> None:
    """What the repository carries: files there, sums right, small enough, licence and data stated."""
    entry = json.loads((index.CARRIED / "index.json").read_text())["compact"]
    assert entry["licence"]
    assert all(source["licence"] and source["citation"] for source in entry["training_data"])
    weights = find_weights("compact")
    assert len(weights.members) == 2
    for member in weights.members:
        member.verify()
        assert member.file.stat().st_size <= 16_000_000
