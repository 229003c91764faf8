"""The gradient of each layer of a net under several estimators, on one and the same batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lab.estimators import Estimator
from lab.models import Rollout
from lab.oracle import buffers_kept
from lab.probes.specimen import Specimen

Gradients = dict[str, Tensor]

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


class CannotCompare(ValueError):
    """A comparison that cannot be made, and why."""


def compare_gradients(
    specimen: Specimen,
    rules: Sequence[Estimator],
    reference: Estimator,
    batch: int = 64,
    draws: int = 8,
    reference_draws: int = 64,
) -> Iterator[list[Agreement]]:
    """Every layer's gradient under each rule against the reference, with the same images and the same weights.

    First comes the reference itself with other noise and as many draws as the rest: where its cosine ends, the others'
    would end too if they were right.

    Args:
        specimen: the net, which nothing else may use meanwhile.
        rules: what is compared, all at the specimen's slope.
        reference: what it is compared to.
        batch: validation images.
        draws: gradients averaged for each rule that samples, at least 2.
        reference_draws: the same for the reference.

    Raises:
        CannotCompare: the net has no binary units, or a rule cannot be used in a net of its size.
    """
    names = specimen.experiment.architecture.site_names
    if not names:
        raise CannotCompare("This net has no binary units: every estimator gives the same gradient.")
    specimen.net.stage.step = specimen.experiment.estimator.step
    shapes = specimen.net.shapes(specimen.batch(1)[0])
    for rule in [reference, *rules]:
        refusal = rule.refusal(shapes)
        if refusal:
            raise CannotCompare(f"{rule.title} {refusal}.")
    truth, _, _ = _mean_and_noise(specimen, reference, batch, reference_draws, "gradients of the reference")
    yield _compared(specimen, reference, AGAIN, truth, batch, draws)
    for rule in rules:
        yield _compared(specimen, rule, rule.name, truth, batch, draws)


def _compared(
    specimen: Specimen, rule: Estimator, name: str, truth: Gradients, batch: int, draws: int
) -> list[Agreement]:
    mean, noise, zero = _mean_and_noise(specimen, rule, batch, draws, "gradients")
    return [_agreement(name, layer, mean[layer], truth[layer], noise[layer], zero[layer]) for layer in truth]


def _mean_and_noise(
    specimen: Specimen, rule: Estimator, batch: int, draws: int, purpose: str
) -> tuple[Gradients, dict[str, float], dict[str, float]]:
    """Mean gradient of each layer's weights, standard deviation of one draw, and share that is always 0."""
    inputs, targets = specimen.batch(batch)
    generator = specimen.generator(purpose)
    net, weights = specimen.net.train(), specimen.net.layer_weights()
    state = rule.new_state(net.shapes(inputs[:1]))
    if state is not None:
        state.to(specimen.device)
    count = draws if rule.stochastic else 1
    total = {layer: torch.zeros_like(p) for layer, p in weights.items()}
    squares, ever = {layer: 0.0 for layer in weights}, {layer: torch.zeros_like(p) for layer, p in weights.items()}
    with buffers_kept(net):
        for draw in range(count + (state is not None)):
            loss = rule.loss(Rollout(net, inputs, targets, rule, specimen.slope, generator), state)
            gradients = torch.autograd.grad(loss, list(weights.values()), allow_unused=True, materialize_grads=True)
            if state is not None and draw == 0:
                continue  # a baseline that has seen nothing yet says nothing about the rule
            for layer, gradient in zip(weights, gradients, strict=True):
                total[layer] += gradient
                squares[layer] += float(gradient.double().square().sum())
                ever[layer] += gradient != 0
    mean = {layer: value / count for layer, value in total.items()}
    noise = {
        layer: max(squares[layer] / count - float(value.double().square().sum()), 0.0) ** 0.5
        * (count / max(count - 1, 1)) ** 0.5
        for layer, value in mean.items()
    }
    zero = {layer: float((value == 0).float().mean()) for layer, value in ever.items()}
    return mean, noise, zero


def _agreement(rule: str, layer: str, mean: Tensor, truth: Tensor, noise: float, zero: float) -> Agreement:
    mean, truth = mean.double().flatten(), truth.double().flatten()
    length, own = float(truth.norm()), float(mean.norm())
    known = truth != 0
    if not length:
        return Agreement(rule, layer, float("nan"), float("nan"), float("nan"), float("nan"), zero)
    cosine = float(mean @ truth) / (length * own) if own else float("nan")
    signs = float((mean[known].sign() == truth[known].sign()).double().mean())
    return Agreement(rule, layer, cosine, own / length, signs, noise / length, zero)
