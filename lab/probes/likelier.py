"""A net run once with every binary unit at its likelier bit, and the codes of some layers exchanged on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
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


class _Enough(Exception):
    """The last binary layer has been seen."""


@torch.no_grad()
def run(specimen: Specimen, inputs: Tensor, exchanged: Mapping[int, Exchange] | None = None) -> Passed:
    """Run a net in evaluation mode, units that are sampled at the threshold of their probability; nothing is drawn.

    That is what an evaluation by `threshold` does, and the same for runs that are evaluated by samples.

    Args:
        specimen: the net; it is left as it was.
        inputs: (B, 1, 28, 28), as the net wants them.
        exchanged: what the rest of the net is to see instead of a layer's own codes, by the layer's index.
    """
    layers, exchanged = list[Layer](), exchanged or {}

    def exchange(layer: Layer) -> Tensor:
        layers.append(layer)
        given = exchanged.get(len(layers) - 1)
        return layer.codes if given is None else given(layer.codes).to(layer.codes.dtype)

    return Passed(_through(specimen, inputs, exchange).float(), layers)


@torch.no_grad()
def layers_of(specimen: Specimen, inputs: Tensor) -> list[Layer]:
    """The layers that `run` finds. What comes after the last of them is not run: half of an autoencoder and more."""
    layers, last = list[Layer](), len(specimen.experiment.architecture.shapes.sites)

    def note(layer: Layer) -> Tensor:
        layers.append(layer)
        if len(layers) == last:
            raise _Enough
        return layer.codes

    with suppress(_Enough):
        _through(specimen, inputs, note)
    return layers


def _through(specimen: Specimen, inputs: Tensor, seen: Callable[[Layer], Tensor]) -> Tensor:
    """What comes out of a net whose other parts see, of each binary layer, the codes that `seen` gives."""
    net, rule = specimen.net, specimen.experiment.estimator

    def visit(unit: BinaryUnits, x: Tensor) -> Tensor:
        codes = rule.bits(x, specimen.slope, even_noise(rule, x))
        return to_levels(seen(Layer(x, codes)), unit.levels, rule.levels)

    with net.evaluating(), net.visited(visit, specimen.slope), autocast(specimen.experiment, inputs.device):
        return net(inputs)


def to_array(values: Tensor) -> NDArray[Any]:
    """An array of its own, which follows neither the weights nor a batch."""
    return values.cpu().numpy().copy()
