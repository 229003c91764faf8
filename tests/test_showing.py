"""What watchers of a job share: made once for all of them, and never something that is no longer so."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab.figures.board import Board
from lab.jobs import Job, Jobs, JobView
from lab.ui.live import LONGEST, SECONDS_BETWEEN_UPDATES, seconds_between_updates
from lab.ui.live_board import Encoded
from lab.ui.showing import showing, watchers
from tests.small import small

AGES = 1e9
"""Seconds for which everything that is still so is shown again."""
PATIENCE = 600.0


@pytest.fixture
def job(jobs: Jobs) -> Job:
    """A race that trains until it is stopped."""
    race = jobs.start([small(estimator=name, budget=1e6) for name in ("identity", "hard-sigmoid")], "Race")
    race.settle(PATIENCE)
    return race


def test_while_it_trains_everyone_is_shown_the_same_for_a_moment(job: Job) -> None:
    first = showing(job, AGES, "me")
    assert first.view.status == "running"
    assert showing(job, AGES, "me") is first
    assert showing(job, 0.0, "me") is not first


def test_what_a_person_asked_for_is_shown_at_once(job: Job) -> None:
    before = showing(job, AGES, "me")
    job.pause()
    job.settle(PATIENCE)
    held = showing(job, AGES, "me")
    assert held is not before
    assert held.view.status == "paused"
    assert showing(job, AGES, "me") is held
    job.step()
    job.settle(PATIENCE)
    stepped = showing(job, AGES, "me").view
    assert len(stepped.snapshots[0].steps["step"]) == len(held.view.snapshots[0].steps["step"]) + 1
    job.rewind(seed=5)
    assert [experiment.seed for experiment in showing(job, AGES, "me").view.experiments] == [5, 5]


def test_a_board_is_made_once_however_many_ask_for_it(job: Job) -> None:
    made: list[int] = []
    together = threading.Barrier(4, timeout=PATIENCE)

    def make(view: JobView, picture: int, moment: int | None) -> Board:
        made.append(picture)
        return Board(f"{view.id}:{view.version}:{picture}", [])

    shared = showing(job, AGES, "me")

    def ask(picture: int) -> Encoded:
        together.wait()
        return shared.board(make, picture, None)

    with ThreadPoolExecutor(4) as people:
        boards = list(people.map(ask, [0, 0, 0, 1]))
    assert sorted(made) == [0, 1]
    assert boards[0] is boards[1] is boards[2]
    assert f"{job.id}:{shared.view.version}:1".encode() in boards[3].content


def test_the_more_watch_the_longer_they_wait_but_never_three_seconds(job: Job) -> None:
    for number in range(3):
        showing(job, AGES, f"watcher {number}")
        showing(job, AGES, f"watcher {number}")
    assert watchers(job) == 3
    for status, least in SECONDS_BETWEEN_UPDATES.items():
        waits = [seconds_between_updates(status, watching) for watching in (1, 3, 10, 30, 1000)]
        assert waits == sorted(waits)
        assert waits[0] == least
        assert waits[-1] == LONGEST < 3
    assert seconds_between_updates("finished", 30) is None
