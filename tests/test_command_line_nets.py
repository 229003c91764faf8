"""`python -m lab export --format packed|onnx|safetensors` and `python -m lab predict`."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from lab.cli import check
from lab.data import Dataset
from lab.experiment import Experiment
from lab.jobs import JOBS
from lab.packed import Agreement, LayerAgreement, PackedNet, agreement, load
from lab.probes.specimen import initial_net
from lab.store import RunFolder, run_folders
from lab.store.weights import reported_weights
from tests.command_line import lab, two_steps
from tests.pages import forget_runs
from tests.small import small
from tests.test_packed_runner import UNREADABLE

pytestmark = pytest.mark.usefixtures("empty_lab")

DIGITS = Dataset.members["digits"]().images()
NET = {"binary_weights": ["conv1", "conv2", "classifier"], "levels": "-1/+1"}


def run_of(kept_runs: Path, *experiments: Experiment) -> str:
    """The id of a run that this process has only on disk."""
    JOBS.runs_folder = kept_runs
    assert JOBS.start(list(experiments), "A run").wait(60)
    forget_runs()
    return run_folders(kept_runs)[0].id


@pytest.fixture
def run(kept_runs: Path) -> str:
    return run_of(kept_runs, small("convnet", NET))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "digit.png"
    Image.fromarray(DIGITS.test[3].numpy()).save(file)
    return file


def test_a_packed_net_leaves_and_predicts(run: str, kept_runs: Path, tmp_path: Path, picture: Path) -> None:
    file = tmp_path / "net.safetensors"
    answer = lab("export", run[:6], "--format", "packed", "--out", file)
    assert (answer.code, answer.out) == (0, "")
    assert "runner.py" in answer.err
    experiment = small("convnet", NET)
    net = initial_net(experiment, torch.device("cpu"))
    kept = reported_weights(RunFolder(kept_runs / run), 0)
    assert kept is not None
    net.load_state_dict(kept.tensors)
    assert agreement(experiment, net, load(file), DIGITS.test[:20]).exact
    told = lab("predict", file, picture, picture, "--json").json_lines
    expected = load(file).probabilities(DIGITS.test[3:4].numpy())[0]
    assert [each["image"] for each in told] == [str(picture)] * 2
    assert told[0]["class"] == str(expected.argmax())
    np.testing.assert_allclose(list(told[0]["probabilities"].values()), expected)
    arrays = tmp_path / "digits.npy"
    np.save(arrays, DIGITS.test[2:4].numpy())
    of_arrays = lab("predict", file, arrays, "--json").json_lines
    assert [each["image"] for each in of_arrays] == [f"{arrays}[0]", f"{arrays}[1]"]
    np.testing.assert_allclose(list(of_arrays[1]["probabilities"].values()), expected)
    said = lab("predict", file, picture)
    assert said.code == 0
    assert f"digit.png: {expected.argmax()} (" in said.out


def test_a_packed_net_is_checked_on_all_test_images(run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = ("--format", "packed", "--check", "--out", tmp_path / "net.safetensors")
    answer = lab("export", run, *out)
    assert answer.code == 0
    assert answer.err.startswith(f"On {len(DIGITS.test)} test images all ")
    assert f"{len(DIGITS.test)} classes agree" in answer.err
    real = check.opened

    def another(content: bytes) -> PackedNet:
        net = real(content)
        net.layers[1].flip[2] ^= True
        return net

    monkeypatch.setattr(check, "opened", another)
    (tmp_path / "net.safetensors").unlink()
    answer = lab("export", run, *out)
    assert (answer.code, answer.out) == (2, "")
    assert "hidden bits differ" in answer.err
    assert "in conv 2." in answer.err
    assert not (tmp_path / "net.safetensors").exists()


def test_images_of_which_no_bits_are_all_the_same_have_no_logits_that_are_compared() -> None:
    found = Agreement(7, (LayerAgreement("conv 1", 70, 9, 9),), same=0, logits=0.0, largest=2.0, classes=5)
    told = check.told(found)
    assert "logits cannot be compared" in told
    assert "apart" not in told
    assert "logits are 0.1 apart at most" in check.told(found._replace(same=3, logits=0.1))


@pytest.mark.parametrize("what", ["file", "folder"])
def test_the_runner_beside_a_net_is_not_written_over_something_else(run: str, tmp_path: Path, what: str) -> None:
    beside = tmp_path / "runner.py"
    beside.mkdir() if what == "folder" else beside.write_text("mine")
    answer = lab("export", run, "--format", "packed", "--out", tmp_path / "net.safetensors")
    assert answer.code == 0
    assert "something else" in answer.err
    assert beside.is_dir() if what == "folder" else beside.read_text() == "mine"


@pytest.mark.parametrize("name", ["runner.py", "Runner.py"])
def test_a_net_does_not_take_the_name_of_its_runner(run: str, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    out = ("--format", "packed", "--out", file)
    answer = lab("export", run, *out)
    assert (answer.code, list(tmp_path.glob("*.py"))) == (2, [])
    assert answer.err == "runner.py is what runs the net, and is put beside it; give --out another name.\n"
    file.write_text("mine")
    assert lab("export", run, *out, "--overwrite").code == 2
    assert file.read_text() == "mine"


@pytest.mark.parametrize("another", [False, True])
def test_what_to_type_next_is_what_works(run: str, tmp_path: Path, another: bool) -> None:
    folder = tmp_path / "my nets; of 'today'"
    folder.mkdir()
    if another:
        (folder / "runner.py").write_text("mine")
    answer = lab("export", run, "--format", "packed", "--out", folder / "a net.safetensors")
    words = shlex.split(answer.err.rpartition(": ")[2])
    assert words[0] == "python"
    assert words[2:] == [str(folder / "a net.safetensors"), "PICTURES.npy"]
    np.save(tmp_path / "pictures.npy", DIGITS.test[:2].numpy())
    ran = subprocess.run([sys.executable, *words[1:3], tmp_path / "pictures.npy"], capture_output=True, timeout=60)
    assert (ran.returncode, len(ran.stdout.splitlines())) == (0, 2)


def test_weights_leave_as_they_were_trained(run: str, kept_runs: Path, tmp_path: Path, picture: Path) -> None:
    file = tmp_path / "weights.safetensors"
    assert lab("export", run, "--format", "safetensors", "--out", file).code == 0
    kept = reported_weights(RunFolder(kept_runs / run), 0)
    assert kept is not None
    with safe_open(file, framework="np") as opened:
        assert set(opened.keys()) == set(kept.tensors)
        assert Experiment.from_json(opened.metadata()["experiment"]) == small("convnet", NET)
        assert opened.metadata()["step"] == str(kept.step)
        for name, tensor in kept.tensors.items():
            assert np.array_equal(opened.get_tensor(name), tensor.numpy())
    answer = lab("predict", file, picture)
    assert (answer.code, answer.out) == (2, "")
    assert "weights of a net as they were trained" in answer.err
    assert "export it as packed" in answer.err


def test_onnx_leaves_too(run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = pytest.importorskip("onnxruntime")
    file, packed = tmp_path / "net.onnx", tmp_path / "net.safetensors"
    for format, out in (("onnx", file), ("packed", packed)):
        assert lab("export", run, "--format", format, "--out", out).code == 0
    pictures = DIGITS.test[:9].numpy()
    (logits,) = runtime.InferenceSession(file).run(["logits"], {"pixels": pictures})
    np.testing.assert_allclose(logits, load(packed).logits(pictures), rtol=1e-4, atol=1e-4)
    monkeypatch.setitem(sys.modules, "onnx", None)
    answer = lab("export", run, "--format", "onnx", "--out", tmp_path / "other.onnx")
    assert answer.code == 2
    assert "pip install onnx" in answer.err


def test_of_several_nets_one_is_named(kept_runs: Path, tmp_path: Path) -> None:
    run = run_of(kept_runs, small("convnet", NET), small("mlp"))
    out = ("--out", tmp_path / "net.safetensors")
    several = lab("export", run, "--format", "packed", *out)
    assert several.code == 2
    assert "--contestant" in several.err
    assert lab("export", run, "--format", "packed", "--contestant", "1", *out).code == 0
    unpackable = lab("export", run, "--format", "packed", "--contestant", "2", *out, "--overwrite")
    assert unpackable.code == 2
    assert "weights are real numbers" in unpackable.err
    assert lab("export", run, "--format", "safetensors", "--contestant", "2", *out, "--overwrite").code == 0
    assert "2 contestants" in lab("export", run, "--format", "packed", "--contestant", "3", *out, "--overwrite").err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--format", "packed", "--table", "curves"], "without --table and --seeds"),
        (["--format", "onnx", "--seeds"], "without --table and --seeds"),
        (["--format", "csv", "--contestant", "1"], "for nets alone"),
        (["--format", "csv", "--check"], "for --format packed"),
        (["--format", "onnx", "--check"], "for --format packed"),
    ],
)
def test_what_cannot_be_is_refused(kept_runs: Path, arguments: list[str], told: str) -> None:
    run = run_of(kept_runs, two_steps("source-000"))
    answer = lab("export", run, *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert len(answer.err.splitlines()) == 1


def bad_pictures(folder: Path) -> list[Path]:
    """Files that the runner cannot read as pictures, and that are none for Pillow either."""
    (folder / "bad").mkdir()
    files = [folder / "bad" / name for name in UNREADABLE]
    for file in files:
        file.write_bytes(UNREADABLE[file.name])
    return files


def test_no_device_is_replaced_by_a_file(run: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    answer = lab("export", run, "--format", "packed", "--overwrite", "--out", pipe)
    assert (answer.code, answer.out) == (2, "")
    assert "is a device or a pipe; leave --out away" in answer.err
    assert pipe.is_fifo()


def test_what_cannot_be_read_ends_with_a_sentence(run: str, tmp_path: Path, picture: Path) -> None:
    file, wrong = tmp_path / "net.safetensors", tmp_path / "wrong.safetensors"
    assert lab("export", run, "--format", "packed", "--out", file).code == 0
    content = file.read_bytes()
    blank = tmp_path / "blank.png"
    Image.new("L", (28, 28)).save(blank)
    tampered = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
    none = tmp_path / "none.npy"
    np.save(none, DIGITS.test[:0].numpy())
    cases = [
        (tmp_path / "none", picture),
        (tmp_path, picture),
        (Path("/dev/zero"), picture),
        (file, none),
        (file, tmp_path),
        (file, tmp_path / "missing.npy"),
        (file, tmp_path / "none.png"),
        (file, file),
        (file, blank),
        *((file, bad) for bad in bad_pictures(tmp_path)),
    ]
    for bad in (b"", b"\x80\x04pickle", content[:500], tampered, json.dumps({}).encode()):
        cases.append((wrong.with_name(f"wrong{len(cases)}"), picture))
        cases[-1][0].write_bytes(bad)
    for net, image in cases:
        answer = lab("predict", net, image, picture)
        assert answer.code == 2, (net, image)
        assert [line.split(":")[0] for line in answer.out.splitlines()] == [str(picture)] * (net == file)
        assert len(answer.err.splitlines()) == 1
        assert answer.err.endswith(".\n")
