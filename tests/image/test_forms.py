"""Both ways to run the image give the labels that the virtual environment gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr

from app.read import open_image
from app.write.labels import read_labels, read_record

pytestmark = pytest.mark.docker


def assert_same(outputs: Path, expected: Path) -> None:
    """The same files, pixels, types and records."""
    names = sorted(path.name for path in expected.iterdir())
    assert sorted(path.name for path in outputs.iterdir()) == names
    cells = 0
    for name in names:
        mine, theirs = read_labels(outputs / name), read_labels(expected / name)
        np.testing.assert_array_equal(mine, theirs, err_msg=name)
        assert read_record(outputs / name) == read_record(expected / name)
        cells += int(mine.max())
    assert cells > 20, "three real images hold more cells: nothing was compared"


def gpu_options(box) -> tuple[str, ...]:
    """`--gpus device=0`, unless this engine knows no GPUs and refuses."""
    asked = ("--gpus", "device=0")
    return asked if box.run("true", options=asked).returncode == 0 else ()


def test_organisers_line_to_the_letter(box, inputs: Path, outputs: Path) -> None:
    """One line, no flag of ours; the time it has depends on the machine, so only the files are judged."""
    done = box.run(
        *("/bin/bash", "-c", "sh predict.sh"),
        options=(
            *gpu_options(box),
            *("-m", "28G", "--name", "mediar-box"),
            *("-v", f"{inputs}:/workspace/inputs/", "-v", f"{outputs}:/workspace/outputs/"),
        ),
    )
    assert done.returncode == 0, done.stderr
    written = sorted(path.name for path in outputs.iterdir())
    assert written == sorted(f"{path.name.split('.')[0]}_label.tiff" for path in inputs.iterdir())
    assert sum(int(read_labels(outputs / name).max()) for name in written) > 20


def test_organisers_form_gives_the_same_labels(box, inputs: Path, outputs: Path, expected: Path) -> None:
    done = box.run(
        *("/bin/bash", "-c", "sh predict.sh --budget none"),
        options=(
            *("-m", "28G", "--cpus", "2"),
            *("-v", f"{inputs}:/workspace/inputs/", "-v", f"{outputs}:/workspace/outputs/"),
        ),
    )
    assert done.returncode == 0, done.stderr
    assert_same(outputs, expected)


def test_hardened_form_gives_the_same_labels(box, inputs: Path, outputs: Path, expected: Path) -> None:
    """No network, no capabilities, a read-only root, an unknown user, inputs that can't be written."""
    done = box.hardened(inputs, outputs, "--budget", "none")
    assert done.returncode == 0, done.stderr
    assert_same(outputs, expected)
    assert len(done.stdout.splitlines()) == len(list(inputs.iterdir())), (
        "results, and nothing else, on stdout"
    )


def test_everything_that_can_be_saved(box, inputs: Path, tmp_path: Path, outputs: Path) -> None:
    """Nothing that an output needs was stripped from the image."""
    one = tmp_path / "inputs"
    one.mkdir()
    image = sorted(inputs.iterdir())[0]
    (one / image.name).write_bytes(image.read_bytes())
    done = box.hardened(one, outputs, "--save", "overlay,outlines,geojson,table,flows,ome", "--report")
    assert done.returncode == 0, done.stderr
    assert (outputs / "report.html").is_file()
    assert len(list(outputs.iterdir())) >= 8


def test_kernels_are_found_compiled(box, inputs: Path, outputs: Path) -> None:
    """A kernel that is compiled at run time costs seconds of every first image."""
    options = ("-e", "NUMBA_DEBUG_CACHE=1")
    done = box.predict(inputs, outputs, "--save", "outlines,table", options=options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("data loaded from '/opt/kernels") >= 10
    assert "saved to" not in done.stdout


def test_doctor_and_a_mounted_pair(box) -> None:
    """The healthcheck passes, and a pair in /opt/weights is `official`."""
    repository = Path(__file__).resolve().parents[2]
    done = box.run("python", "-m", "app", "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    done = box.run(
        *("python", "-m", "app", "doctor", "--weights", "official"),
        options=("-v", f"{repository / 'weights'}:/opt/weights:ro"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    done = box.run("python", "-m", "app", "doctor", "--weights", "official")
    assert done.returncode == 2, "no pair is mounted, so nothing else may stand for it"


def test_a_film_with_all_that_is_made_of_it(box, inputs: Path, tmp_path: Path, outputs: Path) -> None:
    """The slim image links frames itself; what linked them once was too large for it."""
    film = tmp_path / "inputs"
    film.mkdir()
    with open_image(sorted(inputs.iterdir())[0]) as source:
        frame = source.rows(0, source.info.height)[:200, :200, 0]
    tifffile.imwrite(
        film / "film.tif", np.stack([frame, np.roll(frame, 3, 1)]), imagej=True, metadata={"axes": "TYX"}
    )
    done = box.hardened(film, outputs, "--stack", "t", "--save", "ctc,overlay", "--report")
    assert done.returncode == 0, done.stderr
    names = ["film_RES", "film_label.tiff", "film_overlay.png", "film_tracks.csv", "report.html"]
    assert sorted(path.name for path in outputs.iterdir()) == names
    assert tifffile.imread(outputs / "film_label.tiff").max() > 0


def test_an_ome_zarr_gives_the_labels_of_its_tiff(box, inputs: Path, tmp_path: Path, outputs: Path) -> None:
    """What zarr needs to read was not stripped from the image."""
    both = tmp_path / "inputs"
    both.mkdir()
    with open_image(sorted(inputs.iterdir())[0]) as source:
        pixels = source.raw_rows(0, source.info.height)[..., 0]
    tifffile.imwrite(both / "a.tif", pixels)
    group = zarr.open_group(both / "b.zarr", mode="w", zarr_format=3)
    group.create_array("0", data=pixels, chunks=(64, 64))
    axes = [{"name": name, "type": "space"} for name in "yx"]
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": [{"path": "0"}]}]}
    done = box.hardened(both, outputs, "--budget", "none", "--scales", "1")
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(
        read_labels(outputs / "a_label.tiff"), read_labels(outputs / "b_label.tiff")
    )
