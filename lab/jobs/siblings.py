"""Siblings: jobs that are the same contestants but for their seed, in this process or on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from lab.experiment import Experiment
from lab.files import Stamp
from lab.jobs import Jobs
from lab.jobs.records import records
from lab.jobs.repetitions import UNDER_WAY, Claim, claim, one_for_each_seed
from lab.jobs.shelf import Standing, standing_or_problem, told
from lab.recorder import Snapshot
from lab.store import Origin, RunFolder, StoreError, run_folders

Version = int | Stamp
"""Changes with what is remembered of a job: in this process, or on disk."""
READ_AT_ONCE = 32
"""Jobs whose curves are kept at hand."""


class Sibling(NamedTuple):
    """One seed of a comparison."""

    id: str
    seed: int
    standing: Standing
    version: Version
    snapshots: tuple[Snapshot, ...]
    """Of each contestant, in the order they were asked for; without frames."""

    @property
    def epoch(self) -> float:
        """How far it is."""
        return max((float(each.steps["epoch"][-1]) for each in self.snapshots if len(each.steps["epoch"])), default=0.0)

    @property
    def under_way(self) -> bool:
        """Whether it will go on by itself."""
        return self.standing in UNDER_WAY


class Siblings(NamedTuple):
    """All seeds of a comparison, the smallest first."""

    experiments: Sequence[Experiment]
    """The contestants as they were asked for, with any seed."""
    found: list[Sibling]
    others: list[str]
    """Which runs stand for no seed, a sentence each."""
    problems: list[str]
    """What cannot be read, a sentence each."""

    @property
    def seeds(self) -> list[int]:
        """Those there are."""
        return [sibling.seed for sibling in self.found]

    @property
    def under_way(self) -> bool:
        """Whether any of them will go on by itself."""
        return any(sibling.under_way for sibling in self.found)

    @property
    def by_contestant(self) -> list[dict[int, Snapshot]]:
        """What is remembered of each contestant, by seed."""
        places = range(len(self.experiments))
        return [{sibling.seed: sibling.snapshots[place] for sibling in self.found} for place in places]


class _Candidate(NamedTuple):
    id: str
    standing: Standing
    version: Version
    experiments: tuple[Experiment, ...]
    origin: Origin

    @property
    def seed(self) -> int:
        return self.experiments[0].seed

    @property
    def claim(self) -> Claim | None:
        return claim(self.standing, self.origin)


def siblings(jobs: Jobs, experiments: Sequence[Experiment]) -> Siblings:
    """The job of these contestants that stands for each seed. What cannot, or cannot be read, is left out and told."""
    alike = [each for each in _candidates(jobs) if _order(experiments, each.experiments) is not None]
    others = [
        f"Seed {each.seed} (run {each.id}) was trained on after its end, and is left out."
        for each in alike
        if each.claim is None
    ]
    found, problems = [], []
    for seed, candidate in one_for_each_seed(alike, lambda each: each.seed, lambda each: each.claim).items():
        order = _order(experiments, candidate.experiments) or []
        try:
            snapshots = _read(jobs, candidate.id, candidate.version)
        except StoreError as error:
            problems.append(f"Seed {seed} is left out. {error}")
            continue
        ordered = tuple(snapshots[place] for place in order)
        found.append(Sibling(candidate.id, seed, candidate.standing, candidate.version, ordered))
    return Siblings(tuple(experiments), found, others, problems)


def free_seeds(taken: Sequence[int], count: int) -> list[int]:
    """The next seeds that nobody has, beginning after the smallest that somebody has."""
    seeds: list[int] = []
    seed = min(taken, default=0)
    while len(seeds) < count:
        if seed not in taken:
            seeds.append(seed)
        seed = (seed + 1) % 2**31
    return seeds


def _candidates(jobs: Jobs) -> Iterator[_Candidate]:
    here = jobs.trained()
    for job in here:
        yield _Candidate(job.id, job.status, job.version, job.experiments, job.origin)
    ids = {job.id for job in here}
    with suppress(StoreError):  # the Runs page says what is wrong with it
        for folder in run_folders(jobs.runs_folder) if jobs.runs_folder is not None else []:
            if folder.id not in ids:
                yield from _on_disk(folder)


def _on_disk(folder: RunFolder) -> Iterator[_Candidate]:
    with suppress(StoreError):
        facts, written = told(folder), folder.stamp
        if facts is not None and written is not None:
            experiments = tuple(contestant.experiment for contestant in facts.contestants)
            origin = Origin(facts.created, facts.continues)
            stands, _ = standing_or_problem(folder, facts)
            yield _Candidate(folder.id, stands, written, experiments, origin)


def _order(wanted: Sequence[Experiment], there: Sequence[Experiment]) -> list[int] | None:
    """Where each of the wanted contestants is among those that are there; None where they are not the same."""
    places: list[int] = []
    for experiment in wanted if len(wanted) == len(there) else ():
        rest = (place for place in range(len(there)) if place not in places)
        place = next((place for place in rest if same_but(experiment, there[place], "seed")), None)
        if place is None:
            return None
        places.append(place)
    return places if len(places) == len(there) else None


def same_but(one: Experiment, other: Experiment, *fields: str) -> bool:
    """Whether two experiments are the same, whatever is in some fields."""
    return all(getattr(one, name) == getattr(other, name) for name in Experiment.model_fields if name not in fields)


@lru_cache(maxsize=READ_AT_ONCE)
def _read(jobs: Jobs, id: str, version: Version) -> tuple[Snapshot, ...]:
    """What is remembered of a job at a version: read once, so that what has ended costs nothing more."""
    return tuple(replace(each, frames=(), frame=None) for each in records(jobs, id, frames=False).snapshots)
