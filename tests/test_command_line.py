"""The command line: the engine's own numbers, results that scripts can read, and a sentence for whatever cannot be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest
from typer.testing import CliRunner

import lab.cli.list as listing
from lab.__main__ import Kind, app
from lab.cli.progress import Meter
from lab.data.idx import FILES
from lab.experiment import Experiment
from lab.links import encode
from lab.parts import Broken
from lab.presets import PRESETS
from lab.training import Finished, devices, train

REPOSITORY = Path(__file__).resolve().parents[1]
KINDS = get_args(Kind)
TWO_STEPS = ["--dataset", "digits", "--set", "subset=64", "--set", "budget=2", "--set", "budget_unit=steps"]
PRESET_NAMES = {
    "source-000", "source-001", "source-003-float", "source-004",
    *(
        f"source-003-{units}-{rule}-{layers}"
        for units in ("det", "stoch") for rule in ("st", "detached") for layers in ("conv1", "conv2", "both")
    ),
}  # fmt: skip
"""Scripts rely on these."""


class Answer(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out.splitlines()[-1])


def lab(*arguments: str | Path) -> Answer:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    return Answer(result.exit_code, result.stdout, result.stderr)


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=REPOSITORY, stdin=subprocess.DEVNULL, text=True, timeout=120, **options
    )


def two_steps(preset: str) -> Experiment:
    digits = PRESETS[preset].experiment(listing.Dataset.members["digits"]())
    return digits.with_changes([change for change in TWO_STEPS if "=" in change])


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No images but the embedded digits, whatever this machine has."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("LAB_DATA", str(folder))
    return folder


def fake_mnist(folder: Path, content: bytes) -> Path:
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in [name for pair in FILES.values() for name in pair]:
        (raw / name).write_bytes(content)
    return raw


# Training


def test_the_presets_that_scripts_name_are_there() -> None:
    assert set(PRESETS) >= PRESET_NAMES


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_trains_and_ends_with_its_result(preset: str) -> None:
    answer = lab("train", "--preset", preset, *TWO_STEPS, "--json")
    assert answer.code == 0, answer.err
    result, experiment = answer.json, two_steps(preset)
    _, epochs = experiment.length()
    assert [result[name] for name in ("preset", "seed", "steps", "epochs")] == [preset, 0, 2, epochs]
    assert result["images_per_second"] > 0
    assert result["experiment"] == experiment.model_dump(mode="json")
    if "test_mse" in result:
        assert result["test_mse"] == result["test_loss"] > 0
    else:
        assert 0 <= result["test_accuracy"] <= 1


def test_its_numbers_are_the_engines() -> None:
    preset = "source-003-stoch-st-both"
    answer = lab("train", "--preset", preset, *TWO_STEPS, "--seed", "3", "--device", "cpu", "--json")
    *_, end = train(two_steps(preset).with_changes(["seed=3", "device=cpu"]))
    assert isinstance(end, Finished)
    assert end.report is not None
    test, validation = end.report.test, end.report.validation
    names = ("test_loss", "test_accuracy", "validation_loss", "validation_accuracy")
    assert tuple(answer.json[name] for name in names) == (*test, *validation)


def test_options_of_their_own_win_and_a_datasets_fields_can_be_set() -> None:
    options = ["--epochs", "0.5", "--seed", "7", "--device", "cpu", "--set", "dataset.validation=1300"]
    answer = lab("train", "--preset", "source-000", *TWO_STEPS[2:4], "--dataset", "digits", *options, "--json")
    assert answer.code == 0, answer.err
    experiment = answer.json["experiment"]
    fields = ("budget", "budget_unit", "seed", "device", "dataset")
    assert [experiment[field] for field in fields] == [
        0.5, "epochs", 7, "cpu", {"name": "digits", "validation": 1300}
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["file", "link", "address"])
def test_an_experiment_of_the_app_can_be_run(way: str, tmp_path: Path) -> None:
    experiment = two_steps("source-003-det-st-conv1")
    file = tmp_path / "experiment.json"
    file.write_text(experiment.model_dump_json())
    link = encode(experiment)
    arguments: dict[str, list[str | Path]] = {
        "file": ["--experiment", file],
        "link": ["--link", link],
        "address": ["--link", f"http://localhost:8501/compare?run=1&experiment={link}&seed=2#top"],
    }
    answer = lab("train", *arguments[way], "--json")
    assert answer.code == 0, answer.err
    assert answer.json["preset"] is None
    assert Experiment.parse(answer.json["experiment"]) == experiment


def test_without_json_the_result_is_a_table_and_the_images_are_named() -> None:
    answer = lab("train", "--preset", "source-000", *TWO_STEPS[2:])
    assert answer.code == 0
    assert "test accuracy" in answer.out
    assert "Digits" in answer.err


def test_divergence_ends_with_its_reason() -> None:
    explosive = ["optimizer.lr=100", "optimizer.weight_decay=10", "budget=200", "budget_unit=steps"]
    sets = [word for change in explosive for word in ("--set", change)]
    answer = lab("train", "--preset", "source-003-float", "--dataset", "digits", *sets, "--json")
    assert answer.code == 1
    assert answer.json["reason"] == "diverged"
    assert answer.json["test_loss"] is None
    assert answer.json["test_accuracy"] is None
    assert 0 < answer.json["steps"] < 200
    assert answer.json["message"] in answer.err
    assert "became" in answer.err


def test_ctrl_c_keeps_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Meter, "evaluated", interrupt)
    answer = lab("train", "--preset", "source-000", *TWO_STEPS, "--json")
    assert answer.code == 130
    assert (answer.json["reason"], answer.json["steps"], answer.json["test_loss"]) == ("stopped", 1, None)
    assert "Stopped at step 1" in answer.err
    monkeypatch.setattr("lab.training.Training.__init__", interrupt)
    assert lab("train", "--preset", "source-000", *TWO_STEPS) == (130, "", "Stopped.\n")


# What cannot be

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


# Lists


@pytest.mark.parametrize("kind", KINDS)
def test_lists_say_everything_in_json(kind: str) -> None:
    answer = lab("list", kind, "--json")
    assert answer.code == 0
    entries = json.loads(answer.out)
    assert entries
    for entry in entries:
        assert entry.keys() >= {"name", "title", "summary", "formula", "paper", "fields"}
        for name, field in entry["fields"].items():
            assert field["type"], (entry["name"], name)
            assert field["help"], (entry["name"], name)
            assert "default" in field or field["required"], (entry["name"], name)
    assert all(entry["name"] in lab("list", kind).out for entry in entries)


def test_fields_tell_bounds_choices_and_nested_families() -> None:
    def fields(kind: str, name: str) -> dict[str, Any]:
        return next(e["fields"] for e in json.loads(lab("list", kind, "--json").out) if e["name"] == name)

    assert fields("estimators", "value-clipped")["gradient_clip"] == {
        "type": "number",
        "bounds": {"gt": 0, "le": 1e6},
        "nullable": True,
        "default": 1.0,
        "help": "Clip the incoming gradient to [-c, c]; None leaves it alone.",
    }
    mlp = fields("architectures", "mlp")
    assert mlp["hidden"]["of"] == {"type": "integer", "bounds": {"ge": 1, "le": 8192}}
    assert mlp["hidden"]["bounds"] == {"min_length": 1, "max_length": 8}
    assert mlp["activation"] | {"help": ""} == {
        "type": "choice", "choices": ["relu", "hard-sigmoid"], "default": "relu", "help": ""
    }  # fmt: skip
    rate = fields("optimizers", "adam")["lr"]
    assert (rate["type"], rate["bounds"]) == ("schedule", {"ge": 0, "le": 100})
    assert rate["default"] == {"name": "constant", "value": 0.001}
    assert "cosine" in rate["choices"]


def test_a_presets_fields_have_its_own_values() -> None:
    entry = next(e for e in json.loads(lab("list", "presets", "--json").out) if e["name"] == "source-004")
    assert entry["fields"]["batch_size"]["default"] == 16384
    assert entry["experiment"]["batch_size"] == 16384
    assert "dataset" not in entry["fields"]


def test_a_broken_plug_in_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(listing.BROKEN, "estimators", [Broken("lab.estimators.mine", "SyntaxError: invalid syntax")])
    answer = lab("list", "estimators", "--json")
    assert answer.code == 0
    assert "lab.estimators.mine is broken" in answer.err
    assert json.loads(answer.out)


def test_no_plug_in_is_broken() -> None:
    assert not [broken for family in listing.BROKEN.values() for broken in family]


def test_usage_errors_end_with_2() -> None:
    assert lab("list", "colors").code == 2
    assert lab("train", "--fast").code == 2


# The process


def test_as_a_process_its_last_line_is_the_result_and_no_control_character_is_written() -> None:
    environment = os.environ | {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    arguments = ["-m", "lab", "train", "--preset", "source-000", *TWO_STEPS, "--json"]
    done = process(*arguments, capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["steps"] == 2
    assert "\x1b" not in done.stdout + done.stderr
    assert "validation loss" in done.stderr


def test_as_a_process_it_refuses_with_2_and_no_traceback() -> None:
    done = process("-m", "lab", "train", "--preset", "source-002", capture_output=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "source-002" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_a_bar_shows_rate_and_time_left(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    environment = os.environ | {"COLUMNS": "160", "TERM": "xterm"}
    arguments = ["-m", "lab", "train", "--preset", "source-000", "--dataset", "digits", "--epochs", "3", "--json"]
    done = process(*arguments, stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        try:
            while chunk := terminal.read(65536):
                shown += chunk
        except OSError:
            pass  # how Linux tells that the other end is closed
    assert b"images/s" in shown
    assert json.loads(done.stdout.splitlines()[-1])["epochs"] == 3


def test_help_does_not_wait_for_pytorch() -> None:
    code = "import sys, lab.__main__; sys.exit('torch' in sys.modules)"
    assert process("-c", code).returncode == 0
