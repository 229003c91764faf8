"""What must be said about an experiment before anyone trusts its curves: plain sentences. Knows no user interface."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Any, Literal

import torch

from lab.estimators import Estimator
from lab.experiment import Experiment
from lab.idle import is_sampled, uses_slope
from lab.models import Architecture, Site
from lab.models.binary_mlp import CLASSES
from lab.models.layers import BatchNorm1d, BatchNorm2d
from lab.models.weights import BinaryWeights, WeightBits
from lab.probes.health import passed_back
from lab.schedules import Constant

FAR = 100.0
"""A latent weight far beyond any level."""


@dataclass(frozen=True)
class Remark:
    """One sentence about an experiment, and how loud to say it."""

    level: Literal["warning", "note"]
    text: str


def remarks(experiment: Experiment) -> list[Remark]:
    """Everything worth saying about an experiment, the most important first."""
    about = (_gradient, _bias, _forward, _slope, _net, _weights, _cost, _evaluation)
    found = [remark for describe in about for remark in describe(experiment)]
    return sorted(found, key=lambda remark: remark.level != "warning")


@lru_cache(maxsize=64)
def couples_examples(architecture: Architecture) -> bool:
    """Whether batch norm follows the bits of this net, so that one example's bits move the loss of the others."""
    with torch.device("meta"):
        return architecture.net().batch_statistics_after_bits()


@lru_cache(maxsize=64)
def norms_follow_weights(architecture: Architecture) -> bool:
    """Whether batch norm stands right behind every layer of binary weights."""
    with torch.device("meta"):
        order = list(architecture.net().modules())
    behind = [after for layer, after in zip_longest(order, order[1:]) if isinstance(layer, BinaryWeights)]
    return all(isinstance(module, BatchNorm1d | BatchNorm2d) for module in behind)


def passes_of_a_step(experiment: Experiment) -> int:
    """Cost of one update in loss evaluations."""
    rule = experiment.estimator
    if type(rule).passes is Estimator.passes:
        return 1  # whatever the shapes of the net, of which the first in a process take more than a second to find out
    return rule.passes(experiment.architecture.shapes)


def _gradient(experiment: Experiment) -> list[Remark]:
    sites, rule = experiment.architecture.site_names, experiment.estimator
    if not sites:
        idle = "estimator has" if experiment.architecture.has_sloped_units else "estimator and the slope have"
        return [Remark("note", f"This net has no binary units: the {idle} nothing to act on.")]
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
    if experiment.architecture.weights is not None:
        text = f"{rule.title} is unbiased for the weights in use, and what reaches latent weights is a surrogate."
        return [Remark("note", text)]
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
    rule, sites = experiment.estimator, experiment.architecture.site_names
    if uses_slope(experiment) or not sites or experiment.slope == Constant(value=1.0):
        return []
    return [Remark("warning", f"{rule.title} does not use the slope: whatever its schedule, nothing changes.")]


def _net(experiment: Experiment) -> list[Remark]:
    fields = experiment.architecture.model_dump()
    found = []
    if fields.get("relu"):
        found.append(_relu_before_bits(experiment.estimator))
    if fields.get("head") == "none":
        found += _no_head(fields)
    if fields.get("output") == "binarized":
        found.append(Remark("note", f"The logits are binarized, {_floor(fields)}."))
    elif fields.get("head") == "none" and fields.get("htanh"):
        found.append(Remark("note", f"The logits are clipped to [-1, 1], {_floor(fields, span=2)}."))
    if fields.get("htanh"):
        found.append(_htanh(fields, experiment.estimator))
    return found


def _no_head(fields: Mapping[str, Any]) -> list[Remark]:
    units = fields["hidden"]
    if units == CLASSES:
        return []
    text = f"There is no head: the {units} units of the last layer are the logits, and {units - CLASSES} have no class."
    return [Remark("warning", text)]


