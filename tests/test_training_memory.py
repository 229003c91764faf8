"""The meter of training memory: its arithmetic by hand, and against the tensors of runs that have begun."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from lab.experiment import Experiment
from lab.models import Architecture
from lab.optimizers import Memory, Optimizer
from lab.training import Training
from lab.training_memory import FLOAT, Share, training_memory
from tests.small import small

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

VARIANTS: dict[str, list[dict[str, Any]]] = {
    "sgd": [{"momentum": 0.0}],
    "bop": [{"real": {"name": "sgd", "momentum": 0.0}}],
    "second-order-bop": [{"bias_correction": True}],
}
"""Settings that change what is stored, beside the defaults."""
MEMBERS = [(name, fields) for name in Optimizer.members for fields in [{}, *VARIANTS.get(name, [])]]


def tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors(item)


def stored_in(experiment: Experiment) -> int:
    """Bits of the tensors that hold parameters, gradients and the optimizer's state, while a step lasts."""
    training, gradients = Training(experiment), 0
    step = training.updates.step

    def counting(*given: Any) -> Any:
        nonlocal gradients
        held = [*training.net.parameters(), *tensors(vars(training.updates))]
        there = {each.grad.data_ptr(): each.grad.nbytes for each in held if each.grad is not None}
        gradients = sum(there.values())
        return step(*given)

    training.updates.step = counting  # type: ignore[method-assign]
    list(training.events())
    kept = [*training.net.parameters(), *tensors(training.updates.state_dict())]
    return 8 * (gradients + sum(tensor.nbytes for tensor in kept))


@pytest.mark.parametrize(("name", "fields"), MEMBERS)
def test_stored_is_what_the_tensors_of_a_run_take(name: str, fields: dict[str, Any]) -> None:
    experiment = small("binary-mlp", optimizer={"name": name, **fields})
    assert training_memory(experiment).stored == stored_in(experiment)


@pytest.mark.parametrize("optimizer", ["sgd", "muon"])
@pytest.mark.parametrize("architecture", Architecture.members)
def test_of_every_architecture(architecture: str, optimizer: str) -> None:
    experiment = small(architecture, optimizer=optimizer)
    told = training_memory(experiment)
    assert told.stored == stored_in(experiment)
    net = experiment.architecture.build(0)
    assert told.binary.parameters == sum(weight.parameter.numel() for weight in net.binary_weights())
    weights, vectors = (
        [each.numel() for each in net.parameters() if (each.dim() > 1) == many] for many in (True, False)
    )
    assert told.binary.parameters + told.real.parameters == sum(weights)
    assert told.vectors.parameters == sum(vectors)
    assert told.parameters == sum(weights) + sum(vectors)


@pytest.mark.parametrize("name", Optimizer.members)
def test_rules_that_keep_bits_need_one_bit_for_a_weight(name: str) -> None:
    optimizer = Optimizer.members[name]()
    assert optimizer.binary_memory().weight == (1 if optimizer.needs_binary_weights else FLOAT)
    assert optimizer.real_memory(matrix=True).weight == optimizer.real_memory(matrix=False).weight == FLOAT


@pytest.mark.parametrize(
    ("optimizer", "per_weight"),
    [
        ({"name": "sgd", "momentum": 0.0}, 64),
        ({"name": "sgd"}, 96),
        ({"name": "adam"}, 128),
        ({"name": "muon"}, 96),
        ({"name": "bop"}, 65),
        ({"name": "second-order-bop"}, 97),
        ({"name": "hypermask"}, 33),
        ({"name": "proportional"}, 33),
        ({"name": "top-delta"}, 33),
        ({"name": "binsfo-ewm"}, 33),
        ({"name": "binsfo-wpm"}, 33),
    ],
)
def test_bits_that_are_needed_for_a_binary_weight(optimizer: dict[str, Any], per_weight: int) -> None:
    share = training_memory(small("binary-mlp", {"hidden": 200}, optimizer=optimizer)).binary
    assert share.tensors == 3
    assert share.parameters == 784 * 200 + 200 * 200 + 200 * 10
    assert round(share.needed / share.parameters, 2) == per_weight
    assert share.needed >= share.parameters * per_weight


def test_by_hand() -> None:
    share = Share(parameters=1000, tensors=2, per_parameter=Memory(weight=1, state=5, tensor=64))
    assert share.needed == 1000 * (1 + 32 + 5) + 2 * 64
    assert share.stored == 1000 * (32 + 32 + 5) + 2 * 64
    told = training_memory(small("binary-mlp", optimizer={"name": "binsfo-ewm", "real": {"name": "adam"}}))
    assert told.real.parameters == 0
    assert told.vectors.parameters == 2 * (24 + 24 + 10)
    assert told.needed == told.binary.parameters * 33 + 3 * 64 + told.vectors.parameters * 128 + 6 * 32


def test_a_net_without_binary_weights_has_none() -> None:
    told = training_memory(small())
    assert told.binary == Share(0, 0, told.binary.per_parameter)
    assert told.needed == told.stored == told.parameters * 96


def test_takes_no_memory_for_large_nets() -> None:
    huge = Experiment.parse({"dataset": "digits", "architecture": {"name": "binary-mlp", "hidden": 8192, "depth": 12}})
    before = torch.get_rng_state()
    assert training_memory(huge).stored > 10 * 8192**2 * 96
    assert torch.equal(torch.get_rng_state(), before)
