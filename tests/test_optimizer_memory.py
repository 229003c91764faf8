"""What a gradient optimizer remembers, taken up again: only what it would have written itself."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lab.optimizers import Parameters, Updates
from lab.optimizers.gradient import GradientOptimizer
from lab.schedules import Progress

NOW = Progress(0, 100, 0, 10)
Memory = dict[int, dict[str, Any]]
every_gradient_optimizer = pytest.mark.parametrize("name", GradientOptimizer.choices())


def begun(name: str) -> tuple[list[nn.Parameter], Updates]:
    """Two parameters, and an optimizer that has worked on neither."""
    parameters = [nn.Parameter(torch.ones(3, 2)), nn.Parameter(torch.ones(4))]
    member = GradientOptimizer.choices()[name]
    return parameters, member().start(Parameters([], parameters), torch.Generator())


def stepped(parameters: list[nn.Parameter], updates: Updates) -> list[Tensor]:
    for parameter in parameters:
        parameter.grad = torch.arange(parameter.numel(), dtype=torch.float32).view_as(parameter)
    updates.step(NOW, measure=False)
    return [parameter.detach().clone() for parameter in parameters]


@every_gradient_optimizer
def test_settings_are_those_of_the_experiment_whatever_a_file_says(name: str) -> None:
    parameters, updates = begun(name)
    stepped(parameters, updates)
    saved = copy.deepcopy(updates.state_dict())
    again, restored = begun(name)
    for group in saved["param_groups"]:
        del group["weight_decay"]
        group["lr"] = "much"
    for parameter, like in zip(again, parameters, strict=True):
        parameter.data.copy_(like)
    restored.load_state_dict(saved)
    for one, other in zip(stepped(parameters, updates), stepped(again, restored), strict=True):
        assert torch.equal(one, other)


def _without_one(memory: Memory) -> None:
    memory[0].pop(next(iter(memory[0])))


def _with_another(memory: Memory) -> None:
    memory[1]["more"] = torch.zeros(4)


def _no_tensor(memory: Memory) -> None:
    memory[1][next(iter(memory[1]))] = None


def _of_another_shape(memory: Memory) -> None:
    name = next(name for name, value in memory[0].items() if value.dim())
    memory[0][name] = torch.zeros(2, 2)


def _of_no_dimensions(memory: Memory) -> None:
    name = next(name for name, value in memory[0].items() if value.dim())
    memory[0][name] = torch.tensor(5.0)


def _of_another_parameter(memory: Memory) -> None:
    memory[2] = memory[1]


@every_gradient_optimizer
@pytest.mark.parametrize(
    "spoil", [_without_one, _with_another, _no_tensor, _of_another_shape, _of_no_dimensions, _of_another_parameter]
)
def test_what_it_would_never_have_written_is_refused(name: str, spoil: Callable[[Memory], None]) -> None:
    parameters, updates = begun(name)
    stepped(parameters, updates)
    saved = copy.deepcopy(updates.state_dict())
    spoil(saved["state"])
    with pytest.raises(ValueError, match="optimizer"):
        begun(name)[1].load_state_dict(saved)


@every_gradient_optimizer
def test_a_parameter_of_which_nothing_is_remembered_begins_anew(name: str) -> None:
    parameters, updates = begun(name)
    first = stepped(parameters, updates)[1]
    saved = copy.deepcopy(updates.state_dict())
    del saved["state"][1]
    again, restored = begun(name)
    restored.load_state_dict(saved)
    assert torch.equal(stepped(again, restored)[1], first)
