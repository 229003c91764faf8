"""Files of packed nets: what is read is what was written, or is refused; and the runner that goes away with them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors import safe_open

from lab.data import Dataset
from lab.packed import PackedError, PackedNet, load, pack, runner, saved
from lab.packed.runner import opened
from tests.packed_nets import moved_net
from tests.small import small

PICTURES = Dataset.members["digits"]().images().test[:5].numpy()
SHAPES = {
    "binary-mlp": {"hidden": 20, "levels": "-1/+1", "head": "real", "weight_levels": "-1/+1"},
    "convnet": {"binary_weights": ["conv1", "conv2", "classifier"]},
}


def packed(architecture: str) -> PackedNet:
    experiment = small(architecture, SHAPES[architecture])
    return pack(experiment, moved_net(experiment))


NETS = {architecture: packed(architecture) for architecture in SHAPES}
FILES = {architecture: saved(net) for architecture, net in NETS.items()}


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """A folder with a net and the runner, and nothing else."""
    (tmp_path / "net.safetensors").write_bytes(FILES["convnet"])
    shutil.copy(runner.__file__, tmp_path / "runner.py")
    np.save(tmp_path / "pictures.npy", PICTURES)
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": ""},
    )


@pytest.mark.parametrize("architecture", SHAPES)
def test_what_is_read_is_what_was_written(architecture: str, tmp_path: Path) -> None:
    net, file = NETS[architecture], tmp_path / "net.safetensors"
    file.write_bytes(FILES[architecture])
    again = load(file)
    assert (again.title, again.classes, again.notes) == (net.title, net.classes, net.notes)
    assert np.array_equal(again.logits(PICTURES), net.logits(PICTURES))
    for name, bits in net.bits(PICTURES).items():
        assert np.array_equal(again.bits(PICTURES)[name], bits)
    assert saved(again) == FILES[architecture]
    np.testing.assert_allclose(again.probabilities(PICTURES).sum(1), 1)


def test_others_can_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "net.safetensors"
    file.write_bytes(FILES["convnet"])
    layer = NETS["convnet"].layers[1]
    with safe_open(file, framework="np") as opened_file:
        assert json.loads(opened_file.metadata()["net"])["layers"][1]["name"] == "conv 2"
        weight = opened_file.get_tensor("1.weight")
    assert np.array_equal(np.unpackbits(weight, axis=1)[:, : layer.length].astype(bool), layer.weight_bits)


def test_pictures_are_worked_on_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    net = NETS["convnet"]
    whole, bits = net.logits(PICTURES), net.bits(PICTURES)
    monkeypatch.setattr(runner, "AT_ONCE", 1)
    assert np.array_equal(net.logits(PICTURES), whole)
    assert all(np.array_equal(net.bits(PICTURES)[name], bits[name]) for name in bits)


@given(st.sampled_from(sorted(FILES)), st.data())
def test_no_byte_can_be_changed_and_none_be_missing(architecture: str, data: st.DataObject) -> None:
    content = FILES[architecture]
    place = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[place] ^= data.draw(st.integers(1, 255))
    for wrong in (bytes(changed), content[:place], content + content[place:]):
        with pytest.raises(PackedError) as refused:
            opened(wrong)
        assert len(str(refused.value).splitlines()) == 1


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(content: bytes) -> None:
    for wrong in (content, len(content).to_bytes(8, "little") + content):
        with pytest.raises(PackedError):
            opened(wrong)


def forged(changes: dict[str, Any], layer: dict[str, Any] | None = None) -> bytes:
    """The file of a net with another description, and all else made to fit: checksum, header, and so many zeros."""
    content = FILES["convnet"]
    length = int.from_bytes(content[:8], "little")
    told = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["net"])
    told |= changes
    told["layers"][1] |= layer or {}
    text = json.dumps(told)
    try:
        table = runner._table(told["layers"])
        data = bytes(max(entry["data_offsets"][1] for entry in table.values()))
    except (TypeError, ValueError, KeyError, MemoryError, OverflowError):
        table, data = {}, b""
    return runner._header(text, runner._digest(text, data), table) + data


@pytest.mark.parametrize(
    ("changes", "layer"),
    [
        ({}, {"outputs": 31}),
        ({}, {"outputs": True}),
        ({}, {"outputs": -1}),
        ({}, {"shape": [14, 14, 8]}),
        ({}, {"reads": "pixels"}),
        ({}, {"reads": "-1/+1"}),
        ({}, {"gives": "numbers"}),
        ({}, {"weights": "several"}),
        ({}, {"window": [5, 0, 2]}),
        ({}, {"window": [5, 1, 1000000]}),
        ({}, {"window": [50, 1, 2]}),
        ({}, {"window": "555"}),
        ({}, {"pool": [2, 2, 2]}),
        ({}, {"name": 7}),
        ({}, {"more": 1}),
        ({"pixels": [1.0, float("nan"), None]}, None),
        ({"pixels": [0.0, 0.0, None]}, None),
        ({"pixels": [1.0, 0.0, 300]}, None),
        ({"pixels": [1.0, 0.0, 3]}, None),
        ({"pixels": [10**400, 0.0, None]}, None),
        ({"classes": [1, 2]}, None),
        ({"title": None}, None),
        ({"classes": ["\x1b[2J"]}, None),
        ({"more": 1}, None),
    ],
    ids=str,
)
def test_a_description_that_cannot_be_is_refused(changes: dict[str, Any], layer: dict[str, Any] | None) -> None:
    assert opened(forged({}))
    with pytest.raises(PackedError):
        opened(forged(changes, layer))


@pytest.mark.parametrize(("field", "value"), [("scale", np.inf), ("offset", np.nan), ("threshold", np.nan)])
def test_values_that_are_no_numbers_are_refused(field: str, value: float) -> None:
    net = packed("convnet")
    layer = net.layers[0 if field == "threshold" else -1]
    getattr(layer, field)[0] = value
    with pytest.raises(PackedError, match="no numbers"):
        opened(saved(net))


@pytest.mark.parametrize(
    "content", [None, b"", b"PK\x03\x04", FILES["convnet"][:-1]], ids=["none", "empty", "zip", "cut"]
)
def test_a_file_that_is_none_is_named(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "net.safetensors"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(PackedError, match=r"net.safetensors.*\.$"):
        load(file)


@pytest.mark.parametrize("wrong", [PICTURES[0], PICTURES[:0], PICTURES.astype(float), PICTURES[:, :20]])
def test_other_pictures_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(PackedError, match="28"):
        NETS["convnet"].logits(wrong)


def test_the_runner_needs_neither_torch_nor_the_lab(away: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'lab', 'safetensors', 'PIL'): sys.modules[name] = None\n"
        "sys.path.insert(0, '.')\n"
        "import runner\n"
        "sys.exit(runner.main(['net.safetensors', 'pictures.npy']))"
    )
    ran = run(away, "-c", code)
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    classes = NETS["convnet"].logits(PICTURES).argmax(1)
    assert [line.split()[1] for line in lines] == [NETS["convnet"].classes[number] for number in classes]


def test_the_runner_reads_gray_pictures_and_refuses_what_it_cannot_read(away: Path, capsys: Any) -> None:
    net, picture = str(away / "net.safetensors"), away / "picture.png"
    Image.fromarray(PICTURES[2]).save(picture)
    assert runner.main([net, str(picture)]) == 0
    assert NETS["convnet"].classes[NETS["convnet"].logits(PICTURES[2:3]).argmax()] == capsys.readouterr().out.split()[1]
    Image.fromarray(PICTURES[2]).resize((30, 28)).save(away / "large.png")
    (away / "no.png").write_bytes(b"no picture")
    (away / "no.npy").write_bytes(b"no array")
    np.save(away / "objects.npy", np.array([{}]), allow_pickle=True)
    np.save(away / "small.npy", PICTURES[:, :9])
    for wrong in ("large.png", "no.png", "no.npy", "objects.npy", "small.npy", "none.png"):
        assert runner.main([net, str(away / wrong), str(picture)]) == 2
        told = capsys.readouterr()
        assert told.out.startswith(f"{picture} ")  # what can be read is not lost
        assert len(told.err.splitlines()) == 1
        assert told.err.startswith(f"{away / wrong}: ")
    for arguments in ([], [net], [str(picture), str(picture)]):
        assert runner.main(arguments) == 2