def _floor(fields: Mapping[str, Any], span: int | None = None) -> str:
    """Below what the loss cannot fall where no logit is larger than another by more than the span of two levels."""
    span = span or (1 if fields["levels"] == "0/1" else 2)
    others = (fields["hidden"] if fields.get("head") == "none" else CLASSES) - 1
    floor = math.log1p(others * math.exp(-span))
    return f"so the loss cannot fall below ln(1 + {others} / {'e' if span == 1 else 'e²'}) = {floor:.4f}"


def _htanh(fields: Mapping[str, Any], rule: Estimator) -> Remark:
    """What a Htanh in front of the bits lets through."""
    if fields["batch_norm"]:
        return Remark(
            "note", f"A Htanh stands before the bits: beyond ±1 no gradient passes, whatever {rule.title} does."
        )
    inputs, without = fields["hidden"], "Without batch norm nothing keeps"
    if fields["weight_scale"] != "none" or not fields["levels"] == fields["weight_levels"] == "-1/+1":
        text = f"{without} the sums of {inputs} bits within ±1, and beyond it Htanh lets no gradient through."
        return Remark("warning", text)
    spread = math.sqrt(inputs)
    text = (
        f"{without} sums within ±1, and beyond it Htanh lets no gradient through. Of {inputs} products of ±1 a sum is "
        f"about {spread:.0f} in size: about {math.erf(1 / (spread * math.sqrt(2))):.1%} of the units lie within."
    )
    return Remark("warning", text)


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


def _weights(experiment: Experiment) -> list[Remark]:
    bits = experiment.architecture.weights
    if bits is None:
        return []
    found = []
    if _drift(experiment, bits):
        text = (
            "Latent weights are neither clipped nor gated: they drift away from 0, past the point from which they flip "
            "ever more rarely. BinaryConnect clips them to [-1, 1]."
        )
        found.append(Remark("warning", text))
    if bits.rule.forward in ("soft", "ternary", "several bits"):
        found.append(Remark("warning", f"{bits.rule.title} gives weights that are no bits."))
    if bits.stochastic:
        text = "Weights are drawn at each step, with their rule's probability. Evaluations take the likelier bits."
        found.append(Remark("note", text))
    elif bits.rule.stochastic:
        text = f"Weights are not drawn, though {bits.rule.title} could: they fire by threshold, and take its surrogate."
        found.append(Remark("note", text))
    if bits.scale == "mean" and bits.levels == "0/1":
        text = "A filter whose weights are all 0 has scale 0: no gradient reaches its latent weights any more."
        found.append(Remark("warning", text))
    if bits.scale != "none" and norms_follow_weights(experiment.architecture):
        text = "Batch norm right behind each layer divides the scale of its weights out again"
        rest = "." if bits.scale == "max" else ", of their gradients too: it changes next to nothing."
        found.append(Remark("note", f"{text}{rest}"))
    return found


def _drift(experiment: Experiment, bits: WeightBits) -> bool:
    """Whether latent weights go on beyond where they are of use. Scaled by their largest, none is beyond it."""
    if bits.scale == "max" or experiment.optimizer.model_dump().get("latent_clip", 0) is not None:
        return False
    far = torch.tensor([-FAR, FAR])
    noise = torch.full_like(far, 0.5) if bits.stochastic else None
    return bool((passed_back(Site(bits.rule, 1.0, far, noise)) != 0).any())


def _cost(experiment: Experiment) -> list[Remark]:
    passes = passes_of_a_step(experiment)
    return [Remark("note", f"Each update costs {passes} evaluations of the loss.")] if passes > 1 else []


def _evaluation(experiment: Experiment) -> list[Remark]:
    if not is_sampled(experiment):
        return []
    ways = {
        "threshold": "with the bits that are likelier than not",
        "sample": "with one sample of the bits, the same noise every time",
        "mean": f"by the mean prediction of {experiment.evaluation_samples} samples of the bits",
    }
    return [Remark("note", f"Validation and test images are evaluated {ways[experiment.evaluation]}.")]
