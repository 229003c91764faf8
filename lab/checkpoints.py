"""Checkpoints: the state of a run as one file of tensors and JSON, in which nothing can be executed."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from lab.files import replace
from lab.run_state import State

FORMAT = "1"
"""Version of what is written."""
CHECKSUM = "crc32"


class CheckpointError(ValueError):
    """A file that is no checkpoint of this lab, or not a whole one."""


class Checkpoint(NamedTuple):
    """A copy of a state, which what it was copied from can leave behind."""

    tensors: dict[str, Tensor]
    tree: str
    """The rest as JSON, with the numbers of tensors in their places."""


def copied(state: State) -> Checkpoint:
    """A copy of a state, for another thread to write while its run goes on.

    Raises:
        TypeError: something in the state is neither a tensor, a number, a string nor a collection of them.
    """
    tensors: dict[str, Tensor] = {}
    tree = json.dumps(_without_tensors(state, tensors))
    return Checkpoint(tensors, tree)


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint at a path, or make it. After a crash there is the one before or this one.

    A path has one writer at a time: what a killed one leaves beside it, the next one writes over.

    Raises:
        OSError: the file cannot be written; the one before is still there.
    """
    facts = {"format": FORMAT, "state": checkpoint.tree, CHECKSUM: _checksum(checkpoint)}
    replace(path, save(checkpoint.tensors, facts))


def read(path: Path, *keys: str | int) -> Any:
    """The state that was written to a path, or only what it has under some keys, one within the other.

    The checksum is that of the whole, so it is not looked at where a part is read; files of earlier labs have none.

    Raises:
        CheckpointError: there is no file, or it is not one of this lab, or it was changed or cut off.
    """
    if path.exists() and (path.is_symlink() or not path.is_file()):
        raise CheckpointError(f"{path} is no file of this lab: a link, a folder or a device.")
    try:
        with safe_open(path, framework="pt") as file:
            facts = file.metadata() or {}
            if facts.get("format") != FORMAT:
                raise CheckpointError(f"{path} is no checkpoint of this lab's format {FORMAT}.")
            tree = json.loads(facts["state"])
            for key in keys:
                tree = _item(tree, key)
            left, tensor = set(file.keys()), file.get_tensor
            if not keys and CHECKSUM in facts:
                whole = Checkpoint({name: tensor(name) for name in left}, facts["state"])
                if _checksum(whole) != facts[CHECKSUM]:
                    raise CheckpointError(f"{path} is not a whole checkpoint: something in it was changed.")
                tensor = whole.tensors.__getitem__
            return _with_tensors(tree, lambda name: tensor(_taken(left, name)))
    except FileNotFoundError:
        raise CheckpointError(f"There is no checkpoint at {path}.") from None
    except (SafetensorError, OSError, LookupError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{path} is not a whole checkpoint: it was changed or cut off ({error}).") from None


def _checksum(checkpoint: Checkpoint) -> str:
    """CRC-32 of the tree and of the bytes of all tensors, by their names."""
    found = zlib.crc32(checkpoint.tree.encode())
    for _, tensor in sorted(checkpoint.tensors.items()):
        found = zlib.crc32(tensor.reshape(-1).view(torch.uint8).numpy().data, found)
    return f"{found:08x}"


def _without_tensors(value: Any, tensors: dict[str, Tensor]) -> Any:
    """A value as JSON, with keys and tuples kept as they are, and tensors put aside under a number."""
    if isinstance(value, Tensor):
        name = str(len(tensors))
        # A copy each: a file has no place for tensors that share memory, or lie in memory in another order.
        tensors[name] = value.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {"tensor": name}
    if isinstance(value, dict):
        return {"dict": [[key, _without_tensors(item, tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_without_tensors(item, tensors) for item in value]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a checkpoint has no place for a {type(value).__name__}")


def _item(value: Any, key: str | int) -> Any:
    ((kind, content),) = value.items()
    return (dict(content) if kind == "dict" else content)[key]


def _taken(left: set[str], name: str) -> str:
    """A name that was not taken before: a small file must not become any number of copies of a large tensor."""
    left.remove(name)
    return name


def _with_tensors(value: Any, tensor: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return tensor(content)
    if kind == "dict":
        return {key: _with_tensors(item, tensor) for key, item in content}
    return {"list": list, "tuple": tuple}[kind](_with_tensors(item, tensor) for item in content)
