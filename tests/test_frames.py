"""Frames: when they are taken, how much they take, and how they come back from files, also of earlier labs."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lab import checkpoints
from lab.estimators import Estimator
from lab.models import Architecture
from lab.probes import Frame
from lab.probes.compact import Bits, Scaled
from lab.probes.frame import EVALUATIONS, frame_due, frame_steps, has_frame
from lab.probes.frame_states import frame_of, frame_state
from lab.training import Training, train
from tests.small import evaluations, fitting, frames, small
from tests.test_record_state import assert_same

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")
every_architecture = pytest.mark.parametrize("name", Architecture.members)


class TestWhen:
    def test_log_spaced_steps_of_a_long_run_are_few(self) -> None:
        shown = list(itertools.takewhile(lambda step: step <= 20_000, frame_steps()))
        assert shown == sorted(set(shown))
        assert len(shown) < 40
        assert [step for step in range(1, 20_001) if frame_due(step, 10**6)] == shown

    def test_each_of_the_first_evaluations_has_one(self) -> None:
        due = [step for step in range(1, 10 * EVALUATIONS + 1) if frame_due(step, 10)]
        assert set(range(10, 10 * EVALUATIONS + 1, 10)) <= set(due)

    @pytest.mark.parametrize("doublings", range(8))
    def test_twice_as_long_a_run_has_half_as_many_more(self, doublings: int) -> None:
        first = EVALUATIONS << doublings
        shown = [evaluation for evaluation in range(first + 1, 2 * first + 1) if has_frame(evaluation)]
        assert len(shown) == EVALUATIONS // 2
        assert set(np.diff([first, *shown])) == {2 << doublings}, "evenly, up to the last"

    def test_a_run_has_them_at_its_evaluations_and_whatever_it_looks_at_its_curves_are_the_same(self) -> None:
        experiment = small("convnet", estimator="bernoulli", budget=15, evaluate_every=1.75)
        events = list(train(experiment))
        assert {event.step for event in evaluations(events)} == {7, 14, 15}
        assert {7, 14, 15} <= {frame.step for frame in frames(events)}
        without = list(Training(experiment, frames=False).events())
        assert frames(without) == []
        assert evaluations(without) == evaluations(events)


class TestSize:
    def test_those_of_five_epochs_of_the_autoencoder_stay_below_30_mb(self) -> None:
        experiment = small("autoencoder", {"code_bits": 512}, dataset={"name": "digits", "validation": 128})
        per_epoch = 54_000 // 64
        steps = range(1, 5 * per_epoch + 1)
        count = 1 + sum(frame_due(step, per_epoch // 2) or step == steps[-1] for step in steps)
        assert count > 30
        assert count * Training(experiment).frame().nbytes() < 20_000_000

    @every_architecture
    def test_files_take_little_more_than_the_arrays(self, name: str, tmp_path: Path) -> None:
        frame = Training(small(name)).frame()
        checkpoints.write(tmp_path / "frame", checkpoints.copied(frame_state(frame)))
        assert frame.nbytes() < (tmp_path / "frame").stat().st_size < frame.nbytes() + 20_000


def read_back(state: dict[str, Any], folder: Path) -> Frame:
    checkpoints.write(folder / "frame", checkpoints.copied(state))
    return frame_of(checkpoints.read(folder / "frame"))


@every_architecture
def test_a_frame_comes_back_from_a_file(name: str, tmp_path: Path) -> None:
    frame = Training(small(name)).frame()
    assert_same(read_back(frame_state(frame), tmp_path), frame)


@pytest.mark.parametrize("estimator", Estimator.members)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_units_of_every_rule_have_a_frame(estimator: str, precision: str, tmp_path: Path) -> None:
    training = Training(fitting("convnet", estimator).with_changes([f"precision={precision}"]))
    frame, again = training.frame(), training.frame()
    assert_same(again, frame)
    assert_same(read_back(frame_state(frame), tmp_path), frame)
    for name, maps in frame.maps.items():
        assert maps.before is not None
        assert np.isfinite(maps.before.array()).all()
        if isinstance(maps.after, Bits):  # else what the rule gives is not bits
            assert maps.after.on().any(), f"all of {name} are off"
            assert not maps.after.on().all(), f"all of {name} are on"


def earlier_state(**fields: Any) -> dict[str, Any]:
    """A frame as labs kept it before frames were compact."""
    generator = torch.Generator().manual_seed(3)
    bits = (torch.rand((8, 16, 14, 14), generator=generator) > 0.7).float()
    return {
        "step": 12,
        "epoch": 0.5,
        "pictures": torch.randint(256, (8, 28, 28), dtype=torch.uint8, generator=generator),
        "maps": {"conv 1": bits, "conv 2": torch.rand((8, 32, 7, 7), generator=generator)},
        "filters": torch.randn((16, 5, 5), generator=generator),
        "reconstructions": torch.empty(0),
        "on_rates": {"conv 1": torch.rand(3136, generator=generator)},
        **fields,
    }


class TestEarlierFrames:
    def test_those_of_a_conv_net_are_read(self, tmp_path: Path) -> None:
        state = earlier_state()
        frame = read_back(state, tmp_path)
        assert (frame.step, frame.epoch, frame.slope) == (12, 0.5, None)
        np.testing.assert_array_equal(frame.pictures, state["pictures"].numpy())
        assert list(frame.maps) == ["conv 1", "conv 2"]
        assert isinstance(frame.maps["conv 1"].after, Bits)
        np.testing.assert_array_equal(frame.maps["conv 1"].after.array(), state["maps"]["conv 1"].numpy())
        np.testing.assert_allclose(frame.maps["conv 2"].after.array(), state["maps"]["conv 2"].numpy(), atol=1 / 500)
        assert all(maps.before is None for maps in frame.maps.values())
        np.testing.assert_allclose(frame.filters.array(), state["filters"].numpy(), atol=0.02)
        np.testing.assert_array_equal(frame.on_rates["conv 1"], state["on_rates"]["conv 1"].numpy())
        assert (len(frame.reconstructions), frame.codes, frame.weights, frame.latent_filters) == (0, {}, None, None)

    def test_those_of_an_autoencoder_are_read_and_written_anew(self, tmp_path: Path) -> None:
        rebuilt = torch.rand((8, 28, 28), generator=torch.Generator().manual_seed(1)) * 2 - 1
        frame = read_back(earlier_state(maps={}, reconstructions=rebuilt), tmp_path)
        assert isinstance(frame.reconstructions, Scaled)
        np.testing.assert_allclose(frame.reconstructions.array(), rebuilt.numpy(), atol=1 / 250)
        assert_same(read_back(frame_state(frame), tmp_path), frame)


def spoiled(name: str, value: Any) -> dict[str, Any]:
    return {**frame_state(Training(small("convnet")).frame()), name: value}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("step", None),
        ("epoch", "late"),
        ("pictures", 3),
        ("maps", []),
        ("maps", {"conv 1": {"before": None, "after": {"bits": torch.zeros(3, dtype=torch.uint8), "shape": (99,)}}}),
        ("filters", {"bytes": torch.zeros(3), "low": 0.0, "high": 1.0}),
        ("reconstructions", None),
        ("codes", {"conv 1": {"images": torch.zeros(2), "bits": torch.zeros(2)}}),
        ("codes", {"conv 1": {"images": torch.zeros(2), "bits": Bits.of(np.zeros((3, 4), np.bool_)).state()}}),
        ("weights", {"conv1.weight": None}),
    ],
)
def test_what_is_no_frame_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever is said of it)
        frame_of(spoiled(name, value))
