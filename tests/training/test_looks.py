"""Whose look is whose: owners by the phases' sets, reach by strangers."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from app.network.weights import find_weights
from app.network.weights.specialists import NOBODY
from app.network.weights.states import read_state
from training import looks
from training.data import DataError, Pair
from training.looks import Looks, drawn, gather, mistaken, reach_of, report, resized, share_of, taken_by
from training.settings import Phase
from training.specialise import Candidates, add_looks, renew

TISSUE = Phase("tissue", 10, {"tnbc": 0.5, "dsb2018/rgb": 0.3, "synthetic/*_section": 0.2})
NUCLEI = Phase("nuclei", 10, {"dsb2018/gray": 1.0})


class Colours:
    """An engine that sees the mean colour of a window."""

    name, batch = "colours", 1

    def __init__(self):
        self.embedding = None

    def look(self):
        self.embedding = None

    def __call__(self, windows):
        mean = windows[0].mean(axis=(1, 2))
        self.embedding = (mean / np.linalg.norm(mean)).astype(np.float32)
        return windows


def circle(*degrees):
    return np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], axis=1).astype(np.float32)


def pair(name, id="0"):
    return Pair(name, id, None, None)


def test_owners_are_the_phases_that_learn_from_an_image():
    phases = [TISSUE, NUCLEI]
    section = pair("synthetic", "00001_clumps_section")
    assert share_of(phases, pair("tnbc"), "tnbc/rgb") == (0, "tnbc")
    assert share_of(phases, pair("dsb2018"), "dsb2018/rgb") == (0, "dsb2018/rgb")
    assert share_of(phases, pair("dsb2018"), "dsb2018/gray") == (1, "dsb2018/gray")
    assert share_of(phases, section, "synthetic/rgb") == (0, "synthetic/*_section")
    assert share_of(phases, pair("usiigaci"), "usiigaci/gray") == (NOBODY, "usiigaci/gray")


def test_who_learns_most_from_an_image_owns_it():
    """Who learns a little of another's, so as not to be lost there, must not take all such images."""
    most, little = Phase("cells", 10, {"vicar": 0.12}), Phase("nuclei", 10, {"bbbc039": 0.3, "vicar": 0.03})
    for phases, owner in (([most, little], 0), ([little, most], 1)):
        assert share_of(phases, pair("vicar"), "vicar/gray") == (owner, "vicar")


def test_only_the_looks_that_are_named_are_added():
    """Nuclei and cytoplasm drawn in one stain look the same, and took real nuclei from who knows them."""
    section, nuclei = (pair("synthetic", f"00001_clumps_{look}") for look in ("section", "nuclei"))
    assert drawn([pair("tnbc"), section, nuclei], ["section"]) == [section]
    assert drawn([pair("tnbc"), section], []) == []


def test_reach_ends_where_strangers_begin():
    """A set 7 degrees (0.12) away that nobody knew must not be taken; one at 40 is no danger."""
    known = Looks(np.array(["a", "a", "b", "c"]), np.array([0, 0, -1, -1], np.int16), circle(0, 5, 12, 45))
    assert mistaken(known, 0, 0.1) == {"b": 0.0, "c": 0.0}
    assert mistaken(known, 0, 0.15) == {"b": 1.0, "c": 0.0}
    assert reach_of(known, 0) == 0.12
    taken = taken_by(known, circle(-5, 3, 8, 12, 60), 0, 0.12)
    np.testing.assert_array_equal(taken, [True, True, True, False, False])
    text = report(known, [TISSUE], [0.15], known)
    assert "| tissue | 0.15 | 1.00 (2) | 0.00 (2) | b 1.00 |" in text


def test_images_are_gathered_as_a_prediction_sees_them(tmp_path, write_pair):
    rng = np.random.default_rng(0)
    labels = np.zeros((90, 100), np.uint16)
    labels[10:30, 10:30] = 1
    for name, colour in (("tnbc", (9, 1, 1)), ("other", (1, 1, 9))):
        for i in range(2):
            image = (rng.integers(5, 25, (90, 100, 1)) * colour).astype(np.uint8)
            write_pair(tmp_path / name, str(i), image, labels, "png")
    from training.data import all_pairs

    known = gather(Colours(), [TISSUE], all_pairs(tmp_path))
    assert len(known.sets) == 8, "each once more at another size"
    assert (known.owners[known.sets == "tnbc"] == 0).all()
    assert (known.owners[known.sets == "other"] == NOBODY).all()
    apart = np.linalg.norm(
        known.embeddings[known.owners == 0][0] - known.embeddings[known.owners != 0], axis=1
    )
    assert apart.min() > 0.5
    with pytest.raises(DataError, match=r"phase nuclei: no image of dsb2018/gray is in the data"):
        gather(Colours(), [TISSUE, NUCLEI], all_pairs(tmp_path))
    with pytest.raises(DataError, match=r"phase tissue: no image of tnbc"):
        gather(Colours(), [TISSUE], all_pairs(tmp_path), unclaimed=["tnbc"])


def test_no_kind_is_kept_in_thousands(monkeypatch, tmp_path, write_pair):
    labels = np.ones((40, 40), np.uint16)
    labels[:9] = 0
    for i in range(5):
        write_pair(tmp_path / "tnbc", str(i), np.full((40, 40, 3), 40 * i + 9, np.uint8), labels, "png")
    from training.data import all_pairs

    monkeypatch.setattr(looks, "PER_KIND", 3)
    assert len(list(looks.owned([TISSUE], all_pairs(tmp_path)))) == 3


