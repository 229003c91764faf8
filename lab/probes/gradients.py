"""The gradient of each layer of a net under several estimators, on one and the same batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from lab.estimators import Estimator
from lab.models import Rollout
from lab.models.layers import Dropout
from lab.oracle import buffers_kept
from lab.probes.specimen import Specimen

AGAIN = "reference again"
"""The name of the reference among what is compared to it: drawn once more, it shows what noise alone costs."""


@dataclass(frozen=True)
class Agreement:
    """How one layer's gradient under one rule compares with that under the reference."""

    rule: str
    """Name of the estimator, or `AGAIN`."""
    layer: str
    cosine: float
    """Between the mean gradients; NaN where one of them is 0."""
    ratio: float
    """Length of the mean gradient in units of the reference's."""
    signs: float
    """Share of weights whose gradients agree in sign, of those where the reference is not 0."""
    noise: float
    """Standard deviation of one draw's gradient in units of the length of the reference; 0 where nothing is drawn."""
    zero: float
    """Share of weights whose gradient is exactly 0 in every draw."""
    reach: float
    """The cosine that the reference's gradient without noise would have to the mean of its draws: nearly the most that
    can be reached, where the reference is unbiased."""


class CannotCompare(ValueError):
    """A comparison that cannot be made, and why."""


def compare_gradients(
    specimen: Specimen,
    rules: Sequence[Estimator],
    reference: Estimator,
    batch: int = 64,
    draws: int = 8,
    reference_draws: int = 64,
    on_draw: Callable[[], None] = lambda: None,
) -> Iterator[list[Agreement]]:
    """Every layer's gradient under each rule against the reference, with the same images and the same weights.

    Stochastic weights are drawn once and for all, and nothing is dropped out: noise of the net is none of the rules'.

    First comes the reference itself with other noise and as many draws as the rest: what keeps it from a cosine of 1 is
    noise alone. A rule with less noise can come closer, whether or not it is biased.

    Args:
        specimen: the net, which nothing else may use meanwhile.
        rules: what is compared, all at the specimen's slope.
        reference: what it is compared to.
        batch: validation images.
        draws: gradients averaged for each rule whose draws differ, at least 2.
        reference_draws: the same for the reference.
        on_draw: called before every draw; what it raises ends the comparison.

    Raises:
        CannotCompare: the net has no binary units, or a rule cannot be used in a net of its size; `refusal_of` tells.
    """
    names = specimen.experiment.architecture.site_names
    if not names:
        raise CannotCompare("This net has no binary units: every estimator gives the same gradient.")
    specimen.net.stage.step = specimen.experiment.estimator.step
    for rule in [reference, *rules]:
        refusal = refusal_of(specimen, rule)
        if refusal:
            raise CannotCompare(refusal)

    def drawn(rule: Estimator, count: int, purpose: str) -> dict[str, _Drawn]:
        return _drawn(specimen, rule, batch, draws_of(rule, count), purpose, on_draw)

    truth = drawn(reference, reference_draws, "gradients of the reference")
    again = drawn(reference, draws, "gradients of the reference, again")
    yield [_agreement(AGAIN, layer, again[layer], truth[layer]) for layer in truth]
    for rule in rules:
        found = drawn(rule, draws, "gradients")
        yield [_agreement(rule.name, layer, found[layer], truth[layer]) for layer in truth]


def draws_of(rule: Estimator, draws: int) -> int:
    """How many draws a rule needs where those with noise get so many: one where all are the same."""
    return draws if rule.stochastic and not rule.exact else 1


def refusal_of(specimen: Specimen, rule: Estimator) -> str | None:
    """Why a rule cannot be used in a net of that size, as a sentence; None if it can."""
    refusal = rule.refusal(specimen.experiment.architecture.shapes)
    return f"{rule.title} {refusal}." if refusal else None


class _Drawn(NamedTuple):
    """The gradient of a layer's weights over some draws."""

    mean: Tensor
    noise: float
    """Standard deviation of one draw."""
    zero: float
    """Share of the weights whose gradient is 0 in every draw."""
    draws: int

    @property
    def reach(self) -> float:
        """The cosine between the mean and what it would be without noise, as the noise tells; NaN where it is 0."""
        squared = float(self.mean.double().square().sum())
        of_noise = self.noise**2 / self.draws
        return max(1 - of_noise / squared, 0.0) ** 0.5 if squared else math.nan


def _drawn(
    specimen: Specimen, rule: Estimator, batch: int, count: int, purpose: str, on_draw: Callable[[], None]
) -> dict[str, _Drawn]:
    """The gradients of each layer's weights."""
    inputs, targets = specimen.batch(batch)
    generator = specimen.generator(purpose)
    net, weights = specimen.net.train(), specimen.net.layer_weights()
    for module in net.modules():
        if isinstance(module, Dropout):
            module.eval()
    state = rule.new_state(specimen.experiment.architecture.shapes)
    if state is not None:
        state.to(specimen.device)
    total = {layer: torch.zeros_like(p) for layer, p in weights.items()}
    squares, ever = {layer: 0.0 for layer in weights}, {layer: torch.zeros_like(p) for layer, p in weights.items()}
    with buffers_kept(net):
        for draw in range(count + (state is not None)):
            on_draw()
            rollout = Rollout(net, inputs, targets, rule, specimen.slope, generator)
            rollout.draw_weights(specimen.generator("weights"))
            loss = rule.loss(rollout, state)
            gradients = torch.autograd.grad(loss, list(weights.values()), allow_unused=True, materialize_grads=True)
            if state is not None and draw == 0:
                continue  # a baseline that has seen nothing yet says nothing about the rule
            for layer, gradient in zip(weights, gradients, strict=True):
                total[layer] += gradient
                squares[layer] += float(gradient.double().square().sum())
                ever[layer] += gradient != 0
    found = {}
    for layer, value in total.items():
        mean = value / count
        spread = max(squares[layer] / count - float(mean.double().square().sum()), 0.0)
        noise = (spread * count / max(count - 1, 1)) ** 0.5
        found[layer] = _Drawn(mean, noise, float((ever[layer] == 0).float().mean()), count)
    return found


def _agreement(rule: str, layer: str, found: _Drawn, reference: _Drawn) -> Agreement:
    mean, truth = found.mean.double().flatten(), reference.mean.double().flatten()
    length, own = float(truth.norm()), float(mean.norm())
    known = truth != 0
    if not length:
        return Agreement(rule, layer, math.nan, math.nan, math.nan, math.nan, found.zero, math.nan)
    cosine = float(mean @ truth) / (length * own) if own else math.nan
    signs = float((mean[known].sign() == truth[known].sign()).double().mean())
    return Agreement(rule, layer, cosine, own / length, signs, found.noise / length, found.zero, reference.reach)
