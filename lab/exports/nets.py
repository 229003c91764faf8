"""The net of a run as a file that leaves with it: packed, as ONNX, or its weights as they were trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from safetensors.torch import save

from lab.experiment import Experiment
from lab.models import Net
from lab.packed import pack, saved
from lab.packed.onnx_graph import onnx_of
from lab.probes.specimen import initial_net
from lab.store import RunFolder, StoreError
from lab.store.weights import last_weights, reported_weights


class Trained(NamedTuple):
    """The net of a contestant with the weights that its run reports, or would if it ended where it was left."""

    experiment: Experiment
    net: Net
    step: int
    """That the weights are of."""


def trained(folder: RunFolder, contestant: int) -> Trained:
    """The net of a contestant, by its place among those of its job.

    Raises:
        StoreError: there is no such job or contestant, or no weights of it are kept.
    """
    contestants = folder.facts().contestants
    if not 0 <= contestant < len(contestants):
        count = f"{len(contestants)} contestant{'' if len(contestants) == 1 else 's'}"
        raise StoreError(f"Run {folder.id} has {count}; there is no number {contestant + 1}.")
    experiment = contestants[contestant].experiment
    kept = reported_weights(folder, contestant) or last_weights(folder, contestant)
    if kept is None:
        raise StoreError(f"Run {folder.id} keeps no weights yet; its first checkpoint has some.")
    net = initial_net(experiment, torch.device("cpu"))
    try:
        net.load_state_dict(kept.tensors)
    except (RuntimeError, TypeError, AttributeError):
        raise StoreError(f"The weights that run {folder.id} keeps are of another net than it says.") from None
    return Trained(experiment, net.eval(), kept.step)


def _as_trained(of: Trained) -> bytes:
    tensors = {name: value.contiguous() for name, value in of.net.state_dict().items()}
    return save(tensors, {"experiment": of.experiment.model_dump_json(), "step": str(of.step)})


NETS: dict[str, Callable[[Trained], bytes]] = {
    "packed": lambda of: saved(pack(of.experiment, of.net)),
    "onnx": lambda of: onnx_of(pack(of.experiment, of.net)),
    "safetensors": _as_trained,
}
"""What makes a file of a net, by its format."""
