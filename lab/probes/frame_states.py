"""Frames as checkpoints hold them, and back; also those that an earlier lab has kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.probes.compact import Array, Bits, Compact, Scaled, compact, compact_of
from lab.probes.frame import Codes, Frame, Maps

State = dict[str, Any]
Items = Mapping[str, Any]


def frame_state(frame: Frame) -> State:
    """A frame as a checkpoint holds it: arrays as tensors, which share their memory."""
    maps = {name: {"before": _state(each.before), "after": each.after.state()} for name, each in frame.maps.items()}
    codes = {
        name: {"images": torch.from_numpy(each.images), "bits": each.bits.state()} for name, each in frame.codes.items()
    }
    return {
        "step": frame.step,
        "epoch": frame.epoch,
        "slope": frame.slope,
        "pictures": torch.from_numpy(frame.pictures),
        "maps": maps,
        "filters": frame.filters.state(),
        "latent_filters": _state(frame.latent_filters),
        "reconstructions": frame.reconstructions.state(),
        "on_rates": _mapped(torch.from_numpy, frame.on_rates),
        "codes": codes,
        "weights": None if frame.weights is None else _mapped(torch.from_numpy, frame.weights),
    }


def frame_of(state: State) -> Frame:
    """The frame of such a state, or of one that an earlier lab has kept.

    Raises:
        ValueError: it is no state of a frame.
    """
    try:
        frame = _frame if "codes" in state else _earlier_frame
        return frame(state, step=int(state["step"]), epoch=float(state["epoch"]), pictures=state["pictures"].numpy())
    except (LookupError, TypeError, AttributeError, RuntimeError) as error:
        raise ValueError(f"this is no frame: {error}") from None


def _frame(state: State, **known: Any) -> Frame:
    weights = state["weights"]
    reconstructions = compact_of(state["reconstructions"])
    if not isinstance(reconstructions, Scaled):
        raise TypeError("reconstructions are no bits")
    return Frame(
        **known,
        slope=None if state["slope"] is None else float(state["slope"]),
        maps=_mapped(lambda maps: Maps(_compact(maps["before"]), compact_of(maps["after"])), state["maps"]),
        filters=compact_of(state["filters"]),
        latent_filters=_compact(state["latent_filters"]),
        reconstructions=reconstructions,
        on_rates=_mapped(Tensor.numpy, state["on_rates"]),
        codes=_mapped(_codes, state["codes"]),
        weights=None if weights is None else _mapped(Tensor.numpy, weights),
    )


def _earlier_frame(state: State, **known: Any) -> Frame:
    """Of a lab that kept float32 throughout, no maps in front of the units, no codes and no weights."""
    return Frame(
        **known,
        slope=None,
        maps=_mapped(lambda maps: Maps(None, compact(maps.numpy())), state["maps"]),
        filters=compact(state["filters"].numpy()),
        latent_filters=None,
        reconstructions=Scaled.of(state["reconstructions"].numpy()),
        on_rates=_mapped(Tensor.numpy, state["on_rates"]),
        codes={},
        weights=None,
    )


def _codes(state: State) -> Codes:
    images: Array = state["images"].numpy()
    bits = compact_of(state["bits"])
    if not isinstance(bits, Bits) or len(bits.shape) != 2 or images.shape != bits.shape[:1]:
        raise ValueError("codes are the bits of so many images")
    return Codes(images.astype(np.int32, copy=False), bits)


def _state(values: Compact | None) -> State | None:
    return None if values is None else values.state()


def _compact(state: State | None) -> Compact | None:
    return None if state is None else compact_of(state)


def _mapped(made: Callable[[Any], Any], items: Items) -> dict[str, Any]:
    return {name: made(value) for name, value in items.items()}
