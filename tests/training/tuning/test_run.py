"""A run ends with one whole file, by whatever it was ended, and that is never worse than the start."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import tifffile
import torch

from app.errors import UsageError
from app.network.weights import find_weights
from app.network.weights.states import read_state
from training.cli import main
from training.data import DataError
from training.network import load_network
from training.tuning import tune
from training.tuning.clock import Clock
from training.tuning.examples import Examples, divide, load_examples
from training.tuning.replay import Replay
from training.tuning.settings import Tuning
from training.tuning.student import Student, recall_loss

MODULE = "training.tuning.run"


def test_a_run_gives_weights_that_a_prediction_takes(tmp_path, fields, start, short, monkeypatch):
    """The encoder stays, the decoder moves, and norms keep the statistics of all that was seen before."""
    monkeypatch.setattr(f"{MODULE}.verdict", rising())
    done = tune(divide(fields), start, tmp_path / "mine.safetensors", short)
    assert (done.steps, done.claim, done.stopped) == (3, True, False)
    assert done.after > done.before
    (member,) = find_weights(str(done.file)).members
    assert member.architecture == start.members[0].architecture
    after = read_state(done.file)
    before = next(s for m in start.members if same_encoder(s := read_state(m.file), after))
    assert not np.array_equal(after["gradflow_head.3.weight"], before["gradflow_head.3.weight"])
    statistics = [name for name in after if name.endswith(("running_mean", "running_var"))]
    assert statistics
    assert all(np.array_equal(after[name], before[name]) for name in statistics)


def same_encoder(first, second):
    return all(np.array_equal(first[name], second[name]) for name in first if name.startswith("encoder."))


def rising():
    """Verdicts that get better each time."""
    scores = iter(np.linspace(0.1, 0.9, 40))
    return lambda *_: float(next(scores))


def falling():
    scores = iter(np.linspace(0.9, 0.1, 40))
    return lambda *_: float(next(scores))


def test_where_it_got_worse_the_start_is_kept(tmp_path, fields, start, short, monkeypatch):
    """Five minutes that spoil a model must not be what the user goes on with."""
    verdict = falling()
    for module in (MODULE, MODULE.replace(".run", ".start")):
        monkeypatch.setattr(f"{module}.verdict", verdict)
    done = tune(divide(fields), start, tmp_path / "mine.safetensors", short)
    assert done.after == done.before
    after = read_state(done.file)
    assert any(
        all(np.array_equal(after[name], value) for name, value in read_state(m.file).items())
        for m in start.members
    )


def test_ctrl_c_keeps_the_best_so_far(tmp_path, fields, start, short, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Student, "step", interrupted)
    done = tune(divide(fields), start, tmp_path / "mine.safetensors", short)
    assert done.stopped
    load_network(done.file)


def test_a_killed_look_leaves_the_file_before(tmp_path, fields, start, short, monkeypatch):
    """The file is replaced whole: death between its first byte and its last leaves the old one."""
    target = tmp_path / "mine.safetensors"
    tune(divide(fields), start, target, short)
    whole = target.read_bytes()

    def killed(*_, **__):
        raise SystemExit(9)

    monkeypatch.setattr("safetensors.numpy.save", killed)
    with pytest.raises(SystemExit):
        tune(divide(fields), start, target, short)
    assert target.read_bytes() == whole


def test_images_are_held_back_from_four_on(make_examples):
    examples = [load_examples(make_examples(count)) for count in (3, 4, 10)]
    assert [(len(e.taught), len(e.held)) for e in examples] == [(3, 0), (3, 1), (8, 2)]


def test_an_image_without_cells_is_a_line_and_none_with_cells_an_error(make_examples, caplog):
    pairs = make_examples(2)
    for number, pair in enumerate(pairs):
        labels = np.zeros((96, 112), np.uint8)
        tifffile.imwrite(pair.label, labels)
        if number == 0:
            assert len(load_examples(pairs).taught) == 2
            assert len(load_examples(pairs, partial=True).taught) == 1
    lines = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert "0_label.tif: no cell is drawn; kept as background" in lines[0]
    with pytest.raises(DataError, match=r"0_label\.tif: no cell is drawn, nor in any other label"):
        load_examples(pairs)


def test_what_the_start_said_is_no_loss_and_no_drift(start):
    """Replay must pull back to the start and nowhere else, or it would teach instead of keep."""
    said = torch.randn(2, 3, 32, 32)
    assert recall_loss(said, said, 0.5).abs() < 1e-6
    assert recall_loss(said + 1, said, 0.5) > 0.1
    student = Student.of(load_network(start.members[0].file), Tuning(encoder=False))
    assert not any(module.training for module in student.model.modules())
    moving = [name for name, p in student.model.named_parameters() if p.requires_grad]
    assert moving
    assert not any(name.startswith("encoder.") for name in moving)


def test_replay_is_a_function_of_its_seed():
    first, second = Replay(2, 64, 7), Replay(2, 64, 7)
    for step in range(2):
        crops = first(step)
        assert crops.shape == (2, 3, 64, 64)
        assert torch.equal(crops, second(step))


@pytest.mark.parametrize(("crop", "drawings"), [(160, 7), (256, 12)])
def test_small_crops_share_a_drawing(monkeypatch, crop, drawings):
    """A drawing a step took a tenth of the time that slow machines have for learning."""
    made = []
    monkeypatch.setattr(Replay, "image", lambda _self, seed: made.append(seed) or torch.rand(3, 320, 320))
    replay = Replay(2, crop, 7)
    seen = [replay(step) for step in range(10)]
    assert len(made) == drawings
    assert not any(torch.equal(one, other) for one, other in pairwise(seen))


def test_time_and_not_steps_ends_a_run(monkeypatch):
    """A machine that is twice as slow makes half of the steps and still ends in time."""
    now = 0.0
    monkeypatch.setattr("training.tuning.clock.time.monotonic", lambda: now)
    clock = Clock(Tuning(minutes=1.0), began=0.0)
    now = 10.0
    clock.start_training(set_aside=10.0)
    assert [clock.progress(0), clock.rate(0.0) < clock.rate(0.05)] == [0.0, True]
    now = 30.0
    assert clock.progress(5) == pytest.approx(0.5)
    now = 50.0
    assert clock.progress(5) == 1.0
    assert clock.rate(1.0) == pytest.approx(0.01 * Tuning().rate)


def test_wrong_use_is_one_line(tmp_path, fields, start, short, capsys, monkeypatch):
    with pytest.raises(UsageError, match="tuned weights are a"):
        tune(Examples(tuple(fields), ()), start, tmp_path / "mine.pt", short)
    call = ["tune", "-i", str(tmp_path / "0.tif"), "-l", str(tmp_path / "1_label.tif")]
    assert main([*call, "-o", str(tmp_path / "a.safetensors")]) == 2
    assert "no image has this name" in capsys.readouterr().err
    assert main([*call, "-o", str(tmp_path / "none" / "a.safetensors")]) == 2
    assert "its folder is not there" in capsys.readouterr().err
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert main([*call, "-o", str(tmp_path / "a.safetensors")]) == 2
    assert "use the image mediar-box:train" in capsys.readouterr().err


def test_partial_labels_teach_nothing_about_the_rest(fields, short):
    """The loss of a crop must not change with what the network says on unknown ground."""
    from training.objective import flow_loss

    labels = torch.from_numpy(np.where(fields[0].labels > 0, fields[0].labels, -1))[None]
    flow = torch.from_numpy(fields[0].flow.astype(np.float32))[None]
    output = torch.zeros(1, 3, *labels.shape[1:])
    changed = torch.where(labels[:, None] < 0, 5.0, output)
    first, second = (flow_loss(o, labels, flow, short.flow_weight) for o in (output, changed))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


def test_a_program_hears_of_every_step(tmp_path, fields, start, short, monkeypatch):
    """The page's bar comes from these; without them a run of minutes looks like one that hangs."""
    monkeypatch.setattr(f"{MODULE}.verdict", rising())
    told = []
    done = tune(divide(fields), start, tmp_path / "mine.safetensors", short, told=told.append)
    assert [step.steps for step in told] == [1, 2, 3]
    assert [step.progress for step in told] == pytest.approx([0, 1 / 3, 2 / 3])
    assert all(np.isfinite(step.loss) and step.f1 <= done.after for step in told)


@pytest.mark.slow
def test_a_watched_run_speaks_json_and_ends_with_its_input(tmp_path, make_examples, random_pair):
    """A server that was killed must not leave a process behind that takes all cores for half an hour.

    Nor one that a shell had started in the background, where Ctrl-C is ignored: its runs went on.
    """
    for part in ("i", "l"):
        (tmp_path / part).mkdir()
    for pair in make_examples(1):
        pair.image.rename(tmp_path / "i" / "a.tif")
        pair.label.rename(tmp_path / "l" / "a_label.tif")
    command = [
        sys.executable,
        "-m",
        "training",
        "tune",
        "--watched",
        "--minutes",
        "30",
        "--weights",
        str(random_pair),
    ]
    command += ["-i", str(tmp_path / "i"), "-l", str(tmp_path / "l"), "-o", str(tmp_path / "a.safetensors")]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited, as from such a shell
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        first = json.loads(process.stdout.readline())
        process.stdin.close()
        *_, last = map(json.loads, process.stdout)
        assert process.wait(240) == 0
    assert first["steps"] == 1
    assert (last["stopped"], last["claim"]) == (True, False)
    assert last["file"] == str(tmp_path / "a.safetensors")
    load_network(tmp_path / "a.safetensors")
