"""Packed layers and thresholds, against loops and against the layers that they are made from."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lab.packed import runner
from lab.packed.runner import NEAR, Layer, PixelLayer
from lab.packed.thresholds import LARGEST_FLOAT, float_of, thresholds
from tests.packed_nets import layers, naive_bits, naive_products, values_for


@settings(max_examples=250)
@given(layers(), st.integers(0, 2**32), st.sampled_from((NEAR, 1)), st.sampled_from((0, 10**9)))
def test_a_layer_does_what_a_loop_does(layer: Layer, seed: int, near: int, few: int) -> None:
    values = values_for(layer, seed)
    expected = naive_products(layer, values)
    # With NEAR of 1, eight outputs after the other; with FEW of many, bytes are taken apart into bits.
    with patch.multiple(runner, NEAR=near, FEW=few):
        found, bits = layer.products(values), layer.bits(values)
    if isinstance(layer, PixelLayer):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    else:
        assert found.dtype == np.int32
        assert np.array_equal(found, expected)
    assert np.array_equal(bits, naive_bits(layer, expected))


@given(layers())
def test_its_weights_are_two_values(layer: Layer) -> None:
    low, high = (int(level) for level in layer.weights.split("/"))
    assert np.array_equal(layer.weight_values, np.where(layer.weight_bits, high, low))
    assert layer.weight_bits.shape == (layer.outputs, layer.length)


@given(st.integers(-50, 50), st.integers(0, 60), st.integers(0, 2**32))
def test_thresholds_say_where_units_turn(low: int, span: int, seed: int) -> None:
    random, high = np.random.default_rng(seed), low + span
    at, turned = random.integers(low - 2, high + 4, 9), random.integers(0, 2, 9).astype(bool)
    found = thresholds(lambda places: (places >= at) != turned, low, high, 9)
    for place in range(low, high + 1):
        assert np.array_equal((place >= found.at) != found.flip, (place >= at) != turned)
    assert ((low <= found.at) & (found.at <= high)).all()


def test_floats_are_in_order() -> None:
    places = np.sort(np.random.default_rng(0).integers(-LARGEST_FLOAT, LARGEST_FLOAT, 1000))
    places = np.concatenate([[-LARGEST_FLOAT], places, [-1, 0, 1, LARGEST_FLOAT]])
    floats = float_of(places)
    assert floats.dtype == np.float32
    assert (np.diff(float_of(np.sort(places)).astype(float)) >= 0).all()
    ends = floats[[0, -1]]
    assert np.array_equal(ends, [np.finfo(np.float32).min, np.finfo(np.float32).max])
    assert (floats[-4], floats[-3], floats[-2]) == (-np.float32(1e-45), 0, np.float32(1e-45))


@pytest.mark.parametrize("size", [(), (5, 3)], ids=["units", "channels"])
def test_thresholds_are_those_of_the_batch_norm_itself(size: tuple[int, ...]) -> None:
    # At integers where the formula gives 0 but for rounding, which batch norm and the formula do not do alike.
    units, length = 64, 40
    random = np.random.default_rng(1)
    norm = (nn.BatchNorm2d if size else nn.BatchNorm1d)(units).eval()
    with torch.no_grad():
        norm.running_mean.copy_(torch.from_numpy(random.integers(-9, 9, units)))
        norm.running_var.copy_(torch.from_numpy(random.random(units) * 30))
        norm.weight.copy_(torch.from_numpy(random.standard_normal(units) * (random.random(units) > 0.1)))
        norm.bias.copy_(torch.from_numpy(random.standard_normal(units) * (random.random(units) > 0.6)))

    def fires(sums: np.ndarray) -> np.ndarray:
        y = norm(torch.from_numpy(sums.astype(np.float32)).view(1, units, *[1] * len(size)))
        return (y >= 0).flatten().numpy()

    with torch.no_grad():
        found = thresholds(fires, -length, length, units)
        sums = torch.arange(-length, length + 1.0).view(-1, 1, *[1] * len(size)).expand(-1, units, *size)
        on = (norm(sums.contiguous()) >= 0).flatten(2).all(2) if size else norm(sums.contiguous()) >= 0
    integers = np.arange(-length, length + 1)[:, None]
    assert np.array_equal((integers >= found.at) != found.flip, on.numpy())
    assert {0, -length} < set(found.at.tolist())
    assert found.flip.any()
    assert not found.flip.all()
