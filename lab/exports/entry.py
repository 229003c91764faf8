"""One contestant as it is exported: what its job is, what it is called, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lab.experiment import Experiment
from lab.jobs.shelf import Shelved
from lab.links import command
from lab.recorder import Snapshot


class Entry(NamedTuple):
    """One contestant."""

    job: Shelved
    place: int
    """Among the contestants of its job."""
    name: str
    """What it is called among the others."""
    kind: str
    """What it and those that differ from it in nothing but their seeds are called."""
    snapshot: Snapshot

    @property
    def experiment(self) -> Experiment:
        """What it is."""
        return self.job.facts.contestants[self.place].experiment

    @property
    def state(self) -> str:
        """How it ended, or what its job does."""
        finished = self.snapshot.finished
        return finished.reason if finished is not None else self.job.standing

    @property
    def command(self) -> str:
        """What trains it once more."""
        return reproduction(self.experiment, self.job.facts.continues)

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


def titled(entries: Sequence[Entry]) -> str:
    """What to call some contestants together: as their job, or by how many they are."""
    titles = list(dict.fromkeys(entry.job.title for entry in entries))
    return titles[0] if len(titles) == 1 else f"{len(entries)} runs"
