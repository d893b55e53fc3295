"""Checkpoints become carried weights together with the licence and origin of what they were trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import UsageError
from app.network.weights.index import read_index
from training.export import export


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two sets, one of which only validates."""
    folder = tmp_path / "data"
    for name in ("nuclei", "yeast"):
        (folder / name).mkdir(parents=True)
        (folder / name / "SOURCE.md").write_text(
            f"# {name}\n- original dataset, citation: A of {name}\n- licence: CC0\n"
        )
    (folder / "splits.csv").write_text("set,id,split\nnuclei,1,train\nnuclei,2,train\nyeast,1,val\n")
    return folder


def test_the_card_tells_the_training_data(random_pair: Path, data: Path, tmp_path: Path) -> None:
    files = [random_pair / "random-1.safetensors", random_pair / "random-2.safetensors"]
    weights = export(files, data, {"f1_val": 0.5}, tmp_path / "out")
    assert [member.file.name for member in weights.members] == [
        "compact-1.safetensors",
        "compact-2.safetensors",
    ]
    entry = read_index(tmp_path / "out")["compact"]
    assert entry["training_data"] == [
        {"set": "nuclei", "images": 2, "licence": "CC0", "citation": "A of nuclei"}
    ]
    assert entry["scores"] == {"f1_val": 0.5}


def test_no_weights_without_a_licence(random_pair: Path, data: Path, tmp_path: Path) -> None:
    """Weights must not go out while nobody knows what they may be used for."""
    (data / "nuclei" / "SOURCE.md").write_text("# nuclei\n- citation: A\n")
    with pytest.raises(UsageError, match="states no licence"):
        export([random_pair / "random-1.safetensors"], data, {}, tmp_path / "out")
