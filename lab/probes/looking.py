"""Looking inside a net once: everything that a frame keeps of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from lab.data.base import SIDE
from lab.data.batches import normalized
from lab.estimators import to_levels
from lab.evaluation import autocast, even_noise, predict, unit_noise
from lab.models import Net
from lab.models.layers import BinaryUnits
from lab.models.weights import BinaryWeights
from lab.probes.compact import Array, Bits, Compact, Scaled, compact
from lab.probes.frame import (
    CODED,
    FILTERS,
    MAPPED,
    PICTURES,
    WEIGHTS_BELOW,
    Codes,
    Frame,
    Maps,
    coded_images,
)
from lab.probes.specimen import Specimen

AT_ONCE = 100
"""Images that go through a net together: what they make of it stays in a processor's cache."""


class _Enough(Exception):
    """Nothing that runs behind the last binary units is asked for."""


@torch.no_grad()
def probe(specimen: Specimen, epoch: float) -> Frame:
    """Look inside a net, at the first validation and test images of its run; it is left as it is."""
    net = specimen.net
    with net.evaluating():
        maps, output = _mapped(specimen)
        codes = _bits(specimen, partial(even_noise, specimen.experiment.estimator))
        fired = _fired(specimen) or codes
    filters, latent = _filters(net)
    rebuilt = output[:, 0] if net.task == "reconstruction" else output[:0]
    return Frame(
        step=specimen.step,
        epoch=epoch,
        slope=specimen.slope,
        pictures=specimen.images[:PICTURES].numpy().copy(),
        maps=maps,
        filters=filters,
        latent_filters=latent,
        reconstructions=Scaled.of(_numpy(rebuilt)),
        on_rates={name: _numpy(each.float().mean(0)) for name, each in fired.items()},
        codes={name: _codes(each) for name, each in codes.items()},
        weights=_weights(net),
    )


def _mapped(specimen: Specimen) -> tuple[dict[str, Maps], Tensor]:
    """What goes into the units behind each convolution and comes out of them, and what the net makes of all pictures.

    Of several samples that an evaluation draws it is the first.
    """
    layers, seen = specimen.net.conv_layers, dict[nn.Module, Tensor]()

    def see(module: nn.Module, values: Tensor) -> None:
        seen.setdefault(module, values)

    inputs, _ = specimen.batch(PICTURES)
    with _heard([module for layer in layers for module in (layer.before, layer.after)], see):
        output = predict(specimen.net, specimen.experiment, inputs, specimen.slope, specimen.generator("probe"))
    shown = {module: compact(_numpy(values[:MAPPED])) for module, values in seen.items()}
    return {layer.name: Maps(shown[layer.before], shown[layer.after]) for layer in layers}, output


def _fired(specimen: Specimen) -> dict[str, Tensor]:
    """The bits as an evaluation of the run draws them; none where it draws none."""
    experiment = specimen.experiment
    if not experiment.estimator.stochastic or experiment.evaluation == "threshold":
        return {}
    return _bits(specimen, partial(unit_noise, experiment, generator=specimen.generator("codes")))


def _bits(specimen: Specimen, noise: Callable[[Tensor], Tensor | None]) -> dict[str, Tensor]:
    """Whether each unit of each binary layer is on, (images, units), for the test images whose codes are kept.

    Args:
        specimen: the net.
        noise: what units of some pre-activations draw.
    """
    names, rule, found = specimen.experiment.architecture.site_names, specimen.experiment.estimator, list[Tensor]()

    def visit(unit: BinaryUnits, x: Tensor) -> Tensor:
        codes = rule.bits(x, specimen.slope, noise(x))
        found.append((codes > 0.5).flatten(1))
        if len(found) % len(names) == 0:
            raise _Enough
        return to_levels(codes, unit.levels, rule.levels)

    with specimen.net.visited(visit, specimen.slope), autocast(specimen.experiment, specimen.device):
        for images in specimen.test_images[:CODED].split(AT_ONCE) if names else ():
            with suppress(_Enough):
                specimen.net(normalized(images, *specimen.scale, specimen.device))
    bits = (torch.cat(found[place :: len(names)]) for place in range(len(names)))
    return {name: each[: coded_images(each.shape[1])] for name, each in zip(names, bits, strict=True)}


@contextmanager
def _heard(modules: Iterable[nn.Module], hear: Callable[[nn.Module, Tensor], None]) -> Iterator[None]:
    """Tell of what each module gives, as it runs."""
    with ExitStack() as hooks:
        for module in dict.fromkeys(modules):
            hooks.callback(module.register_forward_hook(lambda module, _, values: hear(module, values)).remove)
        yield


def _codes(bits: Tensor) -> Codes:
    return Codes(np.arange(len(bits), dtype=np.int32), Bits.of(bits.cpu().numpy()))


def _filters(net: Net) -> tuple[Compact, Compact | None]:
    """Weights of the first layer that sees pixels, as in use, and the latent ones behind them."""
    first = next((module for module in net.modules() if isinstance(module, nn.Linear | nn.Conv2d)), None)
    if first is None or (isinstance(first, nn.Linear) and first.in_features != SIDE * SIDE):
        return compact(np.empty(0, np.float32)), None

    def shown(weight: Tensor) -> Compact:
        pictures = weight.view(-1, SIDE, SIDE) if isinstance(first, nn.Linear) else weight[:, 0]
        return compact(_numpy(pictures[:FILTERS]))

    if isinstance(first, BinaryWeights):
        return shown(first.binary_weight()), shown(first.weight)
    return shown(first.weight), None


def _weights(net: Net) -> dict[str, Array] | None:
    state = net.state_dict()
    if sum(value.nbytes for value in state.values()) >= WEIGHTS_BELOW:
        return None
    return {name: value.cpu().numpy().copy() for name, value in state.items()}


def _numpy(values: Tensor) -> Array:
    return values.float().contiguous().cpu().numpy()
