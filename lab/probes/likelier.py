"""A net run once with every binary unit at its likelier bit, and the codes of some layers exchanged on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.estimators import to_levels
from lab.evaluation import autocast, even_noise
from lab.models.layers import BinaryUnits
from lab.probes.specimen import Specimen

Exchange = Callable[[Tensor], Tensor]
"""From the codes (B, ...) that a layer gives to those that the rest of the net is to see: {0, 1}, or between."""


class Layer(NamedTuple):
    """One layer of binary units in a pass; both (B, ...)."""

    x: Tensor
    """Pre-activations."""
    codes: Tensor
    """{0, 1}; also between for rules of more values than two."""

    @property
    def on(self) -> Tensor:
        """The bits, bool: of more values than two, those above the middle are on."""
        return self.codes > 0.5


class Passed(NamedTuple):
    """What came out of a net, float32, and of its binary layers in the order they ran."""

    output: Tensor
    layers: list[Layer]


@torch.no_grad()
def run(specimen: Specimen, inputs: Tensor, exchanged: Mapping[int, Exchange] | None = None) -> Passed:
    """Run a net in evaluation mode, units that are sampled at the threshold of their probability; nothing is drawn.

    That is what an evaluation by `threshold` does, and the same for runs that are evaluated by samples.

    Args:
        specimen: the net; it is left as it was.
        inputs: (B, 1, 28, 28), as the net wants them.
        exchanged: what the rest of the net is to see instead of a layer's own codes, by the layer's index.
    """
    net, experiment, layers = specimen.net, specimen.experiment, list[Layer]()
    rule, exchanged = experiment.estimator, exchanged or {}

    def visit(unit: BinaryUnits, x: Tensor) -> Tensor:
        codes = rule.bits(x, specimen.slope, even_noise(rule, x))
        exchange = exchanged.get(len(layers))
        layers.append(Layer(x, codes))
        seen = codes if exchange is None else exchange(codes).to(codes.dtype)
        return to_levels(seen, unit.levels, rule.levels)

    with net.evaluating(), net.visited(visit, specimen.slope), autocast(experiment, inputs.device):
        output = net(inputs).float()
    return Passed(output, layers)


def to_array(values: Tensor) -> NDArray[Any]:
    """An array of its own, which follows neither the weights nor a batch."""
    return values.cpu().numpy().copy()
