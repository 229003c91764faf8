"""Contestants of runs as they are exported: with the names, colors and figures of the app."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from lab.boards.board import cards_of, name_of
from lab.boards.contestants import contestants, labels
from lab.boards.moment import as_of, marked
from lab.experiment import Experiment
from lab.exports.comparison import NO_PAGE, Comparison, View
from lab.exports.entry import Entry, titled
from lab.figures.board import Board
from lab.jobs import Jobs, with_seed
from lab.jobs.records import Records, records
from lab.jobs.shelf import Shelf, Shelved, shelf
from lab.jobs.siblings import siblings
from lab.store import StoreError

PICTURE = 0
"""The probed picture that single channels are shown for."""

Chosen = Mapping[str, Collection[int] | None]
"""Ids of jobs, and which of their contestants, by their place; None for all."""


def comparison(jobs: Jobs, chosen: Chosen, view: View = NO_PAGE, address: str = "") -> Comparison:
    """Some contestants of some jobs as they are now.

    Raises:
        StoreError: there is no such job, or it cannot be read.
    """
    found = [records(jobs, id, frames=view.run in (None, id)) for id in chosen]
    there = shelf(jobs)
    picked = [(_told(there, job), job, place) for job in found for place in _places(job, chosen[job.id])]
    experiments = [told.facts.contestants[place].experiment for told, _, place in picked]
    named = zip(picked, labels(experiments), _kinds(experiments), strict=True)
    entries = [Entry(told, place, name, kind, job.snapshots[place]) for (told, job, place), name, kind in named]
    return Comparison(entries, _boards, view, address)


def with_seeds(jobs: Jobs, id: str) -> list[str]:
    """A job, and those that are the same but for their seed.

    Raises:
        StoreError: there is no such job, or it cannot be read.
    """
    facts = records(jobs, id, frames=False).facts
    there = siblings(jobs, [contestant.experiment for contestant in facts.contestants])
    return list(dict.fromkeys([id, *(sibling.id for sibling in there.found)]))


def _places(job: Records, wanted: Collection[int] | None) -> list[int]:
    return [place for place in range(len(job.snapshots)) if wanted is None or place in wanted]


def _told(there: Shelf, job: Records) -> Shelved:
    """What is told of a job, as old as what is remembered of it."""
    told = there.find(job.id)
    if told is None:
        raise StoreError(f"Run {job.id} is no longer there.")
    return told._replace(facts=job.facts)


def _kinds(experiments: list[Experiment]) -> list[str]:
    """What to call each, its seed aside."""
    seedless = with_seed(experiments, 0)
    distinct = {experiment.key: experiment for experiment in seedless}
    named = dict(zip(distinct, labels(list(distinct.values())), strict=True))
    return [named[experiment.key] for experiment in seedless]


def _boards(compared: Comparison) -> list[Board]:
    """The figures: over all seeds, and of the nets that are shown.

    Nets that sort images and nets that rebuild them have other units, and so boards of their own.
    """
    boards = [Board(over.title, over.cards(), over.title) for over in compared.over_seeds]
    by_task: dict[str, list[Entry]] = {}
    for entry in compared.shown:
        by_task.setdefault(entry.experiment.architecture.task, []).append(entry)
    return [*boards, *(_board(task, entries, compared.view.moment) for task, entries in by_task.items())]


def _board(task: str, entries: Sequence[Entry], moment: int | None) -> Board:
    """What the app shows of some nets."""
    snapshots = [entry.snapshot for entry in entries]
    runs = contestants([entry.experiment for entry in entries], as_of(snapshots, moment))
    return Board(task, marked(cards_of(runs, PICTURE), snapshots, moment), name_of(titled(entries), runs))
