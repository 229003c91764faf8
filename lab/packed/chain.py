"""What a net is made of in the order in which it runs: layers of weights, each with all that follows up to the next."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lab.models import Net
from lab.models.net import Weighted


class Step(NamedTuple):
    """A module that has no modules in it, as it ran once."""

    name: str
    """In its net."""
    module: nn.Module
    inputs: Tensor
    outputs: Tensor


class Stage(NamedTuple):
    """A layer of weights, and what follows."""

    weights: Step
    following: list[Step]


@torch.no_grad()
def steps(net: Net, images: Tensor) -> list[Step]:
    """The modules of a net in the order in which they run, in evaluation mode.

    Args:
        net: left as it is.
        images: as it wants them, (B, 1, 28, 28), on its device.
    """
    ran: list[Step] = []

    def note(name: str, module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        ran.append(Step(name, module, inputs[0], output))

    leaves = [(name, module) for name, module in net.named_modules() if not list(module.children())]
    hooks = [module.register_forward_hook(partial(note, name)) for name, module in leaves]
    try:
        with net.evaluating():
            net(images)
    finally:
        for hook in hooks:
            hook.remove()
    return ran


def stages(ran: list[Step]) -> tuple[list[Step], list[Stage]]:
    """What runs in front of all weights, and the layers of weights."""
    places = [i for i, step in enumerate(ran) if isinstance(step.module, Weighted)]
    ends = [*places[1:], len(ran)]
    front = ran[: places[0]] if places else ran
    return front, [Stage(ran[i], ran[i + 1 : end]) for i, end in zip(places, ends, strict=True)]


def is_chain(ran: list[Step]) -> bool:
    """Whether each module reads what the one before it gave, and nothing else happens in between."""
    return all(torch.equal(one.outputs.flatten(1), two.inputs.flatten(1)) for one, two in pairwise(ran))
