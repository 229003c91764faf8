"""Whether two rules give a net the same bits. Where they do not, their gradients are those of different networks."""

from __future__ import annotations

from typing import get_args

import torch

from lab.estimators import Estimator
from lab.estimators.units import Units

GRID = torch.linspace(-3, 3, 120)
"""Pre-activations at which two rules are compared; none at 0, where the value is the run's own for all."""
SLOPES = (0.5, 1.0, 2.0)


def same_forward(rule: Estimator, other: Estimator) -> bool:
    """Whether units do the same under both rules: sample with equal probability, or give what only this rule gives."""
    rule, other = rule.inner, other.inner
    if (rule.forward, rule.stochastic) != (other.forward, other.stochastic):
        return False
    if rule.forward != "bits":
        return type(rule) is type(other)
    if not rule.stochastic:
        return torch.equal(rule.step(GRID), other.step(GRID))
    return all(torch.allclose(rule.probability(GRID, a), other.probability(GRID, a), atol=1e-5) for a in SLOPES)


def fitted(rule: Estimator, trained: Estimator) -> Estimator:
    """A rule as it is to be compared on a net that is trained with another.

    It is the trained one where it has that one's name, for its settings count. It has the trained one's kind of units
    where it can have several.
    """
    if rule.name == trained.name:
        return trained
    if "units" not in type(rule).model_fields:
        return rule
    kinds = (rule.changed(units=units) for units in get_args(Units))
    return next((kind for kind in kinds if same_forward(kind, trained)), rule)
