"""Bits that are watched: what oscillates, how old bits are, and whether they are bits, against counts by hand."""

from __future__ import annotations

import copy
import itertools
from typing import Any, get_args

import pytest
import torch
from torch import nn

import lab.bit_watch
from lab.alarms import no_bits
from lab.bit_watch import MOMENTUM, OSCILLATING, BitWatch, strays
from lab.estimators import Levels
from lab.events import Step
from lab.models import BinaryWeight
from lab.optimizers import Flips, Optimizer
from lab.recorder import FIRST_COLUMNS, STEP_COLUMNS, Recorder
from lab.run_state import restore, state_of
from lab.training import Training
from tests.small import small, steps

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

NOTHING = Flips(None, 0.0)
HYPERMASK = {"name": "hypermask", "delta": 0.2}


def bits(*codes: int, levels: Levels = "0/1", name: str = "w") -> BinaryWeight:
    values = torch.tensor(codes, dtype=torch.float32)
    return BinaryWeight(name, nn.Parameter(values if levels == "0/1" else 2 * values - 1), levels)


def watching(*weights: BinaryWeight, steps_per_epoch: int = 4, keeps_bits: bool = True) -> BitWatch:
    return BitWatch([*weights], keeps_bits, steps_per_epoch, seed=0)


def flip(weight: BinaryWeight, *places: int) -> None:
    values = weight.parameter.data.view(-1)
    for place in places:
        values[place] = 1 - values[place] if weight.levels == "0/1" else -values[place]


def looked(watch: BitWatch, step: int) -> Flips:
    flips = watch.look(step, NOTHING)
    assert flips is not None
    return flips


@pytest.mark.parametrize("levels", get_args(Levels))
def test_oscillates_from_its_second_flip_on_until_the_average_has_forgotten_it(levels: Levels) -> None:
    weight = bits(0, 1, 0, 1, levels=levels)
    watch = watching(weight)
    flip(weight, 0, 1)
    assert looked(watch, 1).oscillating == 0, "a first flip undoes none"
    flip(weight, 0)
    assert looked(watch, 2).oscillating == 0.25
    shares = [looked(watch, step).oscillating for step in range(3, 100)]
    remembered = next(steps for steps in itertools.count(1) if MOMENTUM * (1 - MOMENTUM) ** steps <= OSCILLATING)
    assert remembered == 69
    assert shares == [0.25] * (remembered - 1) + [0.0] * (97 - remembered + 1)


def test_frequency_is_the_average_of_nagel_et_al() -> None:
    generator = torch.Generator().manual_seed(0)
    weight = bits(*[0] * 200)
    watch, frequency, direction = watching(weight), torch.zeros(200).double(), torch.zeros(200)
    for step in range(1, 120):
        before = weight.parameter.detach().clone()
        chosen = torch.rand(200, generator=generator) < torch.linspace(0, 0.05, 200)
        flip(weight, *chosen.nonzero().flatten().tolist())
        moved = (weight.parameter.detach() - before).sign()
        back = moved * direction == -1
        frequency = (1 - MOMENTUM) * frequency + MOMENTUM * back
        direction = torch.where(moved != 0, moved, direction)
        assert looked(watch, step).oscillating == pytest.approx((frequency > OSCILLATING).double().mean().item())
    assert (frequency > OSCILLATING).any()


def test_age_is_the_mean_of_the_steps_since_the_last_flip() -> None:
    weight = bits(0, 1, 0, 1)
    watch = watching(weight)
    assert looked(watch, 1).age == 1
    flip(weight, 2)
    assert looked(watch, 2).age == (2 + 2 + 0 + 2) / 4
    assert looked(watch, 3).age == (3 + 3 + 1 + 3) / 4
    flip(weight, 2, 3)
    assert looked(watch, 10).age == (10 + 10 + 0 + 0) / 4
    watch.begin(20)
    assert looked(watch, 22).age == 2, "of what was before it knows nothing"


def test_latent_weights_are_watched_by_their_sign_and_never_checked() -> None:
    weight = BinaryWeight("w", nn.Parameter(torch.tensor([0.3, -0.2])), "-1/+1")
    watch = watching(weight, keeps_bits=False)
    weight.parameter.data.copy_(torch.tensor([0.9, 0.1]))
    flips = looked(watch, 4)
    assert flips.age == (4 + 0) / 2
    assert flips.strays is None


