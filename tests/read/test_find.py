"""Which files of a folder are read."""

from __future__ import annotations

import os

import pytest

from app.errors import ReadError
from app.read import find_images


def names(paths):
    return [path.name for path in paths]


def test_folder_is_scanned_by_suffix_sorted_and_not_below(tmp_path):
    for name in ("b.PNG", "a.tiff", "c.Jpeg", "d.svs", "e.bmp", ".hidden.png", "notes.txt", "a_label.csv"):
        (tmp_path / name).touch()
    (tmp_path / "below.png").mkdir()
    (tmp_path / "below.png" / "deep.png").touch()
    assert names(find_images([tmp_path])) == ["a.tiff", "b.PNG", "c.Jpeg", "d.svs", "e.bmp"]


def test_files_come_as_given_whatever_their_name(tmp_path):
    """What a user names is read, or reported, but never skipped in silence."""
    given = [tmp_path / "z.raw", tmp_path / ".hidden.png", tmp_path / "a.png"]
    assert find_images(given) == given


def test_an_image_named_twice_comes_once(tmp_path):
    path = tmp_path / "a.png"
    path.touch()
    assert find_images([path, tmp_path]) == [path]


def test_links_and_odd_files_stay_in_the_list(tmp_path):
    """A broken link or FIFO must be reported by the reader and not vanish from the count."""
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "out.png").touch()
    (folder / "link.png").symlink_to(tmp_path / "out.png")
    (folder / "broken.png").symlink_to(tmp_path / "none.png")
    (folder / "sub.png").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.png")
    assert names(find_images([folder])) == ["broken.png", "link.png", "pipe.png"]


def test_folder_that_cannot_be_listed_is_one_error(tmp_path, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "iterdir", refuse)
    with pytest.raises(ReadError, match="can't be listed: Permission denied"):
        find_images([tmp_path])
