"""Layers and nets for the tests of packed ones: random layers with a naive loop beside them, and moved nets."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray

from lab.experiment import Experiment
from lab.models import Net, stream
from lab.packed.runner import LEVELS, Layer, PixelLayer, Pixels, Window, layer_of

Array = NDArray[Any]
STANDARDIZED = Pixels(float(np.float32(1 / (255 * 0.3081))), float(np.float32(-0.1307 / 0.3081)))


@st.composite
def windows(draw: st.DrawFn, side: int) -> Window:
    kernel = draw(st.integers(1, min(5, side)))
    return Window(kernel, draw(st.integers(1, 3)), draw(st.integers(0, kernel // 2)))


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    """A layer of any kind, of few units."""
    reads, weights = draw(st.sampled_from(("pixels", *LEVELS))), draw(st.sampled_from(tuple(LEVELS)))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = (*draw(st.tuples(st.integers(1, 7), st.integers(1, 7))), draw(st.sampled_from((1, 3, 8, 9, 16))))
    outputs = draw(st.integers(1, 11))
    window = draw(st.none() | windows(min(shape[:2])))
    length = window.kernel**2 * shape[2] if window else int(np.prod(shape))
    places = [window.places(side) for side in shape[:2]] if window else [1, 1]
    pool = draw(st.none() | windows(min(places))) if window else None
    reach = length if reads != "pixels" else 3 * length
    threshold = random.integers(-reach, reach + 2, outputs)
    nothing = np.empty(0, np.float32)
    return layer_of(
        name="any",
        shape=shape,
        reads=reads,
        weights=weights,
        gives="0/1",
        window=window,
        pool=pool,
        pixels=STANDARDIZED if reads == "pixels" else Pixels(1.0, 0.0),
        weight=np.packbits(random.integers(0, 2, (outputs, length)).astype(bool), axis=1),
        threshold=threshold.astype(np.int32) if reads != "pixels" else threshold + random.random(outputs),
        flip=random.integers(0, 2, outputs).astype(bool),
        scale=nothing,
        offset=nothing,
    )


def values_for(layer: Layer, seed: int, images: int = 2) -> Array:
    random = np.random.default_rng(seed)
    if layer.reads == "pixels":
        return random.integers(0, 256, (images, *layer.shape), dtype=np.uint8)
    return random.integers(0, 2, (images, *layer.shape)).astype(bool)


def presented(layer: Layer, values: Array) -> Array:
    """What bytes or bits stand for, as doubles."""
    if isinstance(layer, PixelLayer):
        return values * layer.pixels.slope + layer.pixels.offset
    low, high = LEVELS[layer.reads]
    return np.where(values, high, low).astype(float)


def naive_products(layer: Layer, values: Array) -> Array:
    """w.x by loops over everything."""
    low, high = LEVELS[layer.weights]
    weights = np.where(np.unpackbits(layer.weight, axis=1)[:, : layer.length], high, low)
    x, (height, width, channels) = presented(layer, values), layer.shape
    found = np.zeros((len(x), *layer.places, layer.outputs))
    if layer.window is None:
        for image, output in product(range(len(x)), range(layer.outputs)):
            found[image, 0, 0, output] = sum(weights[output] * x[image].ravel())
        return found
    kernel, stride, padding = layer.window
    kernels = weights.reshape(-1, kernel, kernel, channels)
    for row, column, i, j in product(*map(range, (*layer.places, kernel, kernel))):
        y, z = row * stride + i - padding, column * stride + j - padding
        if 0 <= y < height and 0 <= z < width:
            found[:, row, column] += x[:, y, z] @ kernels[:, i, j].T
    return found


def naive_bits(layer: Layer, products: Array) -> Array:
    assert layer.threshold is not None
    on = (products >= layer.threshold) != layer.flip
    if layer.pool is None:
        return on
    kernel, stride, padding = layer.pool
    rows, columns = (layer.pool.places(side) for side in layer.places)
    found = np.zeros((len(on), rows, columns, layer.outputs), bool)
    for row, column, i, j in product(range(rows), range(columns), range(kernel), range(kernel)):
        y, z = row * stride + i - padding, column * stride + j - padding
        if 0 <= y < on.shape[1] and 0 <= z < on.shape[2]:
            found[:, row, column] |= on[:, y, z]
    return found


def moved_net(experiment: Experiment) -> Net:
    """A net as it begins, with batch norms as training leaves them: of either sign, some of 0, some at an integer."""
    net = experiment.architecture.build(experiment.seed)
    net.stage.step = experiment.estimator.step
    generator = torch.Generator().manual_seed(stream(experiment.seed, "moved"))

    def draw(like: torch.Tensor) -> torch.Tensor:
        return torch.randn(like.shape, generator=generator)

    with torch.no_grad():
        for norm in net.norms:
            assert norm.running_mean is not None
            assert norm.running_var is not None
            norm.running_mean.copy_((4 * draw(norm.running_mean)).round() / 2)
            norm.running_var.copy_(50 * draw(norm.running_var).square())
            norm.weight.copy_(draw(norm.weight) * (draw(norm.weight) > -1))
            norm.bias.copy_(0.3 * draw(norm.bias) * (draw(norm.bias) > -0.5))
    return net
