"""Contestants of runs as they are exported: with the names, colors and figures of the app."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lab.boards.board import cards_of, name_of
from lab.boards.contestants import contestants, labels
from lab.experiment import Experiment
from lab.exports import Comparison, Entry
from lab.exports.comparison import titled
from lab.figures.board import Board
from lab.jobs import Jobs, with_seed
from lab.jobs.records import Records, records

PICTURE = 0
"""The probed picture that single channels are shown for."""

Chosen = Mapping[str, Collection[int] | None]
"""Ids of jobs, and which of their contestants, by their place; None for all."""


def comparison(jobs: Jobs, chosen: Chosen, address: str = "") -> Comparison:
    """Some contestants of some jobs as they are now.

    Raises:
        StoreError: there is no such job, or it cannot be read.
    """
    picked = [(job, place) for job in (records(jobs, id) for id in chosen) for place in _places(job, chosen[job.id])]
    experiments = [job.facts.contestants[place].experiment for job, place in picked]
    told = zip(picked, labels(experiments), _kinds(experiments), strict=True)
    entries = [_entry(job, place, name, kind) for (job, place), name, kind in told]
    return Comparison(entries, lambda: _boards(entries), address)


def _places(job: Records, wanted: Collection[int] | None) -> list[int]:
    return [place for place in range(len(job.snapshots)) if wanted is None or place in wanted]


def _kinds(experiments: list[Experiment]) -> list[str]:
    """What to call each, its seed aside."""
    seedless = with_seed(experiments, 0)
    distinct = {experiment.key: experiment for experiment in seedless}
    named = dict(zip(distinct, labels(list(distinct.values())), strict=True))
    return [named[experiment.key] for experiment in seedless]


def _entry(job: Records, place: int, name: str, kind: str) -> Entry:
    facts, snapshot = job.facts, job.snapshots[place]
    state = snapshot.finished.reason if snapshot.finished is not None else facts.status
    experiment = facts.contestants[place].experiment
    return Entry(job.id, facts.title, name, kind, state, facts.created, facts.continues, experiment, snapshot)


def _boards(entries: list[Entry]) -> list[Board]:
    """The figures: nets that sort images and nets that rebuild them have other units, and so boards of their own."""
    runs = contestants([entry.experiment for entry in entries], [entry.snapshot for entry in entries])
    boards = []
    for task in dict.fromkeys(entry.experiment.architecture.task for entry in entries):
        alike = [index for index, entry in enumerate(entries) if entry.experiment.architecture.task == task]
        title = titled([entries[index] for index in alike])
        shown = [runs[index] for index in alike]
        boards.append(Board(task, cards_of(shown, PICTURE), name_of(title, shown)))
    return boards
