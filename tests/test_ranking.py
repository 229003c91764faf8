"""Test images by how wrong a net is on them: nobody else waits while a run has no time to be asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import pytest

from lab.data import Dataset
from lab.jobs import Job, Jobs
from lab.probes import Specimen
from lab.ui.background import answer, failure
from lab.ui.picture import ranking as rankings
from lab.ui.picture.ranking import rank_again, ranking
from tests.job_waits import ENDLESS, PATIENCE, until
from tests.small import small

RULES = ("identity", "bernoulli", "reinforce")
"""More than there are workers."""
DIGITS = Dataset.members["digits"]().images()


@pytest.fixture
def busy(jobs: Jobs) -> Iterator[tuple[Job, threading.Event]]:
    """A race whose thread has no time until the event is set."""
    job = jobs.start([small(estimator=rule, **ENDLESS) for rule in RULES], "busy")
    began, go_on = threading.Event(), threading.Event()

    def hold(specimens: Sequence[Specimen]) -> None:
        began.set()
        go_on.wait(PATIENCE)

    job.questions.ask(hold)
    assert began.wait(PATIENCE)
    yield job, go_on
    go_on.set()


def test_others_get_their_answers_while_a_net_has_no_time(busy: tuple[Job, threading.Event]) -> None:
    job, go_on = busy
    ranked = [ranking(job, place, None, DIGITS) for place in range(3)]
    assert answer("of somebody else", lambda: 7).result(PATIENCE) == 7
    assert not any(each.done() for each in ranked)
    go_on.set()
    assert [len(each.result(PATIENCE).losses) for each in ranked] == [len(DIGITS.test)] * 3


def test_a_run_whose_own_net_is_gone_is_asked_by_the_weights_that_are_left(jobs: Jobs) -> None:
    job = jobs.start([small(budget=2)], "run")
    assert job.wait(PATIENCE)
    job.questions.let_go()
    assert ranking(job, 0, None, DIGITS).result(PATIENCE).step == 2


def test_a_net_that_never_has_time_is_not_copied_for_nobody(
    busy: tuple[Job, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    job, go_on = busy
    monkeypatch.setattr(rankings, "PATIENCE", 0.05)
    late = ranking(job, 0, None, DIGITS)
    until(late.done)
    assert isinstance(failure(late), TimeoutError)
    assert not job.questions
    go_on.set()
    monkeypatch.setattr(rankings, "PATIENCE", PATIENCE)
    rank_again(job, 0, None)
    assert len(ranking(job, 0, None, DIGITS).result(PATIENCE).losses) == len(DIGITS.test)