def test_counts_are_made_a_hundred_times_an_epoch_and_at_its_end() -> None:
    watch = watching(bits(0), steps_per_epoch=250)
    assert [step for step in range(1, 501) if watch.counts(step)] == [
        step for step in range(1, 501) if step % 2 == 1 or step in (250, 500)
    ]
    assert all(watching(bits(0), steps_per_epoch=7).counts(step) for step in range(1, 20))


def test_looks_only_add_to_what_was_counted() -> None:
    watch = watching(bits(0, 1))
    assert watch.look(1, None) is None
    flips = watch.look(2, Flips(0.5, 0.25))
    assert flips is not None
    assert (flips.attempted, flips.realized) == (0.5, 0.25)
    assert BitWatch([], True, 4, 0).look(1, None) is None


@pytest.mark.parametrize(
    ("levels", "values", "count"),
    [
        ("0/1", [0.0, 1.0, 1.0, 0.0], 0),
        ("0/1", [0.0, 0.0, 0.0, 0.0], 0),
        ("0/1", [0.0, 1.0, -1.0, 0.5], 2),
        ("0/1", [0.0, 1.0, float("nan"), float("inf")], 2),
        ("-1/+1", [-1.0, 1.0, 1.0, -1.0], 0),
        ("-1/+1", [-1.0, 0.0, 1.0, 0.99], 2),
        ("-1/+1", [-1.0, float("nan"), float("-inf"), 1.0], 2),
        ("0/1", [0.0, 1.0, 1e-30, 1 + 2**-23], 2),
    ],
)
def test_what_is_no_bit_is_counted(levels: Levels, values: list[float], count: int) -> None:
    stray = BinaryWeight("a", nn.Parameter(torch.tensor(values).view(2, 2)), levels)
    assert strays([stray, bits(0, 1, 1, name="b")]) == count


def test_bits_are_checked_once_an_epoch_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.bit_watch, "WATCHED", 2)
    weight = bits(*[0, 1] * 50)
    watch = watching(weight, steps_per_epoch=3)
    weight.parameter.data[::10] = 0.5
    assert [looked(watch, step).strays for step in range(1, 8)] == [None, None, 10, None, None, 10, None]


def test_a_sample_stands_for_all_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.bit_watch, "WATCHED", 2_000)
    weights = [bits(*[0] * 9_000, name="a"), bits(*[0] * 1_000, name="b")]
    watch = watching(*weights)
    flip(weights[0], *range(0, 9_000, 4))
    for step in range(1, 3):
        flip(weights[1], *range(500))
        looked(watch, step)
    flips = looked(watch, 3)
    bound = 5 * (0.05 * 0.95 / 1_800) ** 0.5  # some are drawn twice, and watched once
    assert flips.oscillating == pytest.approx(0.05, abs=bound)
    assert flips.age == pytest.approx(3 - (0.225 * 1 + 0.05 * 2), abs=5 * 0.6 / 1_800**0.5)


def test_weights_whose_channels_lie_side_by_side() -> None:
    values = torch.arange(2 * 3 * 2 * 2).view(2, 3, 2, 2) % 5 - 2.0
    watches = []
    for layout in (torch.contiguous_format, torch.channels_last):
        weight = BinaryWeight("w", nn.Parameter(values.contiguous(memory_format=layout)), "-1/+1")
        watch = watching(weight, keeps_bits=False)
        weight.parameter.data[0, 1] *= -1
        watches.append(looked(watch, 5))
    assert watches[0] == watches[1]


def test_goes_on_from_its_state() -> None:
    generator = torch.Generator().manual_seed(0)
    weight, again = bits(*[0, 1] * 30), bits(*[0, 1] * 30)
    watch = watching(weight)
    for step in range(1, 6):
        flip(weight, *torch.randint(60, (9,), generator=generator).unique().tolist())
        looked(watch, step)
    again.parameter.data.copy_(weight.parameter)
    resumed = watching(again)
    resumed.load_state_dict(copy.deepcopy(watch.state_dict()))
    for step in range(6, 12):
        places = torch.randint(60, (9,), generator=generator).unique().tolist()
        flip(weight, *places)
        flip(again, *places)
        assert looked(resumed, step) == looked(watch, step)


