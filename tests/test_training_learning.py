"""What one update changes, for every estimator in every net; and the same on a GPU where there is one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from lab.estimators import Estimator
from lab.experiment import InvalidExperiment
from lab.models import Architecture, Net
from lab.models.layers import BinaryUnits
from lab.optimizers import Optimizer
from lab.training import Training
from tests.small import curves, evaluations, finished, fitting, small, steps, without_frames

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")


def in_front_of_the_bits(net: Net) -> Iterator[str]:
    """The parameters of all layers that run before the last binary units."""
    modules = list(net.named_modules())
    last = max(index for index, (_, module) in enumerate(modules) if isinstance(module, BinaryUnits))
    for name, module in modules[:last]:
        yield from (f"{name}.{own}" for own, _ in module.named_parameters(recurse=False))


def weights(net: Net) -> dict[str, Tensor]:
    return {name: parameter.detach().cpu().clone() for name, parameter in net.named_parameters()}


def changed_by_one_step(training: Training) -> set[str]:
    before = weights(training.net)
    next(without_frames(training.events()))
    return {name for name, value in weights(training.net).items() if not torch.equal(value, before[name])}


@pytest.mark.parametrize("architecture", Architecture.members)
@pytest.mark.parametrize("name", Estimator.members)
def test_one_step_teaches_what_is_in_front_of_the_bits_or_nothing_there(name: str, architecture: str) -> None:
    training = Training(fitting(architecture, name), frames=False)
    in_front = set(in_front_of_the_bits(training.net))
    changed = changed_by_one_step(training)
    first, *_, last = after = weights(training.net)
    assert all(value.isfinite().all() for value in after.values())
    assert first in in_front
    assert last in changed - in_front, "what follows the bits learns under every rule"
    assert (first in changed) == bool(changed & in_front) == (not Estimator.members[name]().zero_gradient)


WITHOUT_GRADIENT = [name for name, member in Estimator.members.items() if member().zero_gradient]


@pytest.mark.parametrize(
    "optimizer",
    [
        {"name": "sgd", "weight_decay": 0.1},
        {"name": "adam", "weight_decay": 0.1},
        {"name": "hypermask", "delta": 1.0, "zero_gradient": "to-one"},
    ],
    ids=lambda optimizer: optimizer["name"],
)
@pytest.mark.parametrize("name", WITHOUT_GRADIENT)
def test_no_optimizer_moves_what_gets_no_gradient(name: str, optimizer: dict[str, Any]) -> None:
    training = Training(small("binary-mlp", estimator=name, optimizer=optimizer))
    changed = changed_by_one_step(training)
    assert changed
    assert not changed & set(in_front_of_the_bits(training.net))


@pytest.mark.parametrize("name", Estimator.members)
def test_a_net_that_ends_in_bits_learns_or_is_refused(name: str) -> None:
    ending_in_bits = {"output": "binarized"}
    if name in WITHOUT_GRADIENT:
        with pytest.raises(InvalidExperiment, match=r"sends no gradient through bits.*architecture\.output=real"):
            small("binary-mlp", shape=ending_in_bits, estimator=name)
        return
    experiment = small("binary-mlp", shape=ending_in_bits)
    rule = Estimator.members[name]()
    if rule.refusal(experiment.architecture.shapes):
        with pytest.raises(InvalidExperiment, match="units are allowed"):
            small("binary-mlp", shape=ending_in_bits, estimator=name)
        return
    # A window to one side of 0 may be empty in so small a batch, so the first of a few steps that does anything counts.
    assert any(
        changed_by_one_step(Training(small("binary-mlp", shape=ending_in_bits, estimator=name, seed=seed)))
        for seed in range(6)
    )


@pytest.mark.parametrize("name", Optimizer.members)
def test_every_optimizer_changes_weights_and_tells_its_rates(name: str) -> None:
    settings: dict[str, dict[str, Any]] = {"hypermask": {"delta": 0.3}, "bop": {"gamma": 1.0}}
    optimizer = {"name": name, **settings.get(name, {})}
    training = Training(small("binary-mlp", optimizer=optimizer, estimator="saturated"))
    before = weights(training.net)
    events = steps(itertools.islice(without_frames(training.events()), 4))
    moved = [key for key, value in weights(training.net).items() if not torch.equal(value, before[key])]
    assert any(key.endswith("layers.1.weight") for key in moved)
    assert all(event.rates == events[0].rates for event in events)
    assert set(events[0].rates) <= {"lr", "delta", "gamma", "sigma"}
    assert events[0].rates


def test_a_rule_of_source_003_leaves_everything_in_front_as_it_was_drawn() -> None:
    training = Training(small("convnet", estimator="detached-sample"))
    before = weights(training.net)
    list(training.events())
    after = weights(training.net)
    for name in in_front_of_the_bits(training.net):
        assert torch.equal(before[name], after[name]), name
    assert not torch.equal(before["classifier.weight"], after["classifier.weight"])


@needs_cuda
@pytest.mark.parametrize("architecture", Architecture.members)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_trains_on_cuda_with_its_random_streams_there(architecture: str, precision: str) -> None:
    experiment = small(architecture, estimator="disarm", device="cuda", precision=precision)
    training = Training(experiment)
    before = weights(training.net)
    states = torch.get_rng_state(), torch.cuda.get_rng_state()
    events = list(training.events())
    training.frame()
    assert torch.equal(torch.get_rng_state(), states[0])
    assert torch.equal(torch.cuda.get_rng_state(), states[1])
    assert training.noise.device.type == "cuda"
    assert {parameter.device.type for parameter in training.net.parameters()} == {"cuda"}
    assert {parameter.dtype for parameter in training.net.parameters()} == {torch.float32}
    assert all(torch.equal(value, weights(Training(small(architecture)).net)[name]) for name, value in before.items())
    assert finished(events).reason == "done"
    assert len(steps(events)) == 4
    assert evaluations(events)


@needs_cuda
@pytest.mark.parametrize("name", Estimator.members)
def test_every_estimator_takes_the_same_steps_on_cuda_as_on_the_cpu(name: str) -> None:
    """Up to rounding and, where bits are sampled, up to other draws: the first loss is the same, or near it."""
    cpu, cuda = (steps(curves(small("mlp", estimator=name, device=device), 2)) for device in ("cpu", "cuda"))
    loose = Estimator.members[name].stochastic
    assert cuda[0].loss == pytest.approx(cpu[0].loss, rel=0.3 if loose else 1e-4)


@needs_cuda
@pytest.mark.parametrize("name", Optimizer.members)
def test_every_optimizer_works_on_cuda(name: str) -> None:
    events = curves(small("binary-mlp", optimizer=name, device="cuda"))
    assert finished(events).reason == "done"
