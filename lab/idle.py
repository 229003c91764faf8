"""Fields that change nothing in an experiment as it is: nobody need be asked for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.experiment import Experiment
from lab.optimizers import parameters_of
from lab.parts import Part, Value
from lab.paths import flattened
from lab.schedules import Constant


def idle(experiment: Experiment) -> frozenset[str]:
    """The dotted paths of fields that change nothing, whatever they were, or may be nothing else."""
    of_the_net = [*_weights(experiment), *_units(experiment), *_optimizer(experiment)]
    return frozenset([*_within(experiment), *_evaluation(experiment), *of_the_net])


def effective(experiment: Experiment) -> dict[str, Any]:
    """Every field that changes something, by its dotted path."""
    nothing = idle(experiment)
    return {
        path: value
        for path, value in flattened(experiment).items()
        if not any(path == field or path.startswith(f"{field}.") for field in nothing)
    }


def _within(value: Value, path: str = "") -> Iterator[str]:
    """What the parts say of themselves."""
    if isinstance(value, Part):
        yield from (f"{path}{name}" for name in value.idle)
    for name in type(value).model_fields:
        inner = getattr(value, name)
        if isinstance(inner, Value):
            yield from _within(inner, f"{path}{name}.")


def _evaluation(experiment: Experiment) -> list[str]:
    if not is_sampled(experiment):
        return ["evaluation", "evaluation_samples"]
    return [] if experiment.evaluation == "mean" else ["evaluation_samples"]


def _weights(experiment: Experiment) -> list[str]:
    if experiment.optimizer.needs_binary_weights:  # then the bits alone are there, and get their gradient as it is
        return [f"architecture.{name}" for name in ("weight_rule", "weight_scale", "stochastic_weights")]
    return []


def _optimizer(experiment: Experiment) -> list[str]:
    return [f"optimizer.{name}" for name in experiment.optimizer.idle_for(parameters_of(experiment.architecture))]


def _units(experiment: Experiment) -> list[str]:
    estimator = [] if experiment.architecture.site_names else ["estimator"]
    # A slope that somebody has set is shown, for them to learn that it changes nothing.
    slope = [] if uses_slope(experiment) or experiment.slope != Constant(value=1.0) else ["slope"]
    return [*estimator, *slope]


def uses_slope(experiment: Experiment) -> bool:
    """Whether the slope changes anything: in binary units by their rule, or in real ones."""
    net = experiment.architecture
    return net.has_sloped_units or (bool(net.site_names) and experiment.estimator.uses_slope)


def is_sampled(experiment: Experiment) -> bool:
    """Whether bits are drawn when it is evaluated, unless by threshold."""
    return experiment.estimator.stochastic and bool(experiment.architecture.site_names)
