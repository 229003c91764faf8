"""The frames of a job as its folder has them. One that is spoiled or missing is left out, and told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lab import checkpoints
from lab.checkpoints import CheckpointError
from lab.probes import Frame
from lab.probes.frame_states import frame_of
from lab.run_state import State
from lab.store.folder import RunFolder


class KeptFrames(NamedTuple):
    """The frames of one contestant."""

    frames: list[Frame]
    """Those that can be read, oldest first."""
    lost: list[int]
    """The steps of those that were kept once and cannot be read any more: changed, cut off or missing."""


def kept_frames(folder: RunFolder, contestant: int, record: State) -> KeptFrames:
    """The frames of a contestant.

    Args:
        folder: of the job.
        contestant: its place among those of the job.
        record: its curves, which tell how many frames there were; what a crash left of later ones is left alone.

    Raises:
        KeyError, TypeError, ValueError, IndexError: the curves are spoiled.
    """
    if "framed" in record:
        return _of(folder.frame_files(contestant), sorted(int(step) for step in record["framed"]))
    rows = record["steps"]  # of a lab that did not note the steps yet
    return frames_until(folder, contestant, int(rows[-1, 0]) if len(rows) else 0)


def frames_until(folder: RunFolder, contestant: int, last: int) -> KeptFrames:
    """The frames that are in the folder, up to a step, where nothing tells which there were."""
    files = folder.frame_files(contestant)
    return _of(files, [step for step in files if step <= last])


def _of(files: Mapping[int, Path], steps: Sequence[int]) -> KeptFrames:
    read = {step: _read(files[step], step) if step in files else None for step in steps}
    return KeptFrames([frame for frame in read.values() if frame], [step for step in read if not read[step]])


def last_frame(folder: RunFolder, contestant: int) -> Frame | None:
    """The newest frame of a contestant that is whole, where there is one."""
    read = (_read(file, step) for step, file in reversed(folder.frame_files(contestant).items()))
    return next((frame for frame in read if frame is not None), None)


def _read(file: Path, step: int) -> Frame | None:
    try:
        frame = frame_of(checkpoints.read(file))
    except (CheckpointError, ValueError):
        return None
    return frame if frame.step == step else None
