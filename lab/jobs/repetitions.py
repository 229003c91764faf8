"""Repetitions: runs of one experiment, and which of them stands for its seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple, TypeVar

from lab.jobs.shelf import Shelved, Standing
from lab.store import Origin

UNDER_WAY: tuple[Standing, ...] = ("opening", "preparing", "queued", "running", "elsewhere")
"""What a job does whose curves may grow by themselves."""

Run = TypeVar("Run")


class Claim(NamedTuple):
    """By what a run stands for its seed: of several, the greatest does."""

    finished: bool
    under_way: bool
    created: datetime


def one_for_each_seed(
    runs: Iterable[Run], seed: Callable[[Run], int], claim: Callable[[Run], Claim | None]
) -> dict[int, Run]:
    """The run that stands for each seed, the smallest seed first: a finished one, else one under way, else the newest.

    A figure of one seed counts once in a mean, and it is that of a whole budget: so a finished run goes first, then the
    one that will be finished. Of several alike it is the newest, which today's lab has made.

    Args:
        runs: of one experiment, whatever their seeds.
        seed: of a run.
        claim: of a run; None where it cannot stand for any.
    """
    best: dict[int, tuple[Claim, Run]] = {}
    for run in runs:
        its, number = claim(run), seed(run)
        if its is not None and (number not in best or its > best[number][0]):
            best[number] = its, run
    return {number: best[number][1] for number in sorted(best)}


def claim(standing: Standing, origin: Origin) -> Claim | None:
    """The claim of what a job has trained.

    None where it was trained on after its budget was used up: schedules are functions of the whole budget, so that took
    another course.
    """
    if origin.continues is not None:
        return None
    return Claim(standing == "finished", standing in UNDER_WAY, origin.created)


def claim_of(job: Shelved) -> Claim | None:
    """The same of a job on the shelf, also of one that has ended and is only in MLflow."""
    facts = job.facts
    return claim("finished" if facts.status == "finished" else job.standing, facts.origin)
