"""What a page shows of a job: one consistent copy, safe to keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lab.experiment import Experiment
from lab.recorder import Snapshot

Status = Literal["preparing", "queued", "running", "paused", "finished", "stopped", "failed"]
ENDED: tuple[Status, ...] = ("finished", "stopped", "failed")


@dataclass(frozen=True)
class JobView:
    """What a page shows of a job at one moment."""

    id: str
    title: str
    status: Status
    message: str
    unkept: str
    """Why the run is not kept on disk; empty where it is, or need not be."""
    version: int
    download: tuple[int, int] | None
    """(bytes so far, bytes in all) of a download under way."""
    experiments: tuple[Experiment, ...]
    snapshots: tuple[Snapshot, ...]
    progress: float
    """Share of the budget used, 0 to 1."""
    seconds_left: float | None
    """Estimated from the rate so far, over all contestants."""
    place_in_line: int
