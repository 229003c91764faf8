"""What a run remembers, through a checkpoint and back."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab import checkpoints
from lab.events import Step
from lab.experiment import Experiment
from lab.models import Architecture
from lab.probes import Frame
from lab.probes.compact import Bits, Scaled
from lab.probes.frame_states import frame_of, frame_state
from lab.recorder import Recorder, Snapshot
from lab.training import train
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")


def recorded(experiment: Experiment, steps: int | None = None) -> Recorder:
    """The memory of a run, or of its first steps."""
    recorder = Recorder()
    for event in train(experiment):
        recorder.add(event)
        if isinstance(event, Step) and event.step == steps:
            break
    return recorder


def restored(recorder: Recorder, folder: Path) -> Recorder:
    """The memory read from files."""
    checkpoints.write(folder / "record", checkpoints.copied(recorder.state()))
    frames = []
    for index, frame in enumerate(recorder.frames(0)):
        checkpoints.write(folder / str(index), checkpoints.copied(frame_state(frame)))
        frames.append(frame_of(checkpoints.read(folder / str(index))))
    return Recorder.restored(checkpoints.read(folder / "record"), frames)


def assert_same(one: Any, other: Any) -> None:
    """Equal to the last bit, whatever the arrays lie in."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other, strict=True)
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, Frame | Scaled | Bits):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            assert_same(*pair)
    else:
        assert one == other


def assert_same_record(one: Snapshot, other: Snapshot) -> None:
    for name in ("steps", "evaluations", "frames", "frame", "finished"):
        assert_same(getattr(one, name), getattr(other, name))
    for field in fields(one.health):
        assert_same(getattr(one.health, field.name), getattr(other.health, field.name))


@pytest.mark.parametrize("architecture", Architecture.members)
def test_a_finished_run_comes_back_whole(architecture: str, tmp_path: Path) -> None:
    recorder = recorded(small(architecture))
    snapshot = recorder.snapshot()
    assert snapshot.report is not None
    assert len(snapshot.frames) > 1
    assert_same_record(restored(recorder, tmp_path).snapshot(), snapshot)


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_a_run_under_way_comes_back_and_goes_on_remembering(steps: int, tmp_path: Path) -> None:
    experiment = small()
    first = recorded(experiment, steps) if steps else Recorder()
    whole, back = recorded(experiment), restored(first, tmp_path)
    assert_same_record(back.snapshot(), first.snapshot())
    events, known = iter(train(experiment)), len(first.snapshot().steps["step"])
    behind = next((event for event in events if isinstance(event, Step) and event.step == known), None)
    for event in events if behind else train(experiment):
        back.add(event)
    one, other = back.snapshot(), whole.snapshot()
    for columns in (one.steps, other.steps):
        columns.pop("seconds")
    assert_same(one.steps, other.steps)
    assert_same(one.evaluations, other.evaluations)
    assert_same(one.frames, other.frames)


def test_a_run_that_diverged_comes_back_with_its_reason(tmp_path: Path) -> None:
    recorder = recorded(small("convnet", optimizer={"name": "sgd", "lr": 100, "weight_decay": 10}, budget=200))
    finished = recorder.snapshot().finished
    assert finished is not None
    assert finished.reason == "diverged"
    assert_same_record(restored(recorder, tmp_path).snapshot(), recorder.snapshot())


@pytest.mark.parametrize("table", ["steps", "evaluations"])
def test_a_table_of_other_columns_is_refused(table: str) -> None:
    recorder = recorded(small(budget=2))
    state = recorder.state()
    for spoiled in (state[table][:, 1:], state[table].flatten()):
        with pytest.raises(ValueError, match="columns"):
            Recorder.restored(state | {table: spoiled}, recorder.frames(0))


def test_checkups_of_fewer_layers_than_were_kept_are_refused() -> None:
    recorder = recorded(small(budget=2))
    state = recorder.state()
    fewer = state["checkups"] | {"layers": state["checkups"]["layers"][1:]}
    with pytest.raises(ValueError, match="columns"):
        Recorder.restored(state | {"checkups": fewer}, recorder.frames(0))


def test_checkups_of_another_net_are_refused() -> None:
    recorder, net = recorded(small(budget=2)), small().architecture.build(0)
    recorder.require_of(net.layer_weights(), small().architecture.site_names)
    Recorder().require_of(net.layer_weights(), small().architecture.site_names)
    with pytest.raises(ValueError, match="other layers"):
        recorder.require_of(net.layer_weights(), ())
