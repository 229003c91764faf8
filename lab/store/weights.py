"""The weights that a folder keeps of a contestant: those after its last step, and those that are reported."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from lab import checkpoints
from lab.checkpoints import CheckpointError
from lab.store.folder import RunFolder
from lab.store.values import StoreError


class KeptWeights(NamedTuple):
    """The weights of a net after some step."""

    step: int
    tensors: dict[str, Tensor]
    """Parameters and buffers by name."""


def last_weights(folder: RunFolder, contestant: int) -> KeptWeights | None:
    """The weights after the last step that is kept; None where there are none, or another process replaces them now."""
    step = _read(folder, contestant, "step")
    tensors = _read(folder, contestant, "net")
    return _weights(step, tensors) if step == _read(folder, contestant, "step") else None


def reported_weights(folder: RunFolder, contestant: int) -> KeptWeights | None:
    """The weights that are reported of a run, or would be if it ended where it was left; None where there are none."""
    kept = _read(folder, contestant, "kept")
    return _weights(kept[0], kept[3]) if isinstance(kept, tuple) and len(kept) == 4 else None


def _weights(step: object, tensors: object) -> KeptWeights | None:
    return KeptWeights(step, tensors) if isinstance(step, int) and isinstance(tensors, dict) else None


def _read(folder: RunFolder, contestant: int, what: str) -> object:
    try:
        if folder.record(contestant) is None:  # it is of a start that is over
            return None
        return checkpoints.read(folder.path / "state", "contestants", contestant, "run", what)
    except (CheckpointError, StoreError, AttributeError):
        return None
