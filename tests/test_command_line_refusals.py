"""The command line on input that cannot be: exit code 2, and a sentence that names what, where and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.data.idx import FILES
from lab.devices import devices
from tests.command_line import lab

pytestmark = pytest.mark.usefixtures("data_folder")

START = ["--preset", "source-000", "--dataset", "digits"]
REFUSED: dict[str, tuple[list[str], list[str]]] = {
    "preset": (["--preset", "source-00"], ["preset", "'source-00'", "Did you mean", "source-004"]),
    "dataset": (["--preset", "source-000", "--dataset", "cifar"], ["dataset", "'cifar'", "digits", "mnist"]),
    "estimator": ([*START, "--set", "estimator=magic"], ["estimator", "'magic'", "hard-sigmoid"]),
    "field": ([*START, "--set", "color=red"], ["'color'", "batch_size"]),
    "path": ([*START, "--set", "seed.deep.er=1"], ["seed", "no fields"]),
    "change": ([*START, "--set", "seed"], ["'seed'", "path=value"]),
    "bound": ([*START, "--set", "batch_size=0"], ["batch_size", "greater than or equal to 1", "given: 0"]),
    "epochs": ([*START, "--epochs", "-1"], ["budget", "greater than 0", "-1"]),
    "epochs NaN": ([*START, "--epochs", "nan"], ["budget", "finite", "nan"]),
    "seed": ([*START, "--seed", "-1"], ["seed", "greater than or equal to 0", "-1"]),
    "schedule": ([*START, "--set", "optimizer.lr=1000"], ["optimizer.lr", "1000", "0 to 100"]),
    "no binary units": (
        ["--preset", "source-003-float", "--dataset", "digits", "--set", "estimator=reinforce"],
        ["estimator", "'reinforce'", "binary_layers"],
    ),
    "too many binary layers": ([*START, "--set", "architecture.binary_layers=[1,2]"], ["binary_layers", "2", "1 to 1"]),
    "optimizer": ([*START, "--set", "optimizer=bop"], ["optimizer", "'bop'", "sgd"]),
    "set twice": ([*START, "--seed", "1", "--set", "seed=2"], ["seed", "more than once", "--set"]),
    "unknown device": ([*START, "--device", "tpu"], ["device", "'tpu'", "'cpu'"]),
    "link": (["--link", "1.broken"], ["link"]),
    "link format": (["--link", "http://localhost:8501/?experiment=9.abc"], ["format", "'9'", "'1'"]),
    "file": (["--experiment", "nowhere.json"], ["nowhere.json", "cannot be read"]),
    "no start": (["--dataset", "digits"], ["--preset", "--experiment", "--link"]),
    "two starts": ([*START, "--link", "1.x"], ["--preset", "--experiment", "--link"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_input_that_cannot_be_is_refused_in_a_sentence(case: str) -> None:
    arguments, parts = REFUSED[case]
    answer = lab("train", *arguments, "--json")
    assert (answer.code, answer.out) == (2, "")
    assert all(part in answer.err for part in parts), answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("content", ["[]", "{", '{"seed": 1, "seed": 2}', '{"weights": []}', "\xff", "[" * 100_000])
def test_json_from_elsewhere_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_bytes(content.encode("latin-1"))
    answer = lab("train", "--experiment", file)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.strip()


@pytest.mark.skipif("cuda" in devices() and "mps" in devices(), reason="this machine has every device")
def test_a_device_that_is_not_there_is_named_with_those_that_are() -> None:
    missing = next(name for name in ("cuda", "mps") if name not in devices())
    answer = lab("train", *START, "--device", missing)
    assert answer.code == 2
    assert missing in answer.err
    assert all(name in answer.err for name in devices())


@pytest.mark.parametrize("dataset", ["digits", "mnist"])
def test_a_data_folder_that_is_not_there_is_an_error_at_once(dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DATA", "/no/such/folder")
    answer = lab("train", "--preset", "source-000", "--dataset", dataset)
    assert answer.code == 2
    assert "LAB_DATA" in answer.err
    assert "/no/such/folder" in answer.err


@pytest.mark.parametrize(("content", "problem"), [(b"", "shorter"), (b"no idx file at all", "starts with")])
def test_mnist_is_the_default_where_it_is_and_its_broken_files_are_named(
    content: bytes, problem: str, data_folder: Path
) -> None:
    raw = fake_mnist(data_folder, content)
    answer = lab("train", "--preset", "source-000")
    assert answer.code == 2
    assert str(raw) in answer.err
    assert problem in answer.err


def test_a_missing_network_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision import datasets

    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
    answer = lab("train", "--preset", "source-000", "--dataset", "mnist")
    assert answer.code == 2
    assert "Could not download" in answer.err


def test_usage_errors_end_with_2() -> None:
    assert lab("list", "colors").code == 2
    assert lab("train", "--fast").code == 2


def fake_mnist(folder: Path, content: bytes) -> Path:
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in [name for pair in FILES.values() for name in pair]:
        (raw / name).write_bytes(content)
    return raw
