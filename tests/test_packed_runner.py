"""The runner as a program of its own: what it prints for pictures, and for what is none."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lab.data import Dataset
from lab.data.uploads import picture_from
from lab.packed import pack, runner, saved
from tests.packed_nets import moved_net
from tests.small import small

PICTURES = Dataset.members["digits"]().images().test[:5].numpy()
EXPERIMENT = small("convnet", {"binary_weights": ["conv1", "conv2", "classifier"]})
NET = pack(EXPERIMENT, moved_net(EXPERIMENT))


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """A folder with a net and the runner, and nothing else."""
    (tmp_path / "net.safetensors").write_bytes(saved(NET))
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
    classes = NET.logits(PICTURES).argmax(1)
    assert [line.split()[1] for line in lines] == [NET.classes[number] for number in classes]


def array_file(header: str) -> bytes:
    """A .npy file that says anything of what it has."""
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(28 * 28)


def written(write: Any, *arguments: Any, **named: Any) -> bytes:
    stream = io.BytesIO()
    write(stream, *arguments, **named)
    return stream.getvalue()


def zipped() -> bytes:
    return written(np.savez, PICTURES)


def header(shape: str) -> bytes:
    return array_file(f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}\n")


def of_size(width: int, height: int) -> bytes:
    """A PNG that says so and has next to nothing."""
    content = bytearray(written(Image.new("L", (1, 1)).save, "PNG"))
    content[16:29] = width.to_bytes(4, "big") + height.to_bytes(4, "big") + content[24:29]
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


DIGIT = Image.fromarray(PICTURES[2])
UNREADABLE = {
    "text.png": b"no picture",
    "empty.png": b"",
    "cut.png": written(DIGIT.save, "PNG")[:90],
    "nothing.png": of_size(28, 28),
    "none-wide.png": of_size(0, 0),
    "huge.png": of_size(60_000, 60_000),
    "program.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n%%EndComments\n%%EOF\n",
    "rare.png": written(DIGIT.save, "PPM"),
    "text.npy": b"no array",
    "cut.npy": written(np.save, PICTURES)[:-1],
    "objects.npy": written(np.save, np.array([{}]), allow_pickle=True),
    "zipped.npy": zipped(),
    "open.npy": array_file("{'descr': '|u1', 'fortran_order': False, 'shape': (1,28,28"),
    "list.npy": array_file("{[]: 1}"),
    "deep.npy": array_file("-" * 60_000 + "1"),
    "negative.npy": header("(-1, 28, 28)"),
    "endless.npy": header("(99999999999999999999, 28, 28)"),
    "overflowing.npy": header("(4611686018427387904, 28, 28)"),
}
OTHER = {
    "wide.png": written(DIGIT.resize((30, 28)).save, "PNG"),
    "large.png": written(Image.new("L", (10_000, 9_000)).save, "PNG"),
    "narrow.npy": written(np.save, PICTURES[:, :9]),
    "floats.npy": written(np.save, PICTURES / 255),
    "none.npy": written(np.save, PICTURES[:0]),
    "number.npy": written(np.save, np.uint8(3)),
}
ABSENT = {"missing.png": "No such file or directory", "missing.npy": "No such file or directory", ".": "Is a directory"}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [*UNREADABLE, *OTHER, *ABSENT])
def test_a_bad_picture_has_a_sentence_and_the_others_an_answer(name: str, away: Path, capsys: Any) -> None:
    contents = UNREADABLE | OTHER
    if name in contents:
        (away / name).write_bytes(contents[name])
    DIGIT.save(away / "digit.png")
    good, bad = str(away / "digit.png"), str(away / name)
    assert runner.main([str(away / "net.safetensors"), good, bad, good]) == 2
    told = capsys.readouterr()
    assert [line.split()[0] for line in told.out.splitlines()] == [good, good]
    (sentence,) = told.err.splitlines()
    why = (
        r"28|bytes"
        if name in OTHER
        else f"it cannot be read{f': {ABSENT[name]}' if name in ABSENT else ' as pictures'}"
    )
    assert re.fullmatch(rf"{re.escape(bad)}: .*({why}).*\.", sentence)


MODES = {
    "L": DIGIT,
    "P": DIGIT.convert("P"),
    "RGB": DIGIT.convert("RGB"),
    "RGBA": DIGIT.convert("RGBA"),
    "LA": Image.merge("LA", (Image.new("L", (28, 28), 255), DIGIT)),
    "I;16": Image.fromarray(PICTURES[2].astype(np.uint16) * 257),
    "I;16 of few": Image.fromarray(PICTURES[2].astype(np.uint16) * 9 + 1000),
    "I": Image.fromarray(PICTURES[2].astype(np.int32) * 70_000 - 5),
    "F": Image.fromarray(np.where(PICTURES[2] > 250, np.float32(np.nan), PICTURES[2] / 255).astype(np.float32)),
}


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_is_read_as_the_lab_reads_it(mode: str, tmp_path: Path) -> None:
    file = tmp_path / "picture.tif"
    MODES[mode].save(file)
    found, expected = runner.pictures(str(file)), picture_from(file.read_bytes(), file.name)
    assert found.dtype == np.uint8
    assert np.array_equal(found, expected[None])
    if mode != "F":
        np.testing.assert_allclose(found[0], PICTURES[2] * (255 / PICTURES[2].max()), atol=16)


def test_what_it_prints_of_a_picture(away: Path, capsys: Any) -> None:
    net, picture = str(away / "net.safetensors"), str(away / "digit.png")
    DIGIT.save(picture)
    assert runner.main([net, picture]) == 0
    file, name, *probabilities = capsys.readouterr().out.split()
    (expected,) = NET.probabilities(PICTURES[2:3])
    assert (file, name) == (picture, NET.classes[expected.argmax()])
    assert probabilities == [f"{name}:{p:.4f}" for name, p in zip(NET.classes, expected, strict=True)]


def test_without_pictures_or_a_net_it_says_how(away: Path, capsys: Any) -> None:
    net = str(away / "net.safetensors")
    for arguments, told in (([], "usage"), ([net], "usage"), ([str(away / "runner.py"), net], "it has no header")):
        assert runner.main(arguments) == 2
        (sentence,) = capsys.readouterr().err.splitlines()
        assert told in sentence


def test_without_pillow_it_says_what_to_install(away: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert runner.main([str(away / "net.safetensors"), str(away / "digit.png")]) == 2
    assert "install it" in capsys.readouterr().err