class TestInRuns:
    def test_of_binary_weights_and_their_latent_weights_are_recorded(self) -> None:
        for optimizer in (HYPERMASK, {"name": "sgd", "lr": 5.0}):
            columns = record(Training(small("binary-mlp", optimizer=optimizer, budget=8))).snapshot().steps
            assert ((columns["oscillating"] >= 0) & (columns["oscillating"] <= 1)).all()
            assert columns["oscillating"][-1] > 0
            assert (columns["age"] >= 0).all()
            assert columns["age"][-1] < 8
            expected = [0.0 if optimizer is HYPERMASK and step % 4 == 0 else float("nan") for step in range(1, 9)]
            assert columns["strays"].tolist() == pytest.approx(expected, nan_ok=True)

    def test_real_weights_are_not_watched(self) -> None:
        columns = record(Training(small())).snapshot().steps
        assert all(bool((columns[name] != columns[name]).all()) for name in ("oscillating", "age", "strays"))

    @pytest.mark.parametrize("name", Optimizer.members)
    def test_change_no_number_of_the_run(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        experiment = small("binary-mlp", optimizer=name)
        losses = [step.loss for step in steps(Training(experiment).events())]
        monkeypatch.setattr(BitWatch, "look", lambda self, step, flips: flips)
        assert [step.loss for step in steps(Training(experiment).events())] == losses

    def test_a_checkpoint_without_them_can_be_gone_on_from(self) -> None:
        experiment = small("binary-mlp", optimizer=HYPERMASK, budget=6)
        training = Training(experiment)
        list(itertools.islice((event for event in training.events() if isinstance(event, Step)), 3))
        state = copy.deepcopy(state_of(training))
        del state["watch"]
        resumed = Training(experiment)
        restore(resumed, state)
        rest = steps(resumed.events())
        expected = steps(Training(experiment).events())[3:]
        assert [step.loss for step in rest] == [step.loss for step in expected]
        ages = [step.flips.age for step in rest if step.flips]
        assert ages[0] is not None
        assert 0 < ages[0] <= 1, "age counts from where it began to watch"

    def test_curves_of_before_can_be_read(self) -> None:
        recorder = record(Training(small("binary-mlp", optimizer=HYPERMASK)))
        state = recorder.state()
        state["steps"] = state["steps"][:, : len(FIRST_COLUMNS)].clone()
        columns = Recorder.restored(state, []).snapshot().steps
        assert tuple(columns) == STEP_COLUMNS
        for name in FIRST_COLUMNS:
            assert columns[name].tolist() == pytest.approx(recorder.snapshot().steps[name].tolist(), nan_ok=True)
        assert all(bool((columns[name] != columns[name]).all()) for name in STEP_COLUMNS[len(FIRST_COLUMNS) :])


class TestAlarm:
    @staticmethod
    def text(*found: float | None, **fields: Any) -> str | None:
        recorder = Recorder()
        for epoch, count in enumerate(found, start=1):
            flips = None if count is None else Flips(0.1, 0.1, 0.0, 1.0, count)  # type: ignore[arg-type]
            recorder.add(Step(4 * epoch, epoch, 1.0, 0.5, 1.0, {}, flips, 0.1))
        experiment = small("binary-mlp", optimizer=HYPERMASK, **fields)
        return no_bits(experiment, recorder.snapshot())

    def test_is_silent_where_bits_are_bits(self) -> None:
        assert self.text() is None
        assert self.text(None, None) is None
        assert self.text(0, None, 0, 0) is None
        assert self.text(0, 5, 0) is None, "they are bits again"

    def test_says_how_many_and_since_when(self) -> None:
        assert str(self.text(0, 0, None, 7, 12)).startswith(
            "Since a step after 8, 12 binary weights are no more at one of their two values. Hypermask"
        )
        assert str(self.text(1)).startswith("At step 4 and since, 1 binary weight is no more at one of")

    def test_sounds_in_a_run_whose_bits_are_written_over_and_ends_nothing(self) -> None:
        training, recorder = Training(small("binary-mlp", optimizer=HYPERMASK, budget=12)), Recorder()
        for event in training.events():
            recorder.add(event)
            if isinstance(event, Step) and event.step == 5:
                assert no_bits(training.experiment, recorder.snapshot()) is None
                first = training.net.binary_weights()[0].parameter
                first.data[0, :3] = torch.tensor([0.5, 3.0, -0.1])
        finished = recorder.snapshot().finished
        assert finished is not None
        assert finished.reason == "done"
        assert recorder.snapshot().steps["strays"][3] == 0
        assert recorder.snapshot().steps["strays"][7] > 0
        assert "binary weight" in str(no_bits(training.experiment, recorder.snapshot()))


def record(training: Training) -> Recorder:
    recorder = Recorder()
    for event in training.events():
        recorder.add(event)
    return recorder
