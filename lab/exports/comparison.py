"""What is exported: some contestants of some jobs, as they are at one moment, each with its name among the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from lab.experiment import Experiment
from lab.figures.board import Board
from lab.links import command
from lab.recorder import Snapshot


class Entry(NamedTuple):
    """One contestant."""

    run: str
    """The id of its job."""
    title: str
    """Of its job."""
    name: str
    """What it is called among the others."""
    kind: str
    """What it and those that differ from it in nothing but their seeds are called."""
    state: str
    """How it ended, or how its job goes."""
    created: datetime
    continues: str | None
    """The job whose end is this one's beginning, if there is one."""
    experiment: Experiment
    snapshot: Snapshot

    @property
    def command(self) -> str:
        """What trains it once more."""
        return reproduction(self.experiment, self.continues)

    @property
    def done(self) -> bool:
        """Whether its budget is used up."""
        return self.snapshot.finished is not None and self.snapshot.finished.reason == "done"

    @property
    def steps(self) -> int:
        """How many steps it has made."""
        made = self.snapshot.steps["step"]
        return int(made[-1]) if len(made) else 0

    @property
    def epochs(self) -> float:
        """How many epochs it has made."""
        made = self.snapshot.steps["epoch"]
        return float(made[-1]) if len(made) else 0.0


def reproduction(experiment: Experiment, continues: str | None) -> str:
    """The command that trains an experiment to the same numbers; for one that continues a job, from the end of that."""
    return f"python -m lab resume {continues} --budget {experiment.budget:g}" if continues else command(experiment)


@dataclass(frozen=True)
class Comparison:
    """Contestants, and what the app shows of them."""

    entries: Sequence[Entry]
    boards: Callable[[], list[Board]]
    """Makes the figures, a board for each task that the nets have."""
    address: str = ""
    """Opens their experiments in the app, where it is known."""

    @property
    def title(self) -> str:
        """What to call it."""
        return titled(self.entries)


def titled(entries: Sequence[Entry]) -> str:
    """What to call some contestants together."""
    titles = list(dict.fromkeys(entry.title for entry in entries))
    return titles[0] if len(titles) == 1 else f"{len(entries)} runs"
