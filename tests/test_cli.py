"""The command line: flags, exit statuses, one line per mistake, nothing heavy before it is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import EXTRAS, main, parser
from app.write import WRITERS


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments], capture_output=True, text=True, timeout=120, check=False
    )


def test_help_is_quick() -> None:
    """`--help` once took seconds because the network was imported first."""
    code = "import sys, app.cli; app.cli.parser().format_help(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "torch", "openvino", "numba", "tifffile", "skimage", "scipy"} & set(loaded)


def test_the_extras_are_the_writers() -> None:
    """The parser names them without importing them, and the two lists must not part."""
    assert set(EXTRAS) == {*WRITERS, "ctc"}  # ctc is made of whole films, not of single images


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["predict"],
        ["predict", "-i", "a", "-o", "b", "--save", "hologram"],
        ["predict", "-i", "a", "-o", "b", "--channels", "0,1"],
        ["predict", "-i", "a", "-o", "b", "--channels", "r,g,b"],
        ["predict", "-i", "a", "-o", "b", "--shard", "5/4"],
        ["predict", "-i", "a", "-o", "b", "--device", "tpu"],
        ["predict", "-i", "a", "-o", "b", "--stack", "y"],
        ["predict", "-i", "a", "-o", "b", "--stack", "z", "--stitch", "0"],
        ["predict", "-i", "a", "-o", "b", "--workers", "0"],
        ["predict", "-i", "a", "-o", "b", "--workers", "2", "--scheduler", "tcp://host:8786"],
        ["preview", "-i", "a", "-o", "b", "--workers", "2"],
    ],
)
def test_wrong_flags_end_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong use must not look like failed images."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--budget", "soon"], "budget 'soon'"),
        (["--weights", "no/such"], "no/such: no such weights"),
        (["--device", "cuda"], "cuda"),
    ],
)
def test_wrong_values_end_with_2_and_one_line(
    flags: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said before any image is touched."""
    (tmp_path / "a.png").write_bytes(b"")
    assert main(["predict", "-i", str(tmp_path), "-o", str(tmp_path / "out"), *flags]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_debug_changes_no_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--debug` wrong use once ended with 1, which says that some images failed."""
    assert main(["predict", "-i", str(tmp_path), "-o", str(tmp_path / "out"), "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_wrong_use_is_a_json_line_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A log collector must be able to read the one line that matters most, traceback included."""
    flags = ["--json-logs", "--debug"]
    assert main(["predict", "-i", str(tmp_path), "-o", str(tmp_path / "out"), *flags]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "no images found" in json.loads(line)["message"]
    assert "UsageError" in json.loads(line)["traceback"]


def test_channels_that_are_no_numbers_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """It said 'invalid three value', after the name of a function of ours."""
    with pytest.raises(SystemExit):
        main(["predict", "-i", "a", "-o", "b", "--channels", "r,g,b"])
    assert "not three channel numbers such as 0,2,1" in capsys.readouterr().err


@pytest.mark.parametrize("rest", [[], ["--help"], ["-i", "a", "-l", "b", "--minutes=2"]])
def test_tune_says_where_it_is_done(rest: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An installed package answered `tune` with a list of the other commands."""
    assert main(["tune", *rest]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "python -m training tune" in said.err


def test_an_empty_folder_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong mount must not end as a success without a result."""
    assert main(["predict", "-i", str(tmp_path), "-o", str(tmp_path / "out")]) == 2
    assert "no images found" in capsys.readouterr().err


def test_results_go_to_a_folder_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second run would have taken the labels and overlays of the first for images."""
    assert main(["predict", "-i", str(tmp_path), "-o", str(tmp_path)]) == 2
    assert "holds the images" in capsys.readouterr().err


def test_an_input_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped path is one failed image, and named; others given beside it go on."""
    assert main(["predict", "-i", str(tmp_path / "nowhere"), "-o", str(tmp_path / "out")]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_values_reach_the_job() -> None:
    """A flag that is parsed and then forgotten is worse than none."""
    from app.cli import job

    flags = (
        "predict -i a b -o c --budget 7 --channels 2,1,0 --page 3 --shard 2/5 --save table,overlay --report"
    )
    made = job(parser().parse_args(flags.split()))
    assert made.inputs == (Path("a"), Path("b"))
    assert (made.budget, made.channels, made.page, made.shard) == ("7", (2, 1, 0), 3, (2, 5))
    assert made.save == ("table", "overlay")
    assert made.report


def test_the_module_runs() -> None:
    """`python -m app --version` is what a bug report begins with."""
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("mediar-box ")


def test_serve_says_what_is_missing_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's libraries are an extra; without them nothing is made on the disk, either."""
    monkeypatch.setattr("app.serve.server.find_spec", lambda _: None)
    assert main(["serve", "-o", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "pip install 'mediar-box[serve]'" in error
    assert not (tmp_path / "out").exists()


def test_serve_says_that_its_port_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second server of a person who forgot the first."""
    pytest.importorskip("starlette", reason="Starlette is not installed (the extra `serve`)")
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["serve", "-o", str(tmp_path / "out"), "--port", port]) == 2
    assert f"127.0.0.1:{port}: can't listen there" in capsys.readouterr().err