def test_another_size_is_the_same_image():
    image = np.full((64, 100, 3), 77, np.uint8)
    assert resized(image, 0.5).shape == (32, 50, 3)
    assert (resized(image, 2.0) == 77).all()
    assert resized(image, 0.1).shape == (32, 32, 3)
    assert resized(image, 1.0) is image


def test_files_and_index_are_what_a_prediction_finds(random_pair, tmp_path):
    """Two specialists, of the pair's own bytes, come back by name and look."""
    folder = shutil.copytree(random_pair, tmp_path / "pair")
    weights = find_weights(str(folder))
    states = [read_state(member.file) for member in weights.members]
    shape = weights.members[0].architecture.to_dict() | {"decoder": weights.members[0].architecture.decoder}
    phases = [Phase(name, 1, {}, **shape) for name in ("tissue", "nuclei")]
    known = Looks(np.array(["a", "b"]), np.array([0, 1], np.int16), circle(0, 90))
    candidates = Candidates(phases, states, known, [0.1, 0.2], "")
    candidates.write(weights, rest="tissue")
    assert find_weights(str(folder)).specialists.choose(circle(45)[0]).name == "tissue"
    candidates.write(weights)
    found = find_weights(str(folder)).specialists
    assert [one.member.file.name for one in found.models] == [
        "random-tissue.safetensors",
        "random-nuclei.safetensors",
    ]
    assert found.choose(circle(3)[0]).name == "tissue"
    assert found.choose(circle(81)[0]).name == "nuclei"
    assert found.choose(circle(81.0 - 5)[0]) is None
    for one in found.models:
        one.member.verify()


def test_a_new_network_keeps_the_looks_and_the_other_specialists(random_pair, tmp_path):
    """Guards the carried looks, which are not what `specialise` would gather today."""
    folder = shutil.copytree(random_pair, tmp_path / "pair")
    weights = find_weights(str(folder))
    states = [read_state(member.file) for member in weights.members]
    shape = weights.members[0].architecture.to_dict()
    tissue, nuclei = (Phase(name, 1, {}, **shape) for name in ("tissue", "nuclei"))
    known = Looks(np.array(["a", "b"]), np.array([0, 1], np.int16), circle(0, 90))
    Candidates([tissue, nuclei], states, known, [0.1, 0.2], "").write(weights, rest="tissue")
    before = find_weights(str(folder)).specialists

    torch.save({key: torch.from_numpy(value) for key, value in states[0].items()}, tmp_path / "nuclei.pt")
    with pytest.raises(DataError, match="its specialists are tissue, nuclei; name their phases"):
        renew(find_weights(str(folder)), [replace(nuclei, name="cells")], tmp_path)
    renew(find_weights(str(folder)), [nuclei], tmp_path)
    after = find_weights(str(folder)).specialists
    assert after.models[0] == before.models[0]
    found = read_state(after.models[1].member.file)  # the pair's first now, and its second before
    assert all(np.array_equal(found[key], value) for key, value in states[0].items())
    assert (after.sha256, after.models[1].reach) == (before.sha256, 0.2)
    after.models[1].member.verify()


def test_looks_are_added_and_nothing_else_is_changed(random_pair, tmp_path, write_pair):
    """A reach that is not asked for stays; phases of other specialists are refused first."""
    from training.data import all_pairs

    folder = shutil.copytree(random_pair, tmp_path / "pair")
    weights = find_weights(str(folder))
    phase = Phase("tissue", 1, {"tnbc": 1.0}, **weights.members[0].architecture.to_dict())
    far = np.array([[0, 0, 1]], np.float32)
    states = [read_state(weights.members[0].file)]
    Candidates([phase], states, Looks(np.array(["a"]), np.array([0], np.int16), far), [0.1], "").write(
        weights
    )

    image = np.random.default_rng(0).integers(5, 25, (60, 60, 1)) * (9, 1, 1)
    write_pair(tmp_path / "data" / "tnbc", "0", image.astype(np.uint8), np.eye(60, dtype=np.uint16), "png")
    pairs = all_pairs(tmp_path / "data")
    with pytest.raises(DataError, match="its specialists are tissue; name their phases"):
        add_looks(find_weights(str(folder)), [NUCLEI], Colours(), pairs, {})
    other = Phase("tissue", 1, {"dsb2018": 1.0}, **weights.members[0].architecture.to_dict())
    with pytest.raises(DataError, match="no phase learns from some of these images"):
        add_looks(find_weights(str(folder)), [other], Colours(), pairs, {})
    before = find_weights(str(folder)).specialists
    add_looks(find_weights(str(folder)), [phase], Colours(), pairs, {})
    after = find_weights(str(folder)).specialists
    assert [one.to_dict() for one in after.models] == [one.to_dict() for one in before.models]
    embeddings, owners = after.known
    np.testing.assert_array_equal(embeddings[0], far[0])
    assert list(owners) == [0, 0, 0]  # its image at its own size and at another
    add_looks(find_weights(str(folder)), [phase], Colours(), pairs, {})
    assert len(find_weights(str(folder)).specialists.known[0]) == 3  # known already
