"""A frame: what can be seen inside a net at one moment, for a fixed handful of validation images."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lab.data.base import SIDE
from lab.evaluation import predict
from lab.models import Net
from lab.models.weights import BinaryWeights
from lab.probes.specimen import Specimen

PICTURES = 8
"""Images whose maps and reconstructions are shown."""
STATISTICS = 128
"""Images over which the bits of each unit are counted."""
FILTERS = 32
"""Units, or filters, of the first layer whose weights are shown."""
FRAME_GROWTH = 4 / 3
"""By how much a run has grown, in steps, from one frame to the next: what is inside a net changes most at first."""

Array = NDArray[Any]


def frame_steps() -> Iterator[int]:
    """The steps after which a run shows what is inside its net, without end; it also does before the first step."""
    step = 1
    while True:
        yield step
        step = math.ceil(step * FRAME_GROWTH)


@dataclass(frozen=True)
class Frame:
    """What a net shows at one moment. Arrays that do not apply to it are empty."""

    step: int
    epoch: float
    pictures: Array
    """The images looked at: (pictures, 28, 28) uint8."""
    maps: dict[str, Array]
    """What the units after each convolution give, for the pictures: (pictures, channels, height, width) float32."""
    filters: Array
    """Weights of the first layer, as in use: (units, 28, 28), or (filters, height, width) of a convolution, float32."""
    reconstructions: Array
    """(pictures, 28, 28) float32 in [-1, 1]."""
    on_rates: dict[str, Array]
    """Share of images for which each unit of a binary layer is 1: (units,) float32, by layer."""

    def nbytes(self) -> int:
        """Memory taken by the arrays, in bytes."""
        values = [getattr(self, field.name) for field in fields(self)]
        arrays = [item for value in values for item in (value.values() if isinstance(value, dict) else [value])]
        return sum(item.nbytes for item in arrays if isinstance(item, np.ndarray))


def frame_state(frame: Frame) -> dict[str, Any]:
    """A frame as a checkpoint holds it: arrays as tensors."""
    return {field.name: _tensors(getattr(frame, field.name)) for field in fields(frame)}


def frame_of(state: dict[str, Any]) -> Frame:
    """The frame of such a state."""
    return Frame(**{name: _arrays(value) for name, value in state.items()})


def _tensors(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: torch.from_numpy(array) for name, array in value.items()}
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def _arrays(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: tensor.numpy() for name, tensor in value.items()}
    return value.numpy() if isinstance(value, Tensor) else value


@torch.no_grad()
def probe(specimen: Specimen, epoch: float) -> Frame:
    """Look inside a net, at the first validation images of its run; it is left as it is."""
    net, experiment = specimen.net, specimen.experiment
    inputs, _ = specimen.batch(STATISTICS)
    with net.evaluating(), _Watch(net) as watch:
        output = predict(net, experiment, inputs, specimen.slope, specimen.generator("probe"))
    rebuilt = net.task == "reconstruction"
    return Frame(
        step=specimen.step,
        epoch=epoch,
        pictures=_copied(specimen.images[:PICTURES]),
        maps=watch.maps(),
        filters=_filters(net),
        reconstructions=_copied(output[:PICTURES, 0]) if rebuilt else np.empty(0, np.float32),
        on_rates=watch.on_rates(experiment.architecture.site_names),
    )


class _Watch:
    """Listens to the units of a net while it runs once."""

    def __init__(self, net: Net) -> None:
        self._maps: dict[str, Tensor] = {}
        self._codes: list[Tensor] = []
        self._sites = net.sites
        layers = net.conv_layers if net.task == "classification" else []
        self._shown = {layer.name: layer.after for layer in layers}

    def __enter__(self) -> _Watch:
        self._handles = [site.register_forward_hook(self._count) for site in self._sites]
        for name, module in self._shown.items():
            self._handles.append(module.register_forward_hook(self._keep(name)))
        return self

    def __exit__(self, *error: object) -> None:
        for handle in self._handles:
            handle.remove()

    def maps(self) -> dict[str, Array]:
        return {name: _copied(maps.float()) for name, maps in self._maps.items()}

    def on_rates(self, names: tuple[str, ...]) -> dict[str, Array]:
        return {name: _copied(rates) for name, rates in zip(names, self._codes[: len(names)], strict=True)}

    def _count(self, site: nn.Module, _: Any, values: Tensor) -> None:
        self._codes.append((values > 0).flatten(1).float().mean(0))

    def _keep(self, name: str) -> Any:
        def keep(_: nn.Module, __: Any, values: Tensor) -> None:
            self._maps.setdefault(name, values[:PICTURES])  # of several samples the first, as of the codes

        return keep


def _filters(net: Net) -> Array:
    first = next((module for module in net.modules() if isinstance(module, nn.Linear | nn.Conv2d)), None)
    if first is None or (isinstance(first, nn.Linear) and first.in_features != SIDE * SIDE):
        return np.empty(0, np.float32)
    weight = first.binary_weight() if isinstance(first, BinaryWeights) else first.weight
    pictures = weight.view(-1, SIDE, SIDE) if isinstance(first, nn.Linear) else weight[:, 0]
    return _copied(pictures[:FILTERS])


def _copied(values: Tensor) -> Array:
    """An array of its own: a view would change with the weights, or keep a whole batch in memory."""
    return values.detach().cpu().numpy().copy()
