"""Schedules: closed forms, curves, bounds, and what holds for every one of them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiment import Experiment, InvalidExperiment
from lab.schedules import (
    CappedLinear,
    Constant,
    Cosine,
    Exponential,
    Geometric,
    Linear,
    OneCycle,
    Progress,
    Schedule,
    Step,
    Within,
    extremes,
)


def at_epoch(schedule: Schedule, epoch: float, epochs: float = 100) -> float:
    return schedule.at(Progress(round(epoch * 10), epochs * 10, epoch, epochs))


def at_fraction(schedule: Schedule, fraction: float) -> float:
    return schedule.at(Progress(round(fraction * 1000), 1000, fraction * 7, 7))


@pytest.mark.parametrize("name", Schedule.members)
def test_documents_itself(name: str) -> None:
    member = Schedule.members[name]
    assert member.title
    assert member.summary
    assert member.formula
    for field_name, field in member.model_fields.items():
        assert field.description, f"{name}.{field_name} is not documented"


def test_constant() -> None:
    assert {at_fraction(Constant(value=0.3), fraction) for fraction in (0, 0.5, 1)} == {0.3}


def test_linear() -> None:
    line = Linear(start=2.0, end=-1.0)
    assert [at_fraction(line, fraction) for fraction in (0, 0.25, 0.5, 1)] == pytest.approx([2.0, 1.25, 0.5, -1.0])


def test_geometric_of_ede() -> None:
    growing = Geometric(start=0.1, end=10.0)
    assert [at_fraction(growing, fraction) for fraction in (0, 0.25, 0.5, 1)] == pytest.approx(
        [0.1, 0.1**0.5, 1.0, 10.0]
    )


def test_cosine() -> None:
    wave = Cosine(start=3.0, end=1.0)
    assert [at_fraction(wave, fraction) for fraction in (0, 0.5, 1)] == pytest.approx([3.0, 2.0, 1.0])
    assert at_fraction(wave, 0.25) == pytest.approx(1 + (1 + math.sqrt(0.5)))


def test_exponential_of_source_003() -> None:
    growing = Exponential(start=1.0, rate=1.005)
    assert at_epoch(growing, 0) == at_epoch(growing, 0.99) == 1.0
    assert at_epoch(growing, 1) == pytest.approx(1.005)
    assert at_epoch(growing, 9) == pytest.approx(1.046, abs=5e-4)
    assert at_epoch(growing, 99) == pytest.approx(1.638, abs=5e-4)
    r2rt = Exponential(rate=1.1)
    assert [at_epoch(r2rt, epoch) for epoch in (20, 30)] == pytest.approx([6.7, 17.4], abs=0.06)


def test_exponential_stays_between_floor_and_ceiling() -> None:
    assert at_epoch(Exponential(rate=10, ceiling=50.0), 99) == 50.0
    assert at_epoch(Exponential(rate=0.1, floor=0.02), 99) == 0.02
    assert at_epoch(Exponential(rate=10), 1e6) == 1000.0


def test_step() -> None:
    steps = Step(start=0.8, factor=0.5, every=3)
    assert [at_epoch(steps, epoch) for epoch in (0, 2.9, 3, 6, 8.9)] == pytest.approx([0.8, 0.8, 0.4, 0.2, 0.2])


def test_one_cycle() -> None:
    cycle = OneCycle(peak=0.5, rise=0.25, start_divisor=10, end_divisor=100)
    assert [at_fraction(cycle, fraction) for fraction in (0, 0.25, 1)] == pytest.approx([0.05, 0.5, 0.005])
    assert at_fraction(cycle, 0.125) == pytest.approx(0.275)
    assert max(at_fraction(cycle, i / 1000) for i in range(1001)) <= 0.5 + 1e-12


def test_hm_rnn_slope_annealing() -> None:
    slope = CappedLinear()
    for epoch in range(0, 200, 7):
        assert at_epoch(slope, epoch, 200) == pytest.approx(min(5, 1 + 0.04 * epoch))
    assert at_epoch(slope, 100, 200) == 5.0
    assert at_epoch(slope, 99, 200) < 5.0


def test_recipes_are_valid() -> None:
    for member in Schedule.members.values():
        for title, fields in member.recipes.items():
            assert isinstance(member(**fields), Schedule), title


def experiment(**fields: Any) -> Experiment:
    return Experiment.parse({"dataset": "digits", "architecture": "binary-mlp", **fields})


@pytest.mark.parametrize("number", [3, 0.25])
def test_a_bare_number_is_a_constant(number: float) -> None:
    assert experiment(slope=number).slope == Constant(value=number)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"optimizer": {"name": "hypermask", "delta": {"name": "linear", "start": 0, "end": 1.5}}},
            "optimizer.delta goes from 0 to 1.5; allowed is 0 to 1",
        ),
        ({"optimizer": {"name": "hypermask", "delta": 1.5}}, "optimizer.delta is 1.5; allowed is 0 to 1"),
        ({"optimizer": {"name": "bop", "gamma": -0.5}}, "optimizer.gamma is -0.5; allowed is 0 to 1"),
        ({"optimizer": {"name": "sgd", "lr": 101}}, "optimizer.lr is 101; allowed is 0 to 100"),
        ({"optimizer": {"name": "bop", "real": {"name": "sgd", "lr": -1}}}, "optimizer.real.lr is -1; allowed is 0 to"),
        ({"slope": 0}, "slope is 0; allowed is above 0 to 1000"),
        ({"slope": {"name": "linear", "start": 1, "end": -1}}, "slope goes from -1 to 1; allowed is above 0 to 1000"),
        ({"slope": {"name": "exponential", "rate": 9, "ceiling": 1e4}}, "slope goes from 1 to 10000; allowed is"),
    ],
)
def test_a_curve_beyond_its_bounds_is_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidExperiment) as caught:
        experiment(**fields)
    assert any(problem.startswith(sentence) for problem in caught.value.problems), caught.value.problems


def test_only_the_length_of_the_run_counts() -> None:
    annealed = {"name": "exponential", "rate": 2.0, "ceiling": 1e6}
    assert experiment(slope=annealed, budget=8).length()[1] == 8
    with pytest.raises(InvalidExperiment, match="slope goes from 1 to 2048"):
        experiment(slope=annealed, budget=11)


def test_within() -> None:
    assert Within(0, 1).allows(0)
    assert Within(0, 1).allows(1)
    assert not Within(0, 1).allows(1.0001)
    assert not Within(0, 1).allows(math.nan)
    assert not Within(0, 1, open_low=True).allows(0)
    assert str(Within(0, 1, open_low=True)) == "above 0 to 1"


small = st.floats(-1e3, 1e3)
schedules = st.one_of(
    st.builds(Constant, value=small),
    st.builds(Linear, start=small, end=small),
    st.builds(Geometric, start=st.floats(0.01, 100), end=st.floats(0.01, 100)),
    st.builds(Cosine, start=small, end=small),
    st.builds(Exponential, start=small, rate=st.floats(0.01, 10), floor=st.just(-1e4), ceiling=st.floats(1, 1e4)),
    st.builds(Step, start=small, factor=st.floats(0.01, 1.0), every=st.integers(1, 100)),
    st.builds(
        OneCycle,
        peak=small,
        rise=st.floats(0.01, 0.99),
        start_divisor=st.floats(1, 1e6),
        end_divisor=st.floats(1, 1e9),
    ),
    st.builds(CappedLinear, start=small, gain=small, cap=small),
)


def test_every_schedule_is_among_the_generated_ones() -> None:
    assert {Constant, Linear, Geometric, Cosine, Exponential, Step, OneCycle, CappedLinear} == set(
        Schedule.members.values()
    )


@given(schedules, st.integers(1, 10**6), st.floats(0.01, 1e4))
@settings(max_examples=150)
def test_curves_are_finite_and_have_both_ends(schedule: Schedule, steps: int, epochs: float) -> None:
    passed, values = schedule.curve(steps, epochs)
    assert 2 <= len(passed) == len(values) <= 257
    assert all(math.isfinite(value) for value in values)
    assert passed == sorted(passed)
    assert (passed[0], passed[-1]) == (0.0, pytest.approx(epochs))
    assert values[0] == schedule.at(Progress(0, steps, 0.0, epochs))
    assert values[-1] == pytest.approx(schedule.at(Progress(steps, steps, passed[-1], epochs)))
    low, high = extremes(schedule, steps, epochs)
    assert low <= values[0] <= high


@given(st.floats(-100, 100), st.floats(-100, 100), st.sampled_from([Linear, Cosine]), st.integers(2, 5000))
@settings(max_examples=60)
def test_ramps_are_monotone_between_their_ends(start: float, end: float, kind: Any, steps: int) -> None:
    _, values = kind(start=start, end=end).curve(steps, 3.0)
    assert values[0] == pytest.approx(start)
    assert values[-1] == pytest.approx(end)
    ordered = sorted(values, reverse=end < start)
    assert values == pytest.approx(ordered)


@given(st.integers(0, 10**9), st.one_of(st.integers(1, 10**9), st.just(math.inf)))
def test_fraction_lies_between_zero_and_one_and_grows(step: int, steps: float) -> None:
    now, later = (Progress(moment, steps, 0.0, 1.0).fraction for moment in (step, step + 1))
    assert 0 <= now <= later <= 1


def test_a_run_of_no_steps_is_over() -> None:
    assert Progress(0, 0, 0, 0).fraction == 1.0
