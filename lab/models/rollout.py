"""Running a net with binary units on one batch, as often as an estimator asks, with any layer's bits held fixed.

Knows no optimizer, data set or schedule: a slope is a number here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import Self

import torch
from torch import Tensor, nn

from lab.estimators import Estimator, Shapes, to_levels
from lab.models.layers import BatchNorm, BinaryUnits
from lab.models.net import Net

Fixed = Tensor | Callable[[Tensor, Tensor, Tensor], Tensor]
"""Codes, {0, 1} or real, of a layer's shape; or a function of its (x, p, noise) that gives them."""


class Site:
    """One layer of binary units in one pass: pre-activations `x`, `noise`, `codes` in {0, 1}, and what follows."""

    def __init__(
        self, rule: Estimator, slope: float, x: Tensor, noise: Tensor | None, behind_htanh: bool = False
    ) -> None:
        self.rule, self.slope, self.x, self.noise, self.behind_htanh = rule, slope, x, noise, behind_htanh
        self.codes: Tensor = x
        self.values: Tensor = x

    @cached_property
    def p(self) -> Tensor:
        """P(b = 1), float32, of the shape of `x`."""
        return self.rule.probability(self.x, self.slope)

    @cached_property
    def log_probs(self) -> Tensor:
        """Log-probability of each unit's code, of the shape of `x`. The codes are detached."""
        return torch.where(self.codes.detach() > 0.5, self.p, 1 - self.p).log()

    @property
    def log_prob(self) -> Tensor:
        """Log-probability of each example's codes, summed over the layer: (examples,)."""
        return self.log_probs.flatten(1).sum(1)


class Pass:
    """What one run of the net gave: the output, its sites in the order they ran, and the loss of every example."""

    def __init__(self, output: Tensor, loss: Tensor, sites: list[Site]) -> None:
        self.output, self.loss, self.sites = output, loss, sites

    @property
    def log_prob(self) -> Tensor:
        """Log-probability of all codes of each example, in the shape of `loss`."""
        return torch.stack([site.log_prob for site in self.sites]).sum(0).view_as(self.loss)


class Rollout:
    """The net on one batch: call it for a pass. Sites not held fixed reuse the step's noise unless `fresh`, and so does
    dropout. Stochastic weights are shared by the batch, and drawn once for all passes of the step.

    Args:
        net: in training mode, its first pass updates the running statistics of batch norm; later ones do not.
        inputs: (B, 1, 28, 28).
        targets: (B,) labels.
        rule: the estimator of every site.
        slope: the slope of every site, and of the real units that have one.
        generator: source of the noise, on the device of the net.
    """

    def __init__(
        self, net: Net, inputs: Tensor, targets: Tensor, rule: Estimator, slope: float, generator: torch.Generator
    ) -> None:
        self.net, self.inputs, self.targets = net, inputs, targets
        self.rule, self.slope, self.generator = rule, slope, generator
        self.tiles = 0
        self.first: Pass | None = None
        self._root = self
        self._noise: list[Tensor] = []
        self._dropout: dict[nn.Module, Tensor] = {}
        self._weights: dict[nn.Module, Tensor] = {}
        """Noise of the weights: one and the same for this step in all its forms."""

    def draw_weights(self, generator: torch.Generator | None = None) -> None:
        """Draw the noise of all stochastic weights, in the order of the layers; the first pass does it by itself.

        Args:
            generator: where the noise comes from, if not from where all other comes from.
        """
        source = generator or self.generator
        for layer in self.net.random_weights:
            self._weights[layer] = _uniform(layer.weight, source)

    def tiled(self, copies: int) -> Rollout:
        """The same step with the batch repeated: passes of it have loss (copies, B)."""
        tiled = self._with_new_noise()
        tiled.inputs = self.inputs.repeat(copies, *[1] * (self.inputs.dim() - 1))
        tiled.targets = self.targets.repeat(copies)
        tiled.tiles = copies
        return tiled

    def by(self, rule: Estimator) -> Rollout:
        """The same step for another rule, with noise of its own."""
        other = self._with_new_noise()
        other.rule = rule
        return other

    def _with_new_noise(self) -> Self:
        other = copy.copy(self)
        other._noise, other._dropout = [], {}
        return other

    @property
    def shapes(self) -> Shapes:
        """What an example looks like at the input and at each site."""
        return self.net.shapes(self.inputs)

    def uniform(self, like: Tensor) -> Tensor:
        """New U(0, 1) of a tensor's shape, for rules that need more than the noise of their units."""
        return _uniform(like, self.generator)

    def __call__(self, at: Mapping[int, Fixed] | None = None, fresh: bool = False, derivative: bool = False) -> Pass:
        """Run the net once.

        Args:
            at: what to hold some sites at, by their index.
            fresh: draw new noise instead of reusing the step's.
            derivative: keep the graph of a pass with fixed sites, which otherwise runs without one.
        """
        sites: list[Site] = []
        at = at or {}
        if not self._weights:
            self.draw_weights()

        def other_noise(layer: nn.Module, like: Tensor) -> Tensor:
            return self._weights[layer] if layer in self._weights else self._dropout_noise(layer, like, fresh)

        def visit(unit: BinaryUnits, x: Tensor) -> Tensor:
            noise = self._noise_for(len(sites), x, fresh)
            site = Site(self.rule, self.slope, x, noise, unit.behind_htanh)
            fixed = at.get(len(sites))
            sites.append(site)
            if fixed is None:
                site.codes = self.rule.binarize(x, self.slope, site.noise)
                site.values = to_levels(site.codes, unit.levels, self.rule.levels)
            else:
                site.codes = _codes(fixed, site)
                site.values = to_levels(site.codes, unit.levels, published="0/1")  # the derivative of the map itself
            return site.values

        graph = torch.no_grad() if at and not derivative else nullcontext()
        with self._statistics(at), self.net.visited(visit, self.slope, other_noise), graph:
            output = self.net(self.inputs)
            loss = self.net.losses(output, self.inputs, self.targets)
        result = Pass(output, loss.view(self.tiles, -1) if self.tiles else loss, sites)
        if self._root.first is None:
            self._root.first = result
        return result

    def _statistics(self, at: Mapping[int, Fixed]) -> AbstractContextManager[None]:
        """Only the first pass updates batch norm; passes with fixed sites see the statistics that it saw."""
        return nullcontext() if self._root.first is None else _held(self.net.norms, "reuse" if at else "batch")

    def _noise_for(self, index: int, x: Tensor, fresh: bool) -> Tensor | None:
        if not self.rule.stochastic:
            return None
        if not fresh and index < len(self._noise):
            return self._noise[index]
        noise = self.uniform(x)
        if not fresh:
            self._noise.append(noise)
        return noise

    def _dropout_noise(self, layer: nn.Module, like: Tensor, fresh: bool) -> Tensor:
        if fresh:
            return self.uniform(like)
        if layer not in self._dropout:
            self._dropout[layer] = self.uniform(like)
        return self._dropout[layer]


def _uniform(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.rand(like.shape, generator=generator, device=like.device)


def _codes(fixed: Fixed, site: Site) -> Tensor:
    if not callable(fixed):
        return fixed
    p, noise = site.p, site.noise
    assert noise is not None  # units that are not sampled have no p either
    return fixed(site.x, p, noise)


@contextmanager
def _held(norms: list[BatchNorm], statistics: str) -> Iterator[None]:
    for norm in norms:
        norm.statistics = statistics
    try:
        yield
    finally:
        for norm in norms:
            norm.statistics = "update"
