"""What a page shows of a job: one consistent copy, safe to keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lab.experiment import Experiment
from lab.recorder import Snapshot

Status = Literal[
    "opening", "preparing", "queued", "running", "paused", "finished", "stopped", "failed", "interrupted", "elsewhere"
]
"""What a job does; the first while nobody knows yet what is kept of it; the last two of one that this process does not
train: broken off, trained by another process."""
RESUMABLE: tuple[Status, ...] = ("stopped", "failed", "interrupted")
"""What a job does that came to no end of its own: it can go on from where it was."""
ENDED: tuple[Status, ...] = ("finished", "elsewhere", *RESUMABLE)
"""What a job does for which nothing more happens in this process, unless somebody asks for it."""


Loss = Literal["", "missing", "damaged"]
"""What became of the state of a job; nothing where it can be read, or where there is none yet."""


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
    state_lost: Loss = ""
    """Why nothing but its frames was found of it; `message` says so then."""
