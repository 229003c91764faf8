"""What must be said about an experiment before anyone trusts its curves: plain sentences. Knows no user interface."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch

from lab.estimators import Estimator
from lab.experiment import Experiment
from lab.models import Architecture
from lab.schedules import Constant


@dataclass(frozen=True)
class Remark:
    """One sentence about an experiment, and how loud to say it."""

    level: Literal["warning", "note"]
    text: str


def remarks(experiment: Experiment) -> list[Remark]:
    """Everything worth saying about an experiment, the most important first."""
    about = (_gradient, _bias, _forward, _slope, _net, _cost, _evaluation)
    found = [remark for describe in about for remark in describe(experiment)]
    return sorted(found, key=lambda remark: remark.level != "warning")


@lru_cache(maxsize=64)
def couples_examples(architecture: Architecture) -> bool:
    """Whether batch norm follows the bits of this net, so that one example's bits move the loss of the others."""
    with torch.device("meta"):
        return architecture.net().batch_statistics_after_bits()


def passes_of_a_step(experiment: Experiment) -> int:
    """Cost of one update in loss evaluations."""
    rule = experiment.estimator
    if type(rule).passes is Estimator.passes:
        return 1  # whatever the shapes of the net, of which the first in a process take more than a second to find out
    return rule.passes(experiment.architecture.shapes)


def _gradient(experiment: Experiment) -> list[Remark]:
    sites, rule = experiment.architecture.site_names, experiment.estimator
    if not sites:
        return [Remark("note", "This net has no binary units: the estimator and the slope have nothing to act on.")]
    if rule.zero_gradient and experiment.architecture.has_shortcuts:
        text = f"{rule.title} sends nothing back: what is in front of {sites[-1]} learns by the shortcut alone."
        return [Remark("warning", text)]
    if rule.zero_gradient:
        return [
            Remark(
                "warning",
                f"No gradient reaches anything in front of the units of {sites[-1]}: {rule.title} sends nothing back. "
                "Those layers learn nothing; only what comes after the bits learns.",
            )
        ]
    return []


def _bias(experiment: Experiment) -> list[Remark]:
    rule = experiment.estimator
    if not experiment.architecture.site_names or rule.zero_gradient:
        return []
    if not rule.unbiased:
        text = f"{rule.title} is biased: it sends back a surrogate, not the gradient of the expected loss."
        return [Remark("note", text)]
    if couples_examples(experiment.architecture):
        return [
            Remark(
                "note",
                f"{rule.title} is not unbiased in this net: batch norm follows the bits and couples the examples of a "
                "batch, so an example's own loss no longer tells all that its bits did.",
            )
        ]
    return [Remark("note", f"{rule.title} is unbiased here: its mean is the gradient of {rule.objective}.")]


def _forward(experiment: Experiment) -> list[Remark]:
    rule = experiment.estimator
    if not experiment.architecture.site_names or rule.forward == "bits":
        return []
    if rule.forward == "ternary":
        text = f"{rule.title} is no binary rule: its units have three values."
    elif rule.forward == "several bits":
        text = f"{rule.title} is no binary rule here: its units have several bits each, and so more than two values."
    elif rule.forward == "scaled bits":
        text = f"{rule.title} has two values in each pass, which the largest pre-activation of the batch decides."
    else:
        text = f"{rule.title} trains on values between 0 and 1, and is evaluated with bits."
    return [Remark("note", text)]


def _slope(experiment: Experiment) -> list[Remark]:
    rule = experiment.estimator
    if rule.uses_slope or not experiment.architecture.site_names or experiment.slope == Constant(value=1.0):
        return []
    return [Remark("warning", f"{rule.title} does not use the slope: whatever its schedule, nothing changes.")]


def _net(experiment: Experiment) -> list[Remark]:
    fields = experiment.architecture.model_dump()
    found = []
    if fields.get("relu"):
        found.append(_relu_before_bits(experiment.estimator))
    if fields.get("output") == "binarized":
        found.append(Remark("note", "The logits are binarized, so the loss cannot fall below ln(e + 9) - 1 = 1.4612."))
    return found


def _relu_before_bits(rule: Estimator) -> Remark:
    before = "A ReLU stands right before the binarizer"
    if rule.forward == "ternary":
        text = (
            f"{before}, and {rule.title} keeps 0 as a third value: a unit has the upper level or the middle of the "
            "two, never the lower one."
        )
        return Remark("warning", f"{text} Switch the ReLU off, or choose another estimator.")
    if rule.stochastic:
        text = f"{before}: no bit is 1 with a probability below 1/2, and those at 1/2 get no gradient."
    elif rule.step(torch.zeros(1)).item() == 1:
        text = f"{before}, and {rule.title} takes 0 for a 1: every bit of the code is 1, whatever the picture."
        return Remark("warning", f"{text} Switch the ReLU off, or choose another estimator.")
    else:
        text = f"{before}: a unit below 0 gets no gradient, whatever the estimator, as under 'ReLU backward'."
    return Remark("note", f"{text} Switch it off to study the estimator itself.")


def _cost(experiment: Experiment) -> list[Remark]:
    passes = passes_of_a_step(experiment)
    return [Remark("note", f"Each update costs {passes} evaluations of the loss.")] if passes > 1 else []


def _evaluation(experiment: Experiment) -> list[Remark]:
    if not experiment.architecture.site_names or not experiment.estimator.stochastic:
        return []
    ways = {
        "threshold": "with the bits that are likelier than not",
        "sample": "with one sample of the bits, the same noise every time",
        "mean": f"by the mean prediction of {experiment.evaluation_samples} samples of the bits",
    }
    return [Remark("note", f"Validation and test images are evaluated {ways[experiment.evaluation]}.")]
