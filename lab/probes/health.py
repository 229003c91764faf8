"""Gradient health: whether anything reaches the weights of each layer, and whether its binary units still say anything.

A checkup is made within one step of a run, around its update, and leaves no trace in it: it draws nothing at random.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from lab.models import Net, Rollout
from lab.models.rollout import Site

GROWTH = 4 / 3
"""By how much a run has grown, in steps, from one checkup to the next, at first."""
CHECKUPS_AN_EPOCH = 20
FEWEST_STEPS_BETWEEN = 25
"""Once a run is under way; short epochs would otherwise have a checkup at every step."""
THINNING = 1 / 500
"""In very long runs, the steps between two checkups as a share of all steps so far; so that all of them stay few."""


class LayerHealth(NamedTuple):
    """What one step did to the weights of one layer."""

    layer: str
    """The weights' parameter, without its `.weight`."""
    zeros: float
    """Share of the gradient's entries that are exactly 0; 1 where there is no gradient at all."""
    gradient: float
    """Euclidean norm of the gradient."""
    update: float
    """Norm of the change of the weights in this step, in units of the norm of the weights before it."""


class SiteHealth(NamedTuple):
    """One layer of binary units in the first pass of a step, over the examples of its batch."""

    site: str
    active: float
    """Share of the pre-activations at which the rule passes something back, whatever arrives there."""
    dead: float
    """Share of the units that are 0 for every example."""
    stuck: float
    """Share of the units that are 1 for every example."""


class Checkup:
    """Looks at one step after its backward pass and before its update; `layers` says the rest after the update."""

    def __init__(self, net: Net, rollout: Rollout, site_names: tuple[str, ...]) -> None:
        self._weights = net.layer_weights()
        with torch.no_grad():
            self._before = [weight.clone() for weight in self._weights.values()]
            gradients = [weight.grad for weight in self._weights.values()]
            self._zeros = [1.0 if g is None else _share(g.numel() - torch.count_nonzero(g), g) for g in gradients]
            self._norms = [0.0 if g is None else torch.linalg.vector_norm(g).item() for g in gradients]
        assert rollout.first is not None
        self.sites = tuple(_of_site(name, site) for name, site in zip(site_names, rollout.first.sites, strict=True))

    @torch.no_grad()
    def layers(self) -> tuple[LayerHealth, ...]:
        """The layers with weights, in the order they run. To be asked after the update, with the weights as it left
        them."""
        pairs = zip(self._weights.values(), self._before, strict=True)
        changes = [
            (torch.linalg.vector_norm(weight - before) / torch.linalg.vector_norm(before)).item()
            for weight, before in pairs
        ]
        return tuple(map(LayerHealth, self._weights, self._zeros, self._norms, changes))


def passed_back(site: Site) -> Tensor:
    """What a layer's rule multiplies an incoming gradient of 1 by, in the shape of its pre-activations.

    For rules that judge bits by their loss instead, the derivative of each unit's probability: where it is 0, no
    score reaches the pre-activation. 0 for rules that send nothing back, and where a Htanh in front of the units does.
    """
    rule, x = site.rule, site.x.detach().requires_grad_()
    with torch.enable_grad():
        reached = rule.binarize(x, site.slope, site.noise)
        if not reached.requires_grad and rule.stochastic and not rule.zero_gradient:
            reached = rule.probability(x, site.slope)
        if not reached.requires_grad:
            return torch.zeros_like(x)
        (factor,) = torch.autograd.grad(reached, x, torch.ones_like(reached))
    return factor * (site.x.detach().abs() < 1) if site.behind_htanh else factor


def checkup_steps(steps_per_epoch: int) -> Iterator[int]:
    """The steps that get a checkup, without end: dense at first, then evenly, and thinner in very long runs."""
    evenly = max(FEWEST_STEPS_BETWEEN, steps_per_epoch // CHECKUPS_AN_EPOCH)
    step = 1
    while True:
        yield step
        growing = math.ceil(step * GROWTH) - step
        step += max(min(growing, evenly), int(step * THINNING))


def _of_site(name: str, site: Site) -> SiteHealth:
    passed = passed_back(site)
    bits = (site.codes.detach() > 0.5).flatten(1)  # relaxed and ternary codes too: on is above the middle
    units = bits[0]
    dead, stuck = (~bits.any(0)).sum(), bits.all(0).sum()
    return SiteHealth(name, _share(torch.count_nonzero(passed), passed), _share(dead, units), _share(stuck, units))


def _share(count: Tensor, among: Tensor) -> float:
    # In Python's double precision: one weight of many millions must not be rounded away.
    return int(count) / among.numel()
