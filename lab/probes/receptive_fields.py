"""Which pixels a position of a conv layer can see, from the kernels, strides and paddings of all that comes before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from torch import nn

from lab.models import ConvLayer, Net

Local = nn.Conv2d | nn.ConvTranspose2d | nn.MaxPool2d
"""Layers whose outputs depend on their surroundings alone; all others between them treat every position by itself."""


class Interval(NamedTuple):
    """Positions along one axis, from `first` to `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many there are."""
        return self.last - self.first + 1


class Link(NamedTuple):
    """One local layer along one axis."""

    kernel: int
    stride: int
    padding: int
    transposed: bool

    def sees(self, outputs: Interval) -> Interval:
        """The inputs that some outputs are computed from; beyond its borders these are padding."""
        if self.transposed:  # output = input * stride - padding + (0 to kernel - 1)
            first = -((self.kernel - 1 - self.padding - outputs.first) // self.stride)
            return Interval(first, (outputs.last + self.padding) // self.stride)
        first = outputs.first * self.stride - self.padding
        return Interval(first, outputs.last * self.stride - self.padding + self.kernel - 1)


Chain = tuple[Link, ...]
"""The local layers from the picture on, along one axis."""


def field(chain: Chain, position: int) -> Interval:
    """The pixels along one axis that a position behind the chain depends on, as they would be in a picture without end:
    as many for all positions that kernels are slid over."""
    interval = Interval(position, position)
    for link in reversed(chain):
        interval = link.sees(interval)
    return interval


@contextmanager
def chains(net: Net) -> Iterator[dict[str, tuple[Chain, Chain]]]:
    """The vertical and the horizontal chain of every conv layer, by its name: filled in when the net runs."""
    found: dict[str, tuple[Chain, Chain]] = {}
    so_far: list[tuple[Link, Link]] = []

    def passed(module: Local) -> Any:
        def hook(*_: object) -> None:
            so_far.append(_links(module))

        return hook

    def reached(layer: ConvLayer) -> Any:
        def hook(*_: object) -> None:
            if layer.name not in found:
                found[layer.name] = (tuple(v for v, _ in so_far), tuple(h for _, h in so_far))

        return hook

    handles = [m.register_forward_pre_hook(passed(m)) for m in net.modules() if isinstance(m, Local)]
    handles += [layer.after.register_forward_pre_hook(reached(layer)) for layer in net.conv_layers]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _links(module: Local) -> tuple[Link, Link]:
    kernels, strides, paddings = map(_pair, (module.kernel_size, module.stride, module.padding))
    transposed = isinstance(module, nn.ConvTranspose2d)
    vertical, horizontal = (Link(kernels[axis], strides[axis], paddings[axis], transposed) for axis in (0, 1))
    return vertical, horizontal


def _pair(value: Any) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)
