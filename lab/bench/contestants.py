"""The contestants: each net trained as its source writes it, and by the lab's engine with and without recording."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lab.bench import plain
from lab.events import Step
from lab.experiment import Experiment
from lab.jobs.looks import Looks
from lab.presets import PRESETS
from lab.recorder import Recorder
from lab.training import Training

PLAIN = "plain"
"""The name of the contestant that trains as the source does."""

Optimize = Callable[[Iterator[nn.Parameter]], torch.optim.Optimizer]


@dataclass(frozen=True)
class Case:
    """One net with the recipe of its source, and the preset that stands for it in the lab."""

    preset: str
    net: Callable[[], nn.Module]
    optimizer: Optimize
    loss: plain.Loss
    scale: tuple[float, float]
    """(mean, std) that the source normalizes pixels with."""
    bars: dict[str, float]
    """How many times faster the engine has to be on two cores, by precision."""


CASES = {
    "conv": Case(
        "source-003-det-st-both",
        plain.PlainConvNet,
        lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
        plain.classified,
        (0.1307, 0.3081),
        {"float32": 1.6, "bfloat16": 2.0},
    ),
    "mlp": Case(
        "source-000",
        plain.PlainMLP,
        lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9),
        plain.classified,
        (0.0, 1.0),
        {"float32": 8.0},
    ),
    "autoencoder": Case(
        "source-001",
        plain.PlainAutoencoder,
        lambda parameters: torch.optim.Adam(parameters, lr=0.001, betas=(0.5, 0.999)),
        plain.reconstructed,
        (0.5, 0.5),
        {"float32": 1.15, "bfloat16": 1.4},
    ),
}


def experiment(case: Case, precision: str, *changes: str) -> Experiment:
    """The case for the lab, by default without end and without evaluations, which the plain loop does not make."""
    endless = ["budget=1000000", "budget_unit=steps", "evaluate_every=10000"]
    preset = PRESETS[case.preset].experiment(plain.require_mnist())
    return preset.with_changes([f"precision={precision}", *endless, *changes])


def plain_steps(case: Case, indices: Tensor, seed: int = 0) -> Iterator[int]:
    """Train as the source does, without end, on some of the training images; gives the images of each step."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = case.net()
    optimizer = case.optimizer(net.parameters())
    batches = plain.loader(True, case.scale, indices, seed)
    while True:
        for images, _ in plain.train(net, optimizer, case.loss, batches):
            yield images


def engine_steps(training: Training, recorder: Recorder | None) -> Iterator[int]:
    """Train in the lab's engine; with a recorder, record all and look inside as often as a job does that is watched."""
    looks = Looks([training], [recorder]) if recorder else None
    seen = 0
    for event in training.events():
        if recorder is not None and looks is not None:
            recorder.add(event)
            if looks.due(time.monotonic()):
                looks.take()
        if isinstance(event, Step):
            yield training.images_seen - seen
            seen = training.images_seen
