"""Commands answer at once with help, and with one line where something is wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest

from training.cli import main

COMMANDS = (
    *("fit", "tune", "plot", "discover", "export", "relabel", "synthesise", "pseudo", "check"),
    *("score", "calibrate", "select", "ablate", "card", "gallery"),
    *("average", "shorten", "specialise", "widen"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(capsys, command):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert "usage: python -m training" in capsys.readouterr().out


def test_help_imports_nothing_heavy():
    """Each of these takes a second and more, which a user who asks for help would wait for."""
    script = "import sys, training.cli; training.cli.parser(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "monai", "skimage", "numba", "scipy"} & set(loaded.split())


def test_bad_data_ends_in_one_line(tmp_path, capsys):
    phase = tmp_path / "phase.toml"
    phase.write_text("steps = 1\n[sets]\na = 1.0\n")
    (tmp_path / "data").mkdir()
    assert main(["fit", str(phase), "--data", str(tmp_path / "data"), "--runs", str(tmp_path)]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert "no pairs of images/ and labels/" in lines[0]


def test_wrong_files_end_in_one_line(tmp_path, capsys, monkeypatch):
    """Each of these was a traceback: no GPU, and wrong settings, logs and scores that are not there."""
    monkeypatch.setattr("app.network.engines.device.cuda_devices", lambda: 0)
    phase, log, data = tmp_path / "a.toml", tmp_path / "a.csv", ["--data", str(tmp_path)]
    phase.write_text("steps = 1\n[sets]\na = 1.0\n")
    log.write_text("step,bce,half_mse,norm,rate,seconds\n")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('steps = "many"\n[sets]\na = 1.0\n')
    runs = ["--runs", str(tmp_path)]
    for call, words in [
        (["fit", str(phase), *data, "--device", "cuda"], "shows no GPU"),
        (["fit", str(wrong), *data], "steps = 'many'"),
        (["plot", str(tmp_path / "none.csv")], "none.csv: can't be read"),
        (["plot", str(log)], "a.csv: holds no row"),
        (["card", str(phase), *data, *runs, "--scores", str(log)], "a.csv: holds no row"),
        (["card", str(phase), *data, *runs, "--scores", str(tmp_path / "none.md")], "none.md: no such file"),
    ]:
        assert main(call) == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert words in line


def test_new_networks_alone_leave_what_is_known_as_it_is(tmp_path, capsys):
    """A reach that was given with --keep-looks would have been left out without a word."""
    phase = tmp_path / "cells.toml"
    phase.write_text("steps = 1\n[sets]\na = 1.0\n")
    call = ["specialise", str(phase), "--data", str(tmp_path), "--weights", "weights", "--keep-looks"]
    assert main([*call, "--reach", "cells=0.2"]) == 2
    assert "leave the other options out" in capsys.readouterr().err
    assert main([*call, "-n"]) == 0
    assert "cells: new networks" in capsys.readouterr().out


def test_select_wants_one_kind_of_judge(capsys):
    assert main(["select", "a.pt"]) == 2
    assert "either --data or --unlabelled" in capsys.readouterr().err
