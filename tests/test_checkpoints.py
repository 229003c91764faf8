"""Checkpoints: a run that goes on from one is the run that never stopped, bit for bit; and files that are none."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

from lab import checkpoints
from lab.checkpoints import CheckpointError
from lab.estimators import Estimator
from lab.events import Step
from lab.experiment import Experiment
from lab.models import Architecture
from lab.optimizers import Optimizer
from lab.run_state import restore, state_of
from lab.training import Training
from tests.small import clockless, finished, fitting, frames, small, steps

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

STEPS = 6
"""An epoch and a half."""


def weights(training: Training) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in training.net.state_dict().items()}


def written_at(experiment: Experiment, at: Collection[int], folder: Path) -> dict[int, Path]:
    """Checkpoints of one run right after some of its steps, before anything that comes after them."""
    training, paths = Training(experiment), {step: folder / str(step) for step in at}
    for event in training.events():
        if isinstance(event, Step) and event.step in paths:
            # The run goes on: a state that shared memory with it would change with it.
            checkpoints.write(paths[event.step], checkpoints.copied(state_of(training)))
            if event.step == max(paths):
                break
    return paths


def assert_goes_on_as_if_nothing_had_happened(experiment: Experiment, folder: Path, *at: int) -> None:
    whole = Training(experiment)
    events = list(whole.events())
    expected, looks = clockless(events), [frame.step for frame in frames(events)]
    for step, path in written_at(experiment, at, folder).items():
        resumed = Training(experiment)
        restore(resumed, checkpoints.read(path))
        assert resumed.step == step
        events = list(resumed.events())
        rest = clockless(events)
        assert rest == expected[-len(rest) :]
        assert [frame.step for frame in frames(events)] == [look for look in looks if look >= step]
        assert rest[0].step in (step, step + 1)  # type: ignore[union-attr]
        torch.testing.assert_close(weights(resumed), weights(whole), rtol=0, atol=0)


def longer(experiment: Experiment, **fields: Any) -> Experiment:
    return Experiment.parse(experiment.model_dump(mode="json") | {"budget": STEPS, "evaluate_every": 0.5, **fields})


@pytest.mark.parametrize("architecture", Architecture.members)
def test_every_architecture_at_every_step(architecture: str, tmp_path: Path) -> None:
    assert_goes_on_as_if_nothing_had_happened(longer(small(architecture)), tmp_path, *range(1, STEPS + 1))


@pytest.mark.parametrize("name", Estimator.members)
def test_every_estimator_with_what_it_remembers(name: str, tmp_path: Path) -> None:
    assert_goes_on_as_if_nothing_had_happened(longer(fitting("mlp", name)), tmp_path, 3)


def test_shifted_images_in_the_middle_of_an_epoch(tmp_path: Path) -> None:
    experiment = longer(small("convnet", shift=2))
    assert clockless(Training(experiment).events()) != clockless(Training(longer(small("convnet"))).events())
    assert_goes_on_as_if_nothing_had_happened(experiment, tmp_path, *range(1, STEPS + 1))


RANDOM_WEIGHTS: list[tuple[str, dict[str, Any]]] = [
    (
        "binary-mlp",
        {"weight_rule": "bernoulli", "stochastic_weights": True, "hidden_dropout": 0.3, "input_dropout": 0.1},
    ),
    (
        "convnet",
        {
            "binary_weights": ["conv1", "conv2", "classifier"],
            "weight_rule": "stochastic-sign",
            "stochastic_weights": True,
            "weight_scale": "max",
        },
    ),
]


@pytest.mark.parametrize(("architecture", "shape"), RANDOM_WEIGHTS)
@pytest.mark.parametrize("rule", ["identity", "disarm", "rloo"])
def test_weights_and_dropout_that_are_drawn(architecture: str, shape: Any, rule: str, tmp_path: Path) -> None:
    experiment = longer(small(architecture, shape, estimator=rule))
    assert_goes_on_as_if_nothing_had_happened(experiment, tmp_path, 1, 3)


@pytest.mark.parametrize("name", Optimizer.members)
@pytest.mark.parametrize("report", ["last", "best-validation"])
def test_every_optimizer_with_what_it_remembers(name: str, report: str, tmp_path: Path) -> None:
    experiment = small("binary-mlp", optimizer={"name": name}, report=report)
    assert_goes_on_as_if_nothing_had_happened(longer(experiment), tmp_path, 3)


def test_momentum_of_kernels_that_lie_channels_last(tmp_path: Path) -> None:
    assert_goes_on_as_if_nothing_had_happened(longer(small("convnet", optimizer="muon")), tmp_path, 3)


def test_a_loss_that_is_no_number_is_told_after_a_checkpoint_as_without_one(tmp_path: Path) -> None:
    wild = {"name": "sgd", "lr": 100, "weight_decay": 10}
    experiment = small("mlp", {"binary_layers": []}, optimizer=wild, evaluate_every=99, budget=60)
    expected = clockless(Training(experiment).events())
    step = expected[-2].step  # type: ignore[union-attr]
    assert f"became {steps(expected)[-1].loss} at step {step}" in finished(expected).message
    resumed = Training(experiment)
    restore(resumed, checkpoints.read(written_at(experiment, [step], tmp_path)[step]))
    assert list(resumed.events()) == expected[-1:]


class TestFile:
    STATE: dict[str, Any] = {"a": (1, 2.5, None, True), 3: [torch.arange(3), {"b": torch.ones(2, 2).T}], "text": "ä"}

    def test_comes_back_as_it_was(self, tmp_path: Path) -> None:
        checkpoints.write(tmp_path / "c", checkpoints.copied(self.STATE))
        back = checkpoints.read(tmp_path / "c")
        assert back["a"] == self.STATE["a"]
        assert list(back) == list(self.STATE)
        torch.testing.assert_close(back[3], self.STATE[3])

    @pytest.mark.parametrize("value", [float("inf"), -0.0, 1e-320, 2**70, float("nan")])
    def test_numbers_come_back_to_the_last_bit(self, tmp_path: Path, value: float) -> None:
        checkpoints.write(tmp_path / "c", checkpoints.copied({"v": value}))
        assert repr(checkpoints.read(tmp_path / "c")["v"]) == repr(value)

    def test_cut_off_anywhere_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "c"
        checkpoints.write(path, checkpoints.copied(self.STATE))
        whole = path.read_bytes()
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            with pytest.raises(CheckpointError, match="not a whole checkpoint"):
                checkpoints.read(path)

    def test_changed_anywhere_it_is_read_or_told_and_never_fails_otherwise(self, tmp_path: Path) -> None:
        path = tmp_path / "c"
        checkpoints.write(path, checkpoints.copied(self.STATE))
        whole = path.read_bytes()
        for at in range(len(whole)):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x15]) + whole[at + 1 :])
            with suppress(CheckpointError):
                checkpoints.read(path)

    def test_nothing_in_it_is_executed(self, tmp_path: Path) -> None:
        path, trace = tmp_path / "c", tmp_path / "trace"

        class Trap:
            def __reduce__(self) -> Any:
                return os.mkdir, (str(trace),)

        path.write_bytes(pickle.dumps(Trap()))
        with pytest.raises(CheckpointError):
            checkpoints.read(path)
        assert not trace.exists()

    def test_what_is_missing_or_not_ours_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(CheckpointError, match="There is no checkpoint at"):
            checkpoints.read(tmp_path / "none")
        with pytest.raises(CheckpointError, match="no file of this lab: a link, a folder or a device"):
            checkpoints.read(tmp_path)

    def test_a_link_or_a_device_is_not_followed(self, tmp_path: Path) -> None:
        checkpoints.write(tmp_path / "file", checkpoints.copied({"a": torch.ones(2)}))
        (tmp_path / "link").symlink_to(tmp_path / "file")
        os.mkfifo(tmp_path / "pipe")
        for name in ("link", "pipe"):
            with pytest.raises(CheckpointError, match="is no file of this lab"):
                checkpoints.read(tmp_path / name)

    def test_a_tensor_is_there_once_however_often_it_is_named(self, tmp_path: Path) -> None:
        tree = json.dumps({"list": [{"tensor": "0"}] * 2})
        checkpoints.write(tmp_path / "file", checkpoints.Checkpoint({"0": torch.ones(2)}, tree))
        with pytest.raises(CheckpointError, match="not a whole checkpoint"):
            checkpoints.read(tmp_path / "file")

    def test_a_write_that_fails_leaves_the_one_before(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "c"
        checkpoints.write(path, checkpoints.copied({"v": 1}))

        def full(_: int) -> None:
            raise OSError("no space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            checkpoints.write(path, checkpoints.copied({"v": 2}))
        assert checkpoints.read(path) == {"v": 1}
        assert [file.name for file in tmp_path.iterdir()] == ["c"]

    def test_what_it_has_no_place_for_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(TypeError, match="no place for a set"):
            checkpoints.write(tmp_path / "c", checkpoints.copied({"v": {1}}))
