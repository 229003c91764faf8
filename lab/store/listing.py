"""Jobs, out of the runs that MLflow lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from lab.store import words
from lab.store.facts import Facts
from lab.store.folder import ID

if TYPE_CHECKING:
    from mlflow.entities import Run


class Archived(NamedTuple):
    """A job that MLflow has."""

    id: str
    facts: Facts
    runs: tuple[str, ...]
    """MLflow's ids: of the job, and where it has several contestants, of each."""


def jobs_in(runs: Iterable[Run]) -> list[Archived]:
    """The whole jobs among some runs, each once: the one that was begun last. Any others are none of ours."""
    jobs: list[Run] = []
    contestants: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        tags = run.data.tags
        if words.FACTS in tags:
            jobs.append(run)
        if words.CONTESTANT in tags and tags.get(words.PLACE, "").isdecimal():
            contestants[tags.get(words.PARENT, run.info.run_id)].append(run)
    found = {}
    for job in sorted(jobs, key=lambda run: run.info.start_time):
        own, named = job.info.run_id, job.data.tags.get(words.JOB, "")
        inside = sorted(contestants[own], key=lambda run: int(run.data.tags[words.PLACE]))
        facts = words.facts_in(job.data.tags, [run.data.tags for run in inside])
        if facts is not None and ID.fullmatch(named):
            children = (run.info.run_id for run in inside if run.info.run_id != own)
            found[named] = Archived(named, facts, (own, *children))
    return list(found.values())
