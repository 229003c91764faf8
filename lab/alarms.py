"""Alarms about a run: which layers get no gradient, and whether its bits are bits. Knows no user interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from lab.columns import Column
from lab.estimators import Estimator
from lab.events import Health
from lab.experiment import Experiment
from lab.models import Architecture
from lab.models.layers import BinaryUnits
from lab.models.rollout import Site
from lab.models.weights import BinaryWeights, WeightBits
from lab.probes.health import passed_back
from lab.recorder import Snapshot

ANSWERED = 1e-6
"""A batch of a smaller loss is answered to the last digit: in single precision its gradient may be exactly 0."""


def no_gradient(experiment: Experiment, snapshot: Snapshot) -> str | None:
    """To which layers no gradient comes at the last checkup, since which step, and why; None if it reaches them all."""
    health = snapshot.health
    telling = _telling(experiment, snapshot)
    if not len(telling):
        return None
    sentences: dict[tuple[int, str], list[str]] = {}
    still = experiment.estimator.zero_gradient
    for layer, columns in health.layers.items():
        reached = columns["zeros"][telling] < 1
        if reached[-1]:
            continue
        first = int(np.flatnonzero(reached)[-1]) + 1 if reached.any() else 0
        found = health.at(telling[first])
        cause = _cause(experiment, found, layer, since_start=first == 0)
        sentences.setdefault((found.step if first else 0, cause), []).append(layer)
        still = still and not columns["update"].any()
    said = [_sentence(since, layers, cause) for (since, cause), layers in sentences.items()]
    if said and still:
        said.append("What gets no gradient stays as it was drawn.")
    return " ".join(said) or None


def no_bits(experiment: Experiment, snapshot: Snapshot) -> str | None:
    """How many binary weights are no bits at the last check, and since which step; None if all of them are bits."""
    steps = snapshot.steps
    checked = np.isfinite(steps["strays"])
    strays, at = steps["strays"][checked], steps["step"][checked]
    if not len(strays) or not strays[-1]:
        return None
    sound = np.flatnonzero(strays == 0)
    since = f"Since a step after {at[sound[-1]]:.0f}" if len(sound) else f"At step {at[0]:.0f} and since"
    count = f"{strays[-1]:,.0f} binary weights are" if strays[-1] > 1 else "1 binary weight is"
    return (
        f"{since}, {count} no more at one of their two values. {experiment.optimizer.title} keeps bits and "
        "changes nothing but bits, so something else has written over them. The run goes on."
    )


def _telling(experiment: Experiment, snapshot: Snapshot) -> NDArray[np.intp]:
    """The checkups that tell something, by their index.

    A batch that is answered to the last digit gives no layer any gradient, and nothing is wrong: those are left out,
    unless the units say where the gradient ends, or a Htanh at the end bounds the answers.
    """
    health = snapshot.health
    if _ends_in_htanh(experiment.architecture):
        return np.arange(len(health))
    telling = _unanswered(health.steps, snapshot.steps)
    for columns in health.layers.values():
        telling |= columns["zeros"] < 1
    for columns in health.sites.values():
        telling |= columns["dead"] == 1
        if not experiment.estimator.zero_gradient:
            telling |= columns["active"] == 0
    return np.flatnonzero(telling)


def _unanswered(checked: Column, steps: Mapping[str, Column]) -> NDArray[np.bool_]:
    """Whether the batch of each step that was checked had a loss."""
    places = np.searchsorted(steps["step"], checked)  # they rise
    there = places < len(steps["step"])
    places = np.where(there, places, 0)
    return there & (steps["step"][places] == checked) & (steps["loss"][places] > ANSWERED) if there.any() else there


def _sentence(since: int, layers: Sequence[str], cause: str) -> str:
    start = f"Since step {since} no gradient reaches" if since else "No gradient reaches"
    return f"{start} {_listed(layers)}: {cause}"


def _cause(experiment: Experiment, health: Health, layer: str, since_start: bool) -> str:
    rule, architecture = experiment.estimator, experiment.architecture
    fields, order = architecture.model_dump(), _running_order(architecture)
    place = order.index(layer)
    sites = {site.site: site for site in health.sites}
    behind = [sites[name] for name in order[place + 1 :] if name in sites]
    if behind and rule.zero_gradient:
        return f"{rule.title} sends nothing back through {behind[-1].site}."
    outside = [site for site in behind if site.active == 0]
    if outside:
        hint = _hint(experiment, since_start)
        what = f"{rule.title} behind a Htanh" if fields.get("htanh") else rule.title
        return f"every pre-activation of {outside[-1].site} lies where {what} sends nothing back. {hint}"
    before = sites.get(order[place - 1]) if place else None
    if before is not None and before.dead == 1 and fields.get("levels") == "0/1":
        return f"every unit of {before.site} is dead, 0 for every picture, and weights that see only 0 get no gradient."
    if fields.get("relu") and behind:
        return (
            f"the ReLU in front of {behind[0].site} gives 0 for every unit and picture, and passes nothing back there. "
            "What helps: switching it off, or a smaller learning rate."
        )
    if _ends_in_htanh(architecture) and all(found.zeros == 1 for found in health.layers):
        return "every output lies beyond ±1, where its Htanh sends nothing back."
    bits = _bits_of_weights(architecture).get(layer)
    if bits is not None and _blocks_some(bits.rule):
        return f"the gradient is exactly 0 there. {bits.rule.title} sends nothing back to weights outside its window."
    return "the gradient is exactly 0 there."


def _ends_in_htanh(architecture: Architecture) -> bool:
    """Whether the logits are the outputs of a Htanh: no batch is then answered to the last digit."""
    fields = architecture.model_dump()
    return fields.get("head") == "none" and fields["htanh"] and fields["output"] == "real"


def _blocks_some(rule: Estimator) -> bool:
    """Whether a rule for weights sends nothing back to some that lie between its levels or at them."""
    weights = torch.linspace(-1, 1, 5)
    return bool((passed_back(Site(rule, 1.0, weights, None)) == 0).any())


def _hint(experiment: Experiment, since_start: bool) -> str:
    """What could bring the pre-activations back to where the rule sends something back."""
    rule, architecture = experiment.estimator, experiment.architecture
    ways = [
        *(["a smaller slope"] if rule.uses_slope else []),
        *(["a wider gate"] if getattr(rule, "gate", None) is not None else []),
        *([] if architecture.has_batch_norm else ["a net with batch norm"]),
        *([] if since_start else ["a smaller learning rate"]),
    ]
    return f"What helps: {_listed(ways or ['another estimator'], 'or')}."


@lru_cache(maxsize=64)
def _running_order(architecture: Architecture) -> tuple[str, ...]:
    """The names of the layers with weights and of the layers of binary units, in the order they run."""
    with torch.device("meta"):
        net = architecture.net()
    layers, sites = {id(weights): name for name, weights in net.layer_weights().items()}, iter(architecture.site_names)
    order = []
    for module in net.modules():
        if isinstance(module, BinaryUnits):
            order.append(next(sites))
        elif id(getattr(module, "weight", None)) in layers:
            order.append(layers[id(module.weight)])
    return tuple(order)


@lru_cache(maxsize=64)
def _bits_of_weights(architecture: Architecture) -> dict[str, WeightBits]:
    """How the weights of each layer that binarizes them become bits, by the layer's name."""
    with torch.device("meta"):
        net = architecture.net()
    bits = {id(module.weight): module.bits for module in net.modules() if isinstance(module, BinaryWeights)}
    return {name: bits[id(weight)] for name, weight in net.layer_weights().items() if id(weight) in bits}


def _listed(words: Sequence[str], conjunction: str = "and") -> str:
    return f" {conjunction} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
