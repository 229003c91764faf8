"""Fields that nobody is asked for: whatever else they say, the run is the same to the last bit, or cannot be."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from lab.events import Step
from lab.experiment import Experiment, InvalidExperiment
from lab.idle import effective, idle
from lab.models import Architecture
from lab.optimizers import Optimizer
from lab.parts import Part
from lab.paths import flattened
from lab.presets import PRESETS
from tests.small import curves, small

BIT_OPTIMIZERS = [name for name, member in Optimizer.members.items() if member.needs_binary_weights]
CASES = {
    **{name: small(name) for name in Architecture.members},
    "real conv net": small("convnet", {"binary_layers": ()}),
    "real units, binary weights": small("convnet", {"binary_layers": (), "binary_weights": ("conv1",)}),
    "real hidden layer": small("mlp", {"hidden": [8, 8], "binary_layers": (1,)}),
    "no binary units": small("mlp", {"binary_layers": ()}),
    "identity": small(estimator="identity"),
    "a sampled rule": small(estimator="bernoulli"),
    "a mean of samples": small(estimator="bernoulli", evaluation="mean", evaluation_samples=2),
    **{name: small("binary-mlp", optimizer=name) for name in Optimizer.members},
    "muon, no vectors": small("binary-mlp", {"batch_norm": False}, optimizer="muon"),
    "bop, nothing real": small("binary-mlp", {"batch_norm": False}, optimizer="bop"),
}


def others(experiment: Experiment, path: str) -> list[Any]:
    """Other values of a field, as plain data."""
    *parents, name = path.split(".")
    owner: Any = experiment
    for parent in parents:
        owner = getattr(owner, parent)
    value, kind = getattr(owner, name), type(owner).model_fields[name].annotation
    if isinstance(value, Part):
        if isinstance(value, Optimizer):
            return [{"name": "sgd", "lr": 3.0}]
        return [{"name": "linear"}] if name == "slope" else [{"name": "saturated"}, {"name": "approx-sign"}]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, str):
        return [other for other in get_args(kind) if other != value]
    return [2 * value] if value else [0.5]


def with_other(experiment: Experiment, path: str, value: Any) -> Experiment | str:
    """The experiment with another value, or why it cannot be."""
    data = experiment.model_dump()
    *parents, name = path.split(".")
    holder = data
    for parent in parents:
        holder = holder[parent]
    holder[name] = value
    try:
        return Experiment.parse(data)
    except InvalidExperiment as error:
        return str(error)


def told(experiment: Experiment) -> list[Any]:
    """What a run comes to; the slope itself is told of every step, used or not."""
    return [event._replace(slope=1.0) if isinstance(event, Step) else event for event in curves(experiment)]


@pytest.mark.parametrize("case", CASES)
def test_idle_fields_change_nothing(case: str) -> None:
    experiment = CASES[case]
    expected, found = told(experiment), idle(experiment)
    assert found
    for path in found:
        for value in others(experiment, path):
            changed = with_other(experiment, path, value)
            if isinstance(changed, str):
                assert path in changed, "a field that may be nothing else is told by its name"
            else:
                assert told(changed) == expected, path


UNITS = {"architecture.levels"}
BITS = {f"architecture.{name}" for name in ("weight_levels", "weight_rule", "weight_scale", "stochastic_weights")}
KEPT = BITS - {"architecture.weight_levels"} | {"optimizer.real.latent_clip", "evaluation", "evaluation_samples"}
REAL, DRAWN = {"optimizer.latent_clip"}, {"evaluation", "evaluation_samples"}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("convnet", BITS | REAL | DRAWN),
        ("real conv net", UNITS | BITS | REAL | DRAWN | {"estimator"}),
        ("real units, binary weights", UNITS | DRAWN | {"estimator"}),
        ("real hidden layer", REAL | DRAWN),
        ("no binary units", UNITS | REAL | DRAWN | {"architecture.shortcut", "estimator", "slope"}),
        ("identity", REAL | DRAWN | {"architecture.activation", "slope"}),
        ("a sampled rule", REAL | {"architecture.activation", "evaluation_samples"}),
        ("a mean of samples", REAL | {"architecture.activation"}),
        ("bop", KEPT),
        ("muon", DRAWN | {"optimizer.others.latent_clip"}),
        ("muon, no vectors", DRAWN | {"optimizer.others"}),
        ("bop, nothing real", KEPT - {"optimizer.real.latent_clip"} | {"optimizer.real"}),
    ],
)
def test_what_is_idle(case: str, expected: set[str]) -> None:
    assert idle(CASES[case]) == expected


def test_what_is_idle_makes_no_difference_between_experiments() -> None:
    one = small("mlp")
    same, other = (one.with_changes([change]) for change in ("optimizer.latent_clip=0.5", "optimizer.lr=0.5"))
    assert one != same
    assert effective(one) == effective(same)
    assert effective(one) != effective(other)


@pytest.mark.parametrize("name", PRESETS)
def test_idle_fields_are_fields(name: str) -> None:
    experiment = PRESETS[name].experiment(small().dataset)
    known = flattened(experiment)
    assert all(any(path == field or field.startswith(f"{path}.") for field in known) for path in idle(experiment))


@pytest.mark.parametrize("name", BIT_OPTIMIZERS)
def test_an_optimizer_that_keeps_bits_gets_their_gradient_as_it_is(name: str) -> None:
    with pytest.raises(InvalidExperiment, match=f"'{name}' keeps the bits themselves.*weight_rule to plain identity"):
        small("binary-mlp", {"weight_rule": "approx-sign"}, optimizer=name)
