"""Arrays in little memory: bits are exact, bytes are wrong by half a step at most, and what is no number stays so."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lab.probes.compact import Array, Bits, Compact, Scaled, compact, compact_of

SHAPES = arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=7)
FINITE = arrays.arrays(np.float32, SHAPES, elements=st.floats(width=32, allow_nan=False, allow_infinity=False))
ANY = arrays.arrays(np.float32, SHAPES, elements=st.floats(width=32))
BOOLEAN = arrays.arrays(np.bool_, SHAPES)


def assert_same(one: Compact, other: Compact) -> None:
    assert type(one) is type(other)
    assert (one.shape, one.nbytes) == (other.shape, other.nbytes)
    assert (one.low, one.high) == (other.low, other.high)
    np.testing.assert_array_equal(one.array(), other.array(), strict=True)


@given(FINITE)
def test_bytes_are_wrong_by_half_a_step_at_most(values: Array) -> None:
    scaled = Scaled.of(values)
    back = scaled.array()
    assert back.dtype == np.float32
    assert back.shape == scaled.shape == values.shape
    assert scaled.nbytes == values.size
    if not values.size:
        return
    assert (scaled.low, scaled.high) == (values.min(), values.max())
    half_a_step = (scaled.high - scaled.low) / 504
    rounding = max(abs(scaled.low), abs(scaled.high)) * 2**-23 + 2**-149
    assert (np.abs(back.astype(np.float64) - values) <= half_a_step + rounding).all()
    assert (back[values == scaled.low] == scaled.low).all()
    assert (back[values == scaled.high] == scaled.high).all()


@given(FINITE)
def test_zero_stays_zero_between_ends_that_are_as_far_from_it(values: Array) -> None:
    ends = np.abs(values).max(initial=0)
    ternary = np.append(np.array([-ends, 0, ends], np.float32), values)
    assert (Scaled.of(ternary).array()[:3] == ternary[:3]).all()


@given(FINITE)
def test_order_is_kept(values: Array) -> None:
    line = np.sort(values, axis=None)
    assert (np.diff(Scaled.of(line).array().astype(np.float64)) >= 0).all()


@given(ANY)
def test_what_is_no_finite_number_is_told_apart(values: Array) -> None:
    scaled, finite = Scaled.of(values), np.isfinite(values)
    back = scaled.array()
    np.testing.assert_array_equal(np.isnan(back), np.isnan(values))
    np.testing.assert_array_equal(np.isposinf(back), np.isposinf(values))
    np.testing.assert_array_equal(np.isneginf(back), np.isneginf(values))
    np.testing.assert_array_equal(back[finite], Scaled.of(values[finite]).array())
    assert math.isfinite(scaled.low)
    assert math.isfinite(scaled.high)


@given(BOOLEAN, st.sampled_from([(0.0, 1.0), (-1.0, 1.0), (0.25, 0.5)]))
def test_bits_are_exact_and_take_an_eighth_of_a_byte(on: Array, levels: tuple[float, float]) -> None:
    bits = Bits.of(on, *levels)
    assert bits.nbytes == math.ceil(on.size / 8)
    assert len(bits) == len(on)
    np.testing.assert_array_equal(bits.on(), on, strict=True)
    np.testing.assert_array_equal(bits.array(), np.where(on, levels[1], levels[0]).astype(np.float32), strict=True)


@given(BOOLEAN, st.sampled_from([0.0, -1.0]))
def test_arrays_of_two_levels_become_bits(on: Array, low: float) -> None:
    found = compact(np.where(on, 1, low).astype(np.float32))
    assert isinstance(found, Bits)
    np.testing.assert_array_equal(found.on(), on)
    np.testing.assert_array_equal(found.array(), np.where(on, 1, low))


@given(ANY)
def test_any_other_array_becomes_bytes(values: Array) -> None:
    levels = set(values.flatten().tolist())
    assert isinstance(compact(values), Bits if levels <= {0, 1} or levels <= {-1, 1} else Scaled)


@given(st.one_of(ANY.map(Scaled.of), BOOLEAN.map(Bits.of)))
def test_they_come_back_from_their_states(values: Compact) -> None:
    assert_same(compact_of(values.state()), values)


def test_spoiled_states_are_refused() -> None:
    bits = Bits.of(np.ones(9, np.bool_)).state()
    for shape in ((17,), (8,), (3, 3, 2), (-9,), (-3, -3)):
        with pytest.raises(ValueError, match="not the bits of an array"):
            compact_of(bits | {"shape": shape})
    with pytest.raises(TypeError, match="bytes are wanted"):
        compact_of(bits | {"bits": torch.zeros(2)})
    with pytest.raises(KeyError):
        compact_of({"low": 0.0, "high": 1.0})
