"""Where a run may compute: the devices of this machine, by the names that an experiment gives them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


class DeviceMissing(RuntimeError):
    """The experiment names a device that this machine does not have."""


def devices() -> list[str]:
    """The devices that an experiment may name on this machine."""
    found = ["auto", "cpu"]
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return found


def resolve_device(name: str) -> torch.device:
    """The device for a name; `auto` takes a GPU where there is one.

    Raises:
        DeviceMissing: this machine does not have it.
    """
    found = devices()
    if name not in found:
        raise DeviceMissing(f"device {name!r} is not on this machine; it offers {', '.join(found)}.")
    return torch.device(found[-1] if name == "auto" and len(found) > 2 else "cpu" if name == "auto" else name)


def device_to_look(name: str) -> torch.device:
    """The device for a name, or the processor where this machine does not have it: to look at a net that will do."""
    return resolve_device(name if name in devices() else "cpu")


@contextmanager
def computing_with(threads: int) -> Iterator[None]:
    """Let PyTorch use so many processor threads for what this thread computes, until the end of the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
