"""Random valid experiments, made of every member of every family: the fields are read off the classes themselves."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from lab.cli.fields import described
from lab.data import Dataset
from lab.estimators import Estimator
from lab.experiment import Experiment, InvalidExperiment
from lab.models import Architecture
from lab.optimizers import Optimizer
from lab.parts import Part
from lab.schedules import Schedule

FAMILIES: dict[str, type[Part]] = {
    family.family: family for family in (Dataset, Architecture, Estimator, Schedule, Optimizer)
}
EVERY_MEMBER = [(family, name) for family, part in FAMILIES.items() for name in part.members]


@cache
def fields_of(member: type[Part], span: tuple[float, float] = (-1e3, 1e3)) -> st.SearchStrategy[dict[str, Any]]:
    """Plain data for a member with any of its fields at any allowed value; numbers without bounds are within `span`."""
    drawn = {name: value_of(field, span) for name, field in described(member).items()}
    return st.fixed_dictionaries({"name": st.just(member.name)}, optional=drawn).map(_that_fit_each_other)


def _that_fit_each_other(data: dict[str, Any]) -> dict[str, Any]:
    """Fields within the bounds that no field states alone."""
    if data["name"] == "mlp" and "binary_layers" in data:  # they are counted among the hidden ones
        layers = len(data.get("hidden", [64]))
        return data | {"binary_layers": [layer for layer in data["binary_layers"] if layer <= layers]}
    if data.get("head") == "none":
        data |= {"hidden": max(10, data.get("hidden", 10))}
    if data["name"] in ("binary-mlp", "convnet"):
        data |= _weights_that_can_be(data)
    return data


def _weights_that_can_be(data: dict[str, Any]) -> dict[str, Any]:
    rule = data.get("weight_rule", {"name": "identity"})
    if rule["name"] in ("concrete", "mean-field"):
        rule = {"name": "st-concrete"}
    stochastic = Estimator.members[rule["name"]].stochastic and data.get("stochastic_weights", False)
    scale = "none" if rule.get("allow_scale") else data.get("weight_scale", "none")
    needs_noise = rule["name"] == "st-concrete"
    return {"weight_rule": rule, "stochastic_weights": stochastic or needs_noise, "weight_scale": scale}


def value_of(field: dict[str, Any], span: tuple[float, float] = (-1e3, 1e3)) -> st.SearchStrategy[Any]:
    """Plain data for one field."""
    values = _value_of(field, span)
    return st.none() | values if field.get("nullable") else values


def _value_of(field: dict[str, Any], span: tuple[float, float]) -> st.SearchStrategy[Any]:
    kind, bounds = field["type"], field.get("bounds", {})
    if kind == "choice":
        return st.sampled_from(field["choices"])
    if kind == "boolean":
        return st.booleans()
    if kind == "list":
        longest = min(3, bounds.get("max_length", 3))
        return st.lists(_value_of(field["of"], span), min_size=bounds.get("min_length", 0), max_size=longest)
    low, high = bounds.get("ge", bounds.get("gt", span[0])), bounds.get("le", bounds.get("lt", span[1]))
    if kind == "integer":
        return st.integers(int(low) + ("gt" in bounds), int(high) - ("lt" in bounds))
    if kind == "number":
        return st.floats(low, high, exclude_min="gt" in bounds, exclude_max="lt" in bounds, allow_subnormal=False)
    members = [FAMILIES[kind].members[name] for name in field["choices"]]
    inner = (max(low, 0.0), min(high, 100.0)) if kind == "schedule" else span
    return st.one_of([fields_of(member, inner) for member in members])


@cache
def _fields_of_an_experiment() -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: value_of(field) for name, field in described(Experiment).items()}
    return st.fixed_dictionaries({}, optional=fields | {"budget": st.floats(0.01, 20), "subset": st.integers(2, 900)})


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """Any experiment whose parts fit each other."""
    data = {"dataset": "digits", **draw(_fields_of_an_experiment())}
    try:
        return Experiment.parse(data)
    except InvalidExperiment as error:
        if any("(given: " in problem or "has no field" in problem for problem in error.problems):
            raise  # each field was drawn from what it says it takes, so only their combination may be at fault
        reject()


def fitting(family: str, name: str, **fields: Any) -> dict[str, Any]:
    """Plain data of an experiment that has a member somewhere in it, and otherwise defaults."""
    part = {"name": name, **fields}
    data: dict[str, Any] = {"dataset": "digits"}
    data |= {"optimizer": {"name": "sgd", "lr": part}} if family == "schedule" else {family: part}
    if name in ("enumeration", "local-expectation"):  # they go through what few units could be
        data["architecture"] = {"name": "mlp", "hidden": [8]}
    if family == "optimizer" and FAMILIES[family].members[name].needs_binary_weights:  # type: ignore[attr-defined]
        data["architecture"] = "binary-mlp"
    return data
