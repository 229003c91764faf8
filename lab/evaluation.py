"""How good a net is on some images: no gradient, no influence on the run."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor

from lab.data.batches import normalized
from lab.estimators import Estimator, to_levels
from lab.experiment import Experiment, Report
from lab.models import Net, stream
from lab.models.layers import BinaryUnits

EVALUATED_AT_ONCE = 1000
EVEN = (0.5, 0.5 - 2**-25)
"""The noise that makes a threshold of a probability, by the bit that 1/2 itself is to give: bits are 1 where noise < p.
"""


class Scores(NamedTuple):
    """Means over a set of images: cross-entropy in nats and accuracy, or mean squared error of pixels in [-1, 1]."""

    loss: float
    accuracy: float | None

    def better(self, than: Scores, report: Report) -> bool:
        """Whether weights with these scores are to be reported in place of earlier ones."""
        if report == "best-validation-accuracy" and self.accuracy is not None and than.accuracy is not None:
            return self.accuracy > than.accuracy
        return report == "last" or self.loss < than.loss


@torch.no_grad()
def evaluate(
    net: Net, experiment: Experiment, images: Tensor, labels: Tensor, scale: tuple[float, float], slope: float
) -> Scores:
    """Score a net on images (N, 28, 28) uint8 with labels (N,). Its mode is restored; the same noise every time."""
    device = next(net.parameters()).device
    generator = torch.Generator(device).manual_seed(stream(experiment.seed, "evaluation"))
    loss, correct = 0.0, 0
    with net.evaluating():
        for chunk, targets in zip(images.split(EVALUATED_AT_ONCE), labels.split(EVALUATED_AT_ONCE), strict=True):
            inputs, targets = normalized(chunk, *scale, device), targets.to(device)
            output = predict(net, experiment, inputs, slope, generator)
            if net.task == "classification":
                loss += float(-output.gather(1, targets[:, None]).sum())
                correct += int((output.argmax(1) == targets).sum())
            else:
                loss += float((output - inputs).square().flatten(1).mean(1).sum())
    accuracy = correct / len(images) if net.task == "classification" else None
    return Scores(loss / len(images), accuracy)


def predict(net: Net, experiment: Experiment, inputs: Tensor, slope: float, generator: torch.Generator) -> Tensor:
    """Log-probabilities of all logits (B, 10 or more), or pictures, for a batch; by `mean` it averages over samples."""
    rule, samples = experiment.estimator, samples_of(experiment)

    def visit(unit: BinaryUnits, x: Tensor) -> Tensor:
        return to_levels(rule.bits(x, slope, unit_noise(experiment, x, generator)), unit.levels, rule.levels)

    with net.visited(visit, slope), autocast(experiment, inputs.device):
        outputs = torch.stack([net(inputs).float() for _ in range(samples)])
    if net.task == "classification":
        return outputs.log_softmax(2).logsumexp(0) - math.log(samples)
    return outputs.mean(0)


def samples_of(experiment: Experiment) -> int:
    """How many samples of all bits an evaluation averages over: one, unless it is by the mean of stochastic units."""
    return experiment.evaluation_samples if experiment.estimator.stochastic and experiment.evaluation == "mean" else 1


def unit_noise(experiment: Experiment, x: Tensor, generator: torch.Generator) -> Tensor | None:
    """The noise that an evaluation gives units of pre-activations `x`, in their shape; None for deterministic ones."""
    rule = experiment.estimator
    if rule.stochastic and experiment.evaluation != "threshold":
        return torch.rand(x.shape, generator=generator, device=x.device)
    return even_noise(rule, x)


def even_noise(rule: Estimator, x: Tensor) -> Tensor | None:
    """The noise by which every unit takes its likelier bit, in the shape of `x`; None for rules that draw nothing."""
    return torch.full_like(x, EVEN[rule.code_at_zero], dtype=torch.float32) if rule.stochastic else None


def autocast(experiment: Experiment, device: torch.device) -> AbstractContextManager[None]:
    """The arithmetic that the experiment asks for."""
    if experiment.precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)
