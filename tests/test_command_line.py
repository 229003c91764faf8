"""`python -m lab train`: the engine's own numbers, in results that scripts can read."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from lab.__main__ import app
from lab.cli.progress import RunMeter
from lab.events import Finished
from lab.experiment import Experiment
from lab.links import encode
from lab.presets import PRESETS
from lab.training import train
from tests.command_line import TWO_STEPS, lab, process, two_steps

pytestmark = pytest.mark.usefixtures("data_folder")

PRESET_NAMES = {
    "source-000", "source-001", "source-003-float", "source-004",
    *(
        f"source-003-{units}-{rule}-{layers}"
        for units in ("det", "stoch") for rule in ("st", "detached") for layers in ("conv1", "conv2", "both")
    ),
}  # fmt: skip
"""Scripts rely on these."""


def test_the_presets_that_scripts_name_are_there() -> None:
    assert set(PRESETS) >= PRESET_NAMES


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_trains_and_ends_with_its_result(preset: str) -> None:
    narrow = ["architecture.hidden=64"] if preset.startswith("source-002") else []  # instead of 80 million weights
    answer = lab("train", "--preset", preset, *TWO_STEPS, *(f"--set={change}" for change in narrow), "--json")
    assert answer.code == 0, answer.err
    result, experiment = answer.json, two_steps(preset).with_changes(narrow)
    _, epochs = experiment.length()
    assert [result[name] for name in ("preset", "seed", "steps", "epochs")] == [preset, 0, 2, epochs]
    assert result["images_per_second"] > 0
    assert 0 < result["needed_memory_bytes"] <= result["stored_memory_bytes"]
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
    assert re.search(r"test accuracy +\d+\.\d\d %", answer.out)
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

    monkeypatch.setattr(RunMeter, "evaluated", interrupt)
    answer = lab("train", "--preset", "source-000", *TWO_STEPS, "--json")
    assert answer.code == 130
    assert (answer.json["reason"], answer.json["steps"], answer.json["test_loss"]) == ("stopped", 1, None)
    assert "Stopped at step 1" in answer.err
    monkeypatch.setattr("lab.training.Training.__init__", interrupt)
    assert lab("train", "--preset", "source-000", *TWO_STEPS) == (130, "", "Stopped.\n")


def test_as_a_process_its_last_line_is_the_result_and_no_control_character_is_written() -> None:
    environment = os.environ | {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    arguments = ["-m", "lab", "train", "--preset", "source-000", *TWO_STEPS, "--json"]
    done = process(*arguments, capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["steps"] == 2
    assert "\x1b" not in done.stdout + done.stderr
    assert "validation loss" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_a_bar_shows_rate_and_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = os.openpty()
    shown: list[bytes] = []

    def watch() -> None:
        # An error is how Linux tells that the other end is closed.
        with os.fdopen(ours, "rb", buffering=0) as terminal, suppress(OSError):
            while chunk := terminal.read(65536):
                shown.append(chunk)

    watching = threading.Thread(target=watch)
    watching.start()
    with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        patch.setenv("COLUMNS", "160")
        patch.setenv("TERM", "xterm")
        command = ["train", "--preset", "source-000", "--dataset", "digits", "--epochs", "3", "--json"]
        app(command, standalone_mode=False)
    watching.join()
    assert b"images/s" in b"".join(shown)
    assert re.search(rb"\d:\d\d:\d\d", b"".join(shown)), "time left"
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["epochs"] == 3


def test_help_does_not_wait_for_pytorch() -> None:
    code = "import sys, lab.__main__; sys.exit('torch' in sys.modules)"
    assert process("-c", code).returncode == 0
