"""From a trained net to a packed one: its weights as bits, its batch norms and units as thresholds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from lab.data.batches import normalized
from lab.estimators import Estimator
from lab.experiment import Experiment
from lab.models import Net
from lab.models.layers import BinaryUnits, PixelBits
from lab.packed.chain import Stage, Step, is_chain, stages, steps
from lab.packed.folding import Tail, Unpackable, weights_of
from lab.packed.reasons import why_not
from lab.packed.runner import LEVELS, Array, Layer, PackedNet, Pixels, Window, layer_of

PICTURE = (28, 28, 1)
RAN = 2
"""Pictures that the net is run on to see how it is made."""


@torch.no_grad()
def pack(experiment: Experiment, net: Net) -> PackedNet:
    """The packed form of a net as it is evaluated: of what is drawn while it trains, the likelier bits.

    Args:
        experiment: that the net is of.
        net: left as it is.

    Raises:
        Unpackable: the experiment has no such nets, or this one is none of them.
        DataError: the images, whose scale the net has, are not there.
    """
    if reason := why_not(experiment):
        raise Unpackable(reason)
    if broken := next((name for name, total in net.sums() if not np.isfinite(total)), None):
        raise Unpackable(f"The {broken} is no finite number, so the net gives none.")
    images = experiment.dataset.images()
    scale = experiment.architecture.normalization(images)
    device = next(net.parameters()).device
    ran = steps(net, normalized(images.test[:RAN], *scale, device))
    if not is_chain(ran):
        raise Unpackable("It does more between its layers than to hand on what they give, so it has no packed form.")
    front, found = stages(ran)
    read, names = _presented(front, scale), iter(experiment.architecture.site_names)
    layers: list[Layer] = []
    with net.evaluating():
        for stage in found:
            units = any(isinstance(step.module, BinaryUnits) for step in stage.following)
            layers.append(_layer(next(names) if units else "output", stage, experiment.estimator, read))
            read = _Read(layers[-1].gives, layers[-1].gives_shape)
    title = f"{experiment.architecture.title}, {experiment.estimator.title}"
    return PackedNet(title, experiment.dataset.classes, tuple(_notes(experiment, found, layers)), tuple(layers))


def _notes(experiment: Experiment, found: list[Stage], layers: list[Layer]) -> list[str]:
    notes, weights = [], experiment.architecture.weights
    if experiment.estimator.forward == "soft":
        notes.append("Units have values between their levels while the net trains; packed are the bits of evaluations.")
    elif experiment.estimator.stochastic:
        notes.append("Units are drawn at random while the net trains; packed are their likelier bits.")
    if weights is not None and weights.stochastic:
        notes.append("Weights are drawn at random while the net trains; packed are their likelier bits.")
    scaled = weights is not None and weights.scale != "none"
    biased = any(stage.weights.module.bias is not None for stage in found[:-1])
    if layers[0].reads == "pixels" or scaled or biased:
        notes.append(
            "Sums are exact here. PyTorch rounds them where pixels, scales or biases are real numbers: a unit whose "
            "sum is at its threshold but for that rounding may differ."
        )
    return notes


class _Read(NamedTuple):
    """What a layer reads."""

    kind: str
    """`pixels`, or the levels of bits."""
    shape: tuple[int, int, int]
    pixels: Pixels = Pixels(1.0, 0.0)


def _presented(front: list[Step], scale: tuple[float, float]) -> _Read:
    """What becomes of bytes in front of all weights."""
    presented = normalized(torch.arange(256, dtype=torch.uint8).view(256, 1, 1), *scale, "cpu").flatten()
    for step in front:
        if isinstance(step.module, PixelBits):
            on = step.module(presented) > 0
            return _Read(step.module.levels, PICTURE, Pixels(1.0, 0.0, int((~on).sum())))
    mean, std = scale
    return _Read("pixels", PICTURE, Pixels(float(np.float32(1 / (255 * std))), float(np.float32(-mean / std))))


def _layer(name: str, stage: Stage, rule: Estimator, read: _Read) -> Layer:
    weights, tail = weights_of(stage.weights.module), Tail(stage, rule)
    rows = _rows(weights.values, read.shape).cpu().numpy()
    nothing: Array = np.empty(0, np.float32)
    threshold, flip, scale, offset = nothing, nothing.astype(np.bool_), nothing, nothing
    if tail.levels is None:
        scale, offset = (each.astype(np.float32) for each in tail.affine(weights))
    elif read.kind in LEVELS and weights.levels:
        threshold, flip = tail.of_counts(weights, rows.shape[1])
        threshold = threshold.astype(np.int32)
    else:
        threshold, flip = tail.of_reals(weights)
    return layer_of(
        name=name,
        shape=read.shape,
        reads=read.kind,
        weights=weights.levels or "real",
        gives=tail.levels or ("clipped" if tail.clipped else "numbers"),
        window=_window(stage.weights.module) if weights.values.dim() == 4 else None,
        pool=next((_window(step.module) for step in stage.following if isinstance(step.module, nn.MaxPool2d)), None),
        pixels=read.pixels,
        weight=np.packbits(rows, axis=1) if weights.levels else rows,
        threshold=threshold,
        flip=flip,
        scale=scale,
        offset=offset,
    )


def _rows(values: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """The weights of each output in the order row, column, channel: (outputs, K)."""
    height, width, channels = shape
    kernels = values if values.dim() == 4 else values.view(-1, channels, height, width)
    return kernels.permute(0, 2, 3, 1).flatten(1)


def _window(module: nn.Module) -> Window:
    sizes = (module.kernel_size, module.stride, module.padding)
    return Window(*(size[0] if isinstance(size, tuple) else int(size) for size in sizes))  # type: ignore[index, arg-type]
