"""Running a net as its run evaluates it, on pictures of one's own, and listening to its conv layers meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lab.data import normalized
from lab.data.base import SIDE
from lab.estimators import to_levels
from lab.evaluation import autocast, unit_noise
from lab.models import ConvLayer
from lab.models.layers import BinaryUnits
from lab.probes.specimen import Specimen

Pictures = NDArray[np.uint8] | Tensor
"""(B, 28, 28) uint8."""
Hear = Callable[[ConvLayer, Tensor, Tensor], Tensor | None]
AT_ONCE = 256
"""Pictures in one pass where there are many: few enough to stay in a processor's cache."""
PURPOSE = "a look at pictures"
"""The random stream of all probes that look at pictures one by one, so that they see the same sampled bits."""


def presented(specimen: Specimen, pictures: Pictures) -> Tensor:
    """Pictures as the net wants them: (B, 1, 28, 28) float32, on its device.

    Raises:
        ValueError: they are no (B, 28, 28) of uint8, or none at all.
    """
    tensor = pictures if isinstance(pictures, Tensor) else torch.tensor(pictures)
    if tensor.dtype != torch.uint8 or tensor.shape[1:] != (SIDE, SIDE) or not len(tensor):
        kind = f"{tuple(tensor.shape)} of {str(tensor.dtype).removeprefix('torch.')}"
        raise ValueError(f"the pictures are {kind}; allowed is (B, {SIDE}, {SIDE}) of uint8, with B at least 1")
    return normalized(tensor, *specimen.scale, specimen.device)


class EvaluatedUnits:
    """Gives binary units the bits that an evaluation gives them.

    Args:
        specimen: the net and its run.
        generator: where the noise of stochastic units comes from.
        alike: every picture of a batch meets the noise that it would meet alone; else each has noise of its own.
    """

    def __init__(self, specimen: Specimen, generator: torch.Generator, alike: bool = True) -> None:
        self.experiment, self.slope = specimen.experiment, specimen.slope
        self._generator, self._alike = generator, alike

    def __call__(self, unit: BinaryUnits, x: Tensor) -> Tensor:
        noise = unit_noise(self.experiment, x[:1] if self._alike else x, self._generator)
        codes = self.codes(x, None if noise is None else noise.expand_as(x))
        return to_levels(codes, unit.levels, self.experiment.estimator.levels)

    def codes(self, x: Tensor, noise: Tensor | None) -> Tensor:
        """Codes in {0, 1} of pre-activations."""
        return self.experiment.estimator.bits(x, self.slope, noise)


@contextmanager
def evaluating(specimen: Specimen, units: EvaluatedUnits) -> Iterator[None]:
    """The net is run as in an evaluation, with these units; all is put back after it."""
    net = specimen.net
    with net.evaluating(), net.visited(units, specimen.slope), autocast(specimen.experiment, specimen.device):
        yield


@contextmanager
def listening(layers: Iterable[ConvLayer], hear: Hear) -> Iterator[None]:
    """Tell `hear` what enters and what leaves the units of each layer when they run.

    Both are (B, channels, height, width); what it returns, unless it is None, goes on in place of the latter.
    """

    def hook(layer: ConvLayer) -> Any:
        def heard(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
            return hear(layer, inputs[0], output)

        return heard

    handles = [layer.after.register_forward_hook(hook(layer)) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def copied(values: Tensor) -> NDArray[np.float32]:
    """A float32 array of its own: a view would change with the net, or keep a whole batch in memory."""
    return values.detach().float().cpu().numpy().copy()
