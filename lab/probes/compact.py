"""Arrays that take little memory: bits as bits, other numbers as bytes between two ends."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[Any]

STEPS = 252
"""Steps between the ends of a scale. An even number: 0 is one of the values wherever the ends are as far from it."""
MINUS_INFINITY, INFINITY, NAN = 253, 254, 255
"""Bytes for what is no finite number."""
NOT_FINITE = {MINUS_INFINITY: -math.inf, INFINITY: math.inf, NAN: math.nan}


@dataclass(frozen=True, eq=False)
class Scaled:
    """Numbers in a byte each: linear from `low` to `high`, so wrong by half a step, (high - low) / 504, at most."""

    codes: Array
    """uint8: 0 is `low`, 252 is `high`; 253, 254 and 255 are -inf, inf and NaN."""
    low: float
    """The smallest finite value; 0 where there is none."""
    high: float
    """The largest finite value; 0 where there is none."""

    @classmethod
    def of(cls, values: Array) -> Self:
        """The bytes of an array of float32 of any shape."""
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
        if math.isfinite(low) and math.isfinite(high):
            return cls(_codes(values, low, high), low, high)
        finite = np.isfinite(values)
        low, high = (float(values[finite].min()), float(values[finite].max())) if finite.any() else (0.0, 0.0)
        codes = _codes(np.where(finite, values, low), low, high)
        for code, value in NOT_FINITE.items():
            codes[np.isnan(values) if math.isnan(value) else values == value] = code
        return cls(codes, low, high)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        return self.codes.shape

    @property
    def nbytes(self) -> int:
        """Memory taken, in bytes."""
        return self.codes.nbytes

    def __len__(self) -> int:
        return len(self.codes)

    def array(self) -> Array:
        """The numbers, float32."""
        place = np.arange(STEPS + 1)
        values = (self.low * (STEPS - place) + self.high * place) / STEPS  # in the middle of -x and x exactly 0
        return np.concatenate([values, list(NOT_FINITE.values())]).astype(np.float32)[self.codes]

    def state(self) -> dict[str, Any]:
        """As a checkpoint holds it."""
        return {"bytes": torch.from_numpy(self.codes), "low": self.low, "high": self.high}


@dataclass(frozen=True, eq=False)
class Bits:
    """Numbers that have two values, in a bit each; exact."""

    packed: Array
    """uint8: eight of them in each, the first as its highest bit, in the order of the array; filled up with 0."""
    shape: tuple[int, ...]
    """Of the array."""
    low: float = 0.0
    """The value of a bit that is off."""
    high: float = 1.0
    """The value of a bit that is on."""

    @classmethod
    def of(cls, on: Array, low: float = 0.0, high: float = 1.0) -> Self:
        """The bits of a boolean array of any shape, and the values that they stand for."""
        return cls(np.packbits(on), on.shape, low, high)

    @property
    def nbytes(self) -> int:
        """Memory taken, in bytes."""
        return self.packed.nbytes

    def __len__(self) -> int:
        return self.shape[0]

    def on(self) -> Array:
        """Which bits are on: a boolean array."""
        return np.unpackbits(self.packed, count=math.prod(self.shape)).view(np.bool_).reshape(self.shape)

    def array(self) -> Array:
        """The numbers, float32."""
        return np.array([self.low, self.high], np.float32)[self.on().view(np.uint8)]

    def state(self) -> dict[str, Any]:
        """As a checkpoint holds it."""
        return {"bits": torch.from_numpy(self.packed), "shape": self.shape, "low": self.low, "high": self.high}


Compact = Scaled | Bits


def compact(values: Array) -> Compact:
    """An array of float32 in little memory: bits where it holds 0 and 1 alone, or -1 and 1, and else bytes."""
    if ((values == 0) | (values == 1)).all():
        return Bits.of(values == 1)
    if (np.abs(values) == 1).all():
        return Bits.of(values == 1, -1.0, 1.0)
    return Scaled.of(values)


def compact_of(state: Mapping[str, Any]) -> Compact:
    """What such a state was made from.

    Raises:
        KeyError, TypeError, ValueError: it was made from nothing of this kind.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"the state of an array is wanted, and not {type(state).__name__}")
    low, high = float(state["low"]), float(state["high"])
    if "bits" not in state:
        return Scaled(_bytes(state["bytes"]), low, high)
    packed, shape = _bytes(state["bits"]), tuple(int(side) for side in state["shape"])
    if any(side < 0 for side in shape) or packed.shape != (math.ceil(math.prod(shape) / 8),):
        raise ValueError(f"{packed.size} bytes are not the bits of an array {shape}")
    return Bits(packed, shape, low, high)


def _codes(values: Array, low: float, high: float) -> Array:
    """The bytes of finite values. In double precision: a range of float32 can be too wide for float32."""
    if high == low:
        return np.zeros(values.shape, np.uint8)
    return np.rint((values.astype(np.float64) - low) * (STEPS / (high - low))).astype(np.uint8)


def _bytes(tensor: Tensor) -> Array:
    if tensor.dtype != torch.uint8:
        raise TypeError(f"bytes are wanted, and not {tensor.dtype}")
    return tensor.numpy()
