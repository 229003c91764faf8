"""What packed words are measured on: one layer, source 002's net, and nets that are too small for it to pay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from lab.data import Dataset
from lab.data.batches import normalized
from lab.experiment import Experiment
from lab.models import Net
from lab.packed import PackedNet, pack, saved
from lab.packed.float_net import float_net
from lab.packed.runner import Pixels, layer_of
from lab.presets import PRESETS

Array = NDArray[Any]
WIDTH = 6144
SOURCE = "source-002-corrected"
FLOATS, PACKED = "torch float32", "packed"
PLUS_MINUS = {"levels": "-1/+1", "weight_levels": "-1/+1"}
SMALL: dict[str, dict[str, Any]] = {
    "784 – 32 – 10": {"architecture": {"name": "binary-mlp", "hidden": 32, "depth": 2, "head": "real", **PLUS_MINUS}},
    "784 – 3×256 – 10": {"architecture": {"name": "binary-mlp", "hidden": 256, "head": "real", **PLUS_MINUS}},
    "source 004, 784 – 3×1024 – 10": {"preset": "source-004-corrected"},
    "784 – 3×2048 – 10 (source 002, infl_ratio 1)": {"preset": "source-002-infl-1-corrected"},
    "source 003's conv net, all weights binary": {
        "architecture": {"name": "convnet", "binary_weights": ["conv1", "conv2", "classifier"], **PLUS_MINUS}
    },
    "the same, its first and last layer real": {
        "architecture": {"name": "convnet", "binary_weights": ["conv2"], **PLUS_MINUS}
    },
}
"""Nets of which it is shown whether it pays."""


class NotEqual(RuntimeError):
    """Both ways gave something else, so that there is nothing to be timed."""


@dataclass(frozen=True)
class Pair:
    """One piece of work, done in two ways that give the same."""

    images: int
    """Of one go."""
    floats: Callable[[], object]
    packed: Callable[[], object]

    def contestants(self) -> dict[str, Iterator[int]]:
        """Both, to take turns."""
        return {FLOATS: self._going(self.floats), PACKED: self._going(self.packed)}

    def _going(self, work: Callable[[], object]) -> Iterator[int]:
        while True:
            with torch.inference_mode():
                work()
            yield self.images


def layer_pair(batch: int, width: int = WIDTH) -> Pair:
    """A layer of random bits with its units: from activations in float32, -1 or +1, to which units are on.

    Raises:
        NotEqual: the sums, or the bits, differ.
    """
    random, nothing = np.random.default_rng(0), np.empty(0, np.float32)
    weights = random.integers(0, 2, (width, width)).astype(np.bool_)
    layer = layer_of(
        name="layer",
        shape=(1, 1, width),
        reads="-1/+1",
        weights="-1/+1",
        gives="-1/+1",
        window=None,
        pool=None,
        pixels=Pixels(1.0, 0.0),
        weight=np.packbits(weights, axis=1),
        threshold=np.zeros(width, np.int32),
        flip=np.zeros(width, np.bool_),
        scale=nothing,
        offset=nothing,
    )
    values = torch.from_numpy(2 * random.integers(0, 2, (batch, width)).astype(np.float32) - 1)
    weight = torch.from_numpy(2 * weights.astype(np.float32) - 1)
    _require_same(nn.functional.linear(values, weight), layer.products(_bits(values)), 0.0)
    pair = Pair(batch, lambda: nn.functional.linear(values, weight) >= 0, lambda: layer.bits(_bits(values)))
    _require_same(pair.floats(), pair.packed(), 0.0)
    return pair


def _bits(values: torch.Tensor) -> Array:
    return values.numpy()[:, None, None] > 0


class Built:
    """A net of an experiment with random weights, in all its forms.

    Args:
        experiment: of which there are packed nets.
    """

    def __init__(self, experiment: Experiment) -> None:
        net = experiment.architecture.build(experiment.seed)
        net.stage.step = experiment.estimator.step
        self.forms = Forms(experiment, net.eval(), pack(experiment, net.eval()))

    @property
    def bytes(self) -> tuple[int, int]:
        """Of its tensors in float32, and of the whole file of the packed net."""
        tensors = self.forms.floats.state_dict().values()
        return sum(each.numel() * each.element_size() for each in tensors), len(saved(self.forms.packed))


class Forms:
    """A packed net, and the same in float32.

    Args:
        experiment: that the net is of.
        net: left as it is.
        packed: what `pack` made of it.
    """

    def __init__(self, experiment: Experiment, net: Net, packed: PackedNet) -> None:
        self.packed = packed
        self._scale = experiment.architecture.normalization(experiment.dataset.images())
        self.floats = float_net(net, experiment.estimator, self._presented(np.zeros((2, 28, 28), np.uint8)))

    def pair(self, images: Array) -> Pair:
        """From pixels, (N, 28, 28) bytes, to logits.

        Raises:
            NotEqual: the logits differ by more than float32 rounds, in some image whose hidden bits are all the same.
        """
        pair = Pair(len(images), lambda: self.floats(self._presented(images)), lambda: self.packed.logits(images))
        with torch.inference_mode():
            expected, found = self.floats(self._presented(images)).numpy(), self.packed.logits(images)
        # Of real pixels a sum that is at its threshold but for rounding may turn a bit: a few images, never many.
        apart = np.abs(found - expected).max(1) > 1e-4 * max(1.0, float(np.abs(expected).max()))
        if apart.sum() > len(images) // 16:
            raise NotEqual(f"The logits of {int(apart.sum())} of {len(images)} images differ.")
        return pair

    def _presented(self, images: Array) -> torch.Tensor:
        return normalized(torch.from_numpy(images), *self._scale, "cpu")


def experiment_of(fields: dict[str, Any]) -> Experiment:
    """That of a preset, or one of an architecture."""
    digits = Dataset.members["digits"]()
    if "preset" in fields:
        return PRESETS[fields["preset"]].experiment(digits)
    return Experiment.parse({"dataset": digits, "estimator": "saturated", **fields})


def pictures(count: int) -> Array:
    """Test images of the digits, one after the other, again and again: (N, 28, 28) bytes."""
    images = Dataset.members["digits"]().images().test.numpy()
    return images[np.arange(count) % len(images)]


def _require_same(expected: Any, found: Any, tolerance: float) -> None:
    one, two = (np.asarray(each, np.float64).reshape(-1) for each in (expected, found))
    if not np.allclose(one, two, rtol=0, atol=tolerance):
        raise NotEqual("Both ways do not give the same.")
