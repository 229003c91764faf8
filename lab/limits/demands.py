"""What an experiment asks of a machine, found out before anything of it is made: on a device that has no memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lab.estimators import Estimator
from lab.evaluation import EVALUATED_AT_ONCE
from lab.experiment import Experiment
from lab.models import Architecture

BYTES = 4
"""Of a number."""
COPIES_OF_WEIGHTS = 18
"""Numbers for each parameter where a checkpoint is written: the weight, its gradient, two averages of the optimizer,
the best and the last weights; and what is written, as a copy and as the bytes of its file, with room beside them."""
COPIES_OF_OUTPUTS = 6
"""Numbers for each number that a layer gives in a step: what is kept for the way back, and gradients."""


COPIES_OF_BINARY_WEIGHTS = 5
"""Numbers for each binary weight in a pass: the latent one and its noise, the bit, and its values before and after they
are scaled."""


class Demands(NamedTuple):
    """How large a run becomes: estimates on the safe side."""

    parameters: int
    """Of the net, and of what the estimator learns beside it."""
    lasting: int
    """Bytes that the run takes from its start to its end, beyond the images."""
    working: int
    """Bytes that a step or an evaluation takes on top of that, and gives back."""


class _Size(NamedTuple):
    parameters: int
    binary: int
    """Those of them that hold binary weights."""
    outputs: int
    """Numbers that all layers give for one example."""
    largest: int
    """Numbers that the largest of them gives."""
    prediction: int
    """Numbers that the last of them gives."""


def demands(experiment: Experiment) -> Demands:
    """What a run of an experiment needs; takes no memory itself, however large the net."""
    architecture, rule = experiment.architecture, experiment.estimator
    net = _size(architecture)
    learned = _learned(rule, architecture)
    parameters = net.parameters + sum(weight.numel() for weight in learned)
    images = experiment.subset or experiment.dataset.training_images - experiment.dataset.validation
    passes = rule.passes(architecture.shapes)
    examples = min(experiment.batch_size, images) * passes
    outputs = net.outputs + sum(weight.shape[0] for weight in learned if weight.dim())
    samples = experiment.evaluation_samples if experiment.evaluation == "mean" else 1
    binarized = net.binary * COPIES_OF_BINARY_WEIGHTS
    step = examples * outputs * COPIES_OF_OUTPUTS + passes * binarized
    evaluation = EVALUATED_AT_ONCE * (2 * net.largest + 3 * samples * net.prediction) + binarized
    return Demands(parameters, BYTES * COPIES_OF_WEIGHTS * parameters, BYTES * max(step, evaluation))


def memory(experiments: Sequence[Experiment]) -> int:
    """Bytes that a job of some experiments takes: they last side by side, and work in turn."""
    each = [demands(experiment) for experiment in experiments]
    return sum(run.lasting for run in each) + max((run.working for run in each), default=0)


@lru_cache(maxsize=256)
def _size(architecture: Architecture) -> _Size:
    given: list[int] = []

    def count(module: nn.Module, inputs: Any, output: Tensor) -> None:
        given.append(output.numel())

    with torch.device("meta"), torch.no_grad():
        net = architecture.net()
        net.prepare()
        for module in net.modules():
            if not list(module.children()):
                module.register_forward_hook(count)
        with net.evaluating(), net.visited(lambda unit, x: torch.zeros_like(x)):
            prediction = net(torch.zeros(1, 1, 28, 28))
    parameters = sum(parameter.numel() for parameter in net.parameters())
    binary = sum(weight.parameter.numel() for weight in net.binary_weights())
    return _Size(parameters, binary, sum(given), max(given), prediction.numel())


def _learned(rule: Estimator, architecture: Architecture) -> list[Tensor]:
    """What the estimator learns beside the net."""
    with torch.device("meta"):
        state = rule.new_state(architecture.shapes)
    return [] if state is None else list(state.parameters())
